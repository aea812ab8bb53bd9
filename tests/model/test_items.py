"""What can be asked for: promises within the law, steps within the promise, every fault at once."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunzu.model.hashes import canonical_json
from yunzu.model.items import Item, item_hash
from yunzu.model.limits import Limit
from yunzu.model.reading import parse_manifest

ITEM = """\
kind: Item
id: plan.change
title: {zh: 套餐变更}
case_kind: promised
subject: plan
statutory: {n: 20, unit: workday, basis: 参照行政许可法}
promised: {n: 5, unit: workday}
second_signatory: true
steps:
  - {id: accept, title: {zh: 受理}, by: operator, promised: {n: 1, unit: workday}, auto: manifest.valid}
  - {id: sign, title: {zh: 会签}, by: security, promised: {n: 2, unit: workday}}
  - {id: countersign, title: {zh: 复签}, by: second-operator, promised: {n: 2, unit: workday}}
"""

LAW = "n: 20, unit: workday"
PROMISE = "promised: {n: 5, unit: workday}"
RULE = "auto: manifest.valid"
FIRST = "by: security, promised: {n: 2, unit: workday}"
BRIEF, LONG = "statutory: {n: 13, unit: hour}", "statutory: {n: 18, unit: workday}"
SECOND = "by: second-operator, promised: {n: 2, unit: workday}"


def item(text: str = ITEM) -> Item:
    manifest, findings = parse_manifest(Item, text, "x.yaml")
    assert findings == []
    assert manifest
    return manifest


def found(*changes: tuple[str, str]) -> list[tuple[str, str]]:
    """Path and sentence of each finding after the changes."""
    text = ITEM
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    manifest, findings = parse_manifest(Item, text, "x.yaml")
    assert (manifest is None) == bool(findings)
    return [(one.path, one.message) for one in findings]


def test_a_valid_item() -> None:
    assert found() == []
    assert item().steps[0].rule == "manifest.valid"
    assert [step.is_second for step in item().steps] == [False, False, True]


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        (LAW, "n: 4, unit: workday", "promised", "2100 office minutes is longer than the statutory 1680"),
        (LAW, "n: 34, unit: hour", "promised", "longer than the statutory 2040"),
        (PROMISE, "promised: {n: 4, unit: workday}", "steps", "promise 2100 office minutes together, and"),
        (PROMISE, "promised: {n: 0, unit: workday}", "promised.n", "less than 1"),
        (PROMISE, "promised: {n: 5, unit: day}", "promised.unit", "not one of"),
        (FIRST, f"{FIRST}, {BRIEF}", "steps[1].statutory", "longer than its statutory 780"),
        (FIRST, f"{FIRST}, {LONG}", "steps", "the steps may take 8820 office minutes"),
        ("by: security", "by: secretary", "steps[1].by", "'secretary' is not one of 'operator', 'security'"),
        ("by: security", "by: applicant", "steps[1].by", "not one of"),
        ("by: security", "by: auditor", "steps[1].by", "not one of"),
        ("by: security", "by: reviewer", "steps[1].by", "not one of"),
        (RULE, "auto: manifest.vaild", "steps[0].auto", "'manifest.vaild' is not one of 'manifest.valid'"),
        (RULE, "unless: quota.fit", "steps[0].unless", "not one of"),
        (RULE, f"{RULE}, unless: quota.fits", "steps[0].unless", "keep one of the two"),
        ("subject: plan", "subject: plans", "subject", "not one of"),
        ("case_kind: promised", "case_kind: other", "case_kind", "not one of"),
        ("id: plan.change", "id: plan", "id", "write it like 'environment.new'"),
        ("id: plan.change", "id: plan.change.now", "id", "not an item's id"),
        ("id: plan.change", "id: Plan.change", "id", "not an item's id"),
        ("id: plan.change", 'id: "../x.y"', "id", "not an item's id"),
        ("id: plan.change", "id: " + "a" * 60 + ".b", "id", "not an item's id"),
        ("id: sign", "id: accept", "steps", "step 'accept' is listed twice"),
        ("id: accept", "id: receive", "steps", "the first step is 'receive'"),
        ("second_signatory: true", "second_signatory: false", "steps", "say 'second_signatory: true'"),
        ("by: second-operator", "by: operator", "steps", "0 steps have a second signatory, and one is"),
        ("by: security", "by: second-security", "steps", "2 steps have a second signatory"),
        (FIRST, f"{FIRST}, unless: quota.fits", "steps", "a second signatory needs a first"),
        (SECOND, f"{SECOND}, auto: quota.fits", "steps", "a second signatory is a person"),
        ("second_signatory: true", "second_signatory: perhaps", "second_signatory", "neither true nor false"),
        ("title: {zh: 套餐变更}", "title: {en: Plan}", "title.zh", "is missing"),
    ],
)  # fmt: skip
def test_a_faulty_item(old: str, new: str, path: str, words: str) -> None:
    [(where, sentence)] = found((old, new))
    assert where == path
    assert words in sentence


def test_a_step_has_a_limit_by_law_where_it_says_one() -> None:
    """Up to what is left of the item's: the others count with what they promise."""
    assert item().steps[1].statutory is None
    assert found((FIRST, f"{FIRST}, statutory: {{n: 17, unit: workday, basis: 第四十二条}}")) == []


