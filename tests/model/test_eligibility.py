"""Two eligible persons: whoever applies, somebody else is there for each step."""

import pytest

from tests.model.test_items import ITEM, item
from yunzu.model.actors import Register
from yunzu.model.eligibility import lacking_in_centre, lacking_in_department
from yunzu.model.items import Item
from yunzu.model.manifests import Department
from yunzu.model.reading import parse_manifest

DEPARTMENTS_ITEM = """\
kind: Item
id: environment.new
title: {zh: 云资源开通}
case_kind: promised
subject: environment
statutory: {n: 20, unit: workday}
promised: {n: 5, unit: workday}
steps:
  - {id: accept, title: {zh: 受理}, by: operator, promised: {n: 1, unit: workday}}
  - {id: review, title: {zh: 审核}, by: department.reviewer, promised: {n: 1, unit: workday}}
  - {id: approve, title: {zh: 批准}, by: department.approver, promised: {n: 1, unit: workday}}
"""


def people(*roles: str) -> str:
    return ", ".join(f"{{name: 某, account: p{number}, roles: [{one}]}}" for number, one in enumerate(roles))


def in_department(*roles: str, asked: Item | None = None) -> tuple[str, ...]:
    text = f"kind: Department\nid: health\ntitle: {{zh: 卫}}\npeople: [{people(*roles)}]\n"
    department, findings = parse_manifest(Department, text, "x")
    assert findings == []
    assert department
    return lacking_in_department(department, asked or item(DEPARTMENTS_ITEM))


def in_centre(*roles: str, asked: Item | None = None) -> tuple[str, ...]:
    register, findings = parse_manifest(Register, f"kind: Register\nofficers: [{people(*roles)}]\n", "x")
    assert findings == []
    assert register
    return lacking_in_centre(register, asked or item())


@pytest.mark.parametrize(
    ("roles", "lacking"),
    [
        (("applicant", "reviewer", "approver"), ()),
        (("applicant", "reviewer, approver"), ()),
        (("applicant, reviewer, approver", "reviewer, approver"), ()),
        (("applicant, reviewer", "applicant, approver"), ("department.approver",)),
        (("applicant, reviewer, approver",), ("department.reviewer", "department.approver")),
        (("applicant", "reviewer"), ("department.approver",)),
        (("applicant", "reviewer", "approver, auditor"), ("department.approver",)),
        (("reviewer", "approver"), ("applicant",)),
        (("applicant, auditor", "reviewer", "approver"), ("applicant",)),
        ((), ("applicant", "department.reviewer", "department.approver")),
    ],
)
def test_a_department(roles: tuple[str, ...], lacking: tuple[str, ...]) -> None:
    assert in_department(*roles) == lacking


def test_an_item_that_officers_alone_sign_needs_an_applicant_only() -> None:
    alone = item("".join(line for line in DEPARTMENTS_ITEM.splitlines(True) if "department." not in line))
    assert in_department("applicant", asked=alone) == ()
    assert in_department("reviewer", asked=alone) == ("applicant",)


def test_a_department_is_not_asked_for_what_it_does_not_apply_for() -> None:
    assert in_department(asked=item()) == ()
    new = item(DEPARTMENTS_ITEM.replace("environment.new", "department.new"))
    assert in_department(asked=new) == ()


@pytest.mark.parametrize(
    ("roles", "lacking"),
    [
        (("operator", "operator", "security"), ()),
        (("operator", "security"), ("operator", "second-operator")),
        (("operator", "operator"), ("security",)),
        (("security",), ("operator", "operator", "second-operator")),
    ],
)
def test_the_centre(roles: tuple[str, ...], lacking: tuple[str, ...]) -> None:
    assert in_centre(*roles) == lacking


def test_the_second_signatory_is_a_third_person_where_both_are_operators() -> None:
    both = item(ITEM.replace("by: security", "by: operator"))
    assert in_centre("operator", "operator", asked=both) == ("second-operator",)
    assert in_centre("operator", "operator", "operator", asked=both) == ()


def test_a_departments_item_needs_officers_for_their_steps_and_no_other_applicant() -> None:
    assert in_centre("operator", asked=item(DEPARTMENTS_ITEM)) == ()
    assert in_centre("security", asked=item(DEPARTMENTS_ITEM)) == ("operator",)