def test_who_accepts_has_not_signed() -> None:
    [(_, sentence)] = found(
        (", auto: manifest.valid", ""),
        (FIRST, f"{FIRST}, auto: quota.fits"),
    )
    assert "a second signatory needs a first" in sentence


def test_an_item_without_steps() -> None:
    text = re.sub(r"steps:\n.*", "steps: []\n", ITEM, flags=re.DOTALL)
    _, findings = parse_manifest(Item, text, "x.yaml")
    assert [(one.path, one.code) for one in findings] == [("steps", "too-few")]


def test_an_instant_item_promises_minutes_and_waits_for_nobody() -> None:
    assert found(("case_kind: promised", "case_kind: instant")) == [
        ("promised", "an instant item (即办件) promises minutes"),
        (
            "steps",
            "; ".join(
                f"step '{step}' waits for people; each step of an instant item (即办件) names a rule"
                for step in ("sign", "countersign")
            ),
        ),
    ]
    text = re.sub("  - {id: (sign|countersign).*\n", "", ITEM).replace("second_signatory: true\n", "")
    text = text.replace("promised: {n: 1, unit: workday}", "promised: {n: 5, unit: minute}")
    instant = text.replace("case_kind: promised", "case_kind: instant")
    assert item(instant.replace("{n: 5, unit: workday}", "{n: 5, unit: minute}")).case_kind == "instant"


def test_every_fault_comes_at_once() -> None:
    changes = [
        ("id: plan.change", "id: plan"),
        ("n: 20, unit: workday", "n: 1, unit: workday"),
        ("by: security", "by: secretary"),
        ("auto: manifest.valid", "auto: x"),
        ("subject: plan", "subject: x\ncolour: red"),
    ]
    paths = [path for path, _ in found(*changes)]
    assert paths == ["id", "subject", "promised", "steps[0].auto", "steps[1].by", "colour"]


LIMITS = st.builds(Limit, n=st.integers(1, 60), unit=st.sampled_from(["minute", "hour", "workday"]))


def as_yaml(limit: Limit) -> str:
    return f"{{n: {limit.n}, unit: {limit.unit}}}"


@given(LIMITS, LIMITS, LIMITS)
def test_promises_are_kept_within_the_law_whatever_their_units(
    statutory: Limit, promised: Limit, step: Limit
) -> None:
    text = f"""\
kind: Item
id: access.grant
title: {{zh: 访问授权}}
case_kind: promised
subject: environment
statutory: {as_yaml(statutory)}
promised: {as_yaml(promised)}
steps:
  - {{id: accept, title: {{zh: 受理}}, by: operator, promised: {as_yaml(step)}}}
  - {{id: approve, title: {{zh: 批准}}, by: department.approver, promised: {as_yaml(step)}}}
"""
    minutes = {"minute": 1, "hour": 60, "workday": 7 * 60}
    by_law, by_item, by_step = (one.n * minutes[one.unit] for one in (statutory, promised, step))
    _, findings = parse_manifest(Item, text, "x.yaml")
    wanted = {"promised"} if by_item > by_law else {"steps"} if 2 * by_step > by_item else set()
    assert {one.path for one in findings} == wanted


class TestHash:
    def test_it_is_of_the_meaning_not_of_the_text(self) -> None:
        lines = ITEM.splitlines()
        reordered = "\n".join([lines[0], *reversed(lines[1:7]), *lines[7:]]) + "\n# a comment\n"
        assert reordered != ITEM
        assert item_hash(item(reordered)) == item_hash(item())

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("promised: {n: 5, unit: workday}", "promised: {n: 6, unit: workday}"),
            ("套餐变更", "套餐调整"),
            ("参照行政许可法", "行政许可法"),
            (", auto: manifest.valid", ""),
            ("by: security", "by: operator"),
        ],
    )
    def test_it_changes_with_every_promise(self, old: str, new: str) -> None:
        assert item_hash(item(ITEM.replace(old, new))) != item_hash(item())

    def test_it_stays_what_requests_have_pinned(self) -> None:
        assert item_hash(item()) == "3842679c81330f271abef447442f2c8fb19ed5e189a22540145783d130c441fe"

    def test_the_canonical_text_is_sorted_json_without_what_is_not_said(self) -> None:
        text = canonical_json(item())
        value = json.loads(text)
        assert text == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert "null" not in text
        assert value["second_signatory"] is True
        assert value["steps"][0]["auto"] == "manifest.valid"
