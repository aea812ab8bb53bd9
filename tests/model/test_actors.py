"""Actors and the centre's register: three offices, three people."""

from itertools import combinations

import pytest

from yunzu.model.actors import CENTRE_ROLES, Actor, Register, of_officer, of_person, system
from yunzu.model.manifests import Department
from yunzu.model.reading import parse_manifest

OFFICERS = """\
kind: Register
officers:
  - {name: 江云开, account: jiangyunkai, roles: [operator]}
  - {name: 盛守安, account: shengshouan, roles: [security]}
  - {name: 严明镜, account: yanmingjing, roles: [auditor]}
"""


def found(text: str) -> list[tuple[str, str]]:
    """Path and sentence of each finding."""
    register, findings = parse_manifest(Register, text, "register.yaml")
    assert (register is None) == bool(findings)
    return [(one.path, one.message) for one in findings]


def test_three_offices_of_three_people() -> None:
    assert found(OFFICERS) == []


@pytest.mark.parametrize("pair", list(combinations(CENTRE_ROLES, 2)))
def test_two_offices_on_one_person_are_refused(pair: tuple[str, str]) -> None:
    roles = ", ".join(pair)
    [(path, sentence)] = found(OFFICERS.replace("roles: [security]", f"roles: [{roles}]"))
    assert path == "officers[1].roles"
    assert f"offices of different people; keep one of {pair[0]} and {pair[1]}" in sentence


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("account: shengshouan", "account: jiangyunkai", "officers"),
        ("account: shengshouan", "account: system", "officers[1].account"),
        ("roles: [security]", "roles: []", "officers[1].roles"),
        ("roles: [security]", "roles: [security, approver]", "officers[1].roles[1]"),
        ("roles: [security]", "roles: [security, security]", "officers[1].roles"),
        ("kind: Register", "kind: Register\nid: x", "id"),
        ("name: 盛守安", "name: ''", "officers[1].name"),
    ],
)
def test_a_register_says_who_and_what(old: str, new: str, path: str) -> None:
    assert [one for one, _ in found(OFFICERS.replace(old, new))] == [path]


def test_every_fault_comes_at_once() -> None:
    text = OFFICERS.replace("[operator]", "[operator, auditor]").replace("name: 严明镜", "nom: x")
    paths = [path for path, _ in found(text)]
    assert paths == ["officers[0].roles", "officers[2].name", "officers[2].nom"]


@pytest.mark.parametrize(
    ("roles", "department"),
    [
        ({"operator", "security"}, None),
        ({"operator", "auditor"}, None),
        ({"applicant"}, None),
        ({"operator"}, "health"),
        ({"applicant", "security"}, "health"),
    ],
)
def test_roles_that_do_not_go_together_are_no_actor(roles: set[str], department: str | None) -> None:
    with pytest.raises(ValueError, match="account 'x'"):
        Actor("x", "某", frozenset(roles), department, "token", "127.0.0.1")  # type: ignore[arg-type]


@pytest.mark.parametrize(("roles", "department"), [({"operator"}, None), (set(), "health")])
def test_the_centre_itself_holds_no_role(roles: set[str], department: str | None) -> None:
    with pytest.raises(ValueError, match="holds no role"):
        Actor("x", "某", frozenset(roles), department, "system", "worker 1")  # type: ignore[arg-type]


def test_actors_of_the_manifests() -> None:
    register, _ = parse_manifest(Register, OFFICERS, "x")
    people = "people: [{name: 张, account: z, roles: [applicant]}]"
    department, _ = parse_manifest(
        Department, f"kind: Department\nid: health\ntitle: {{zh: 卫}}\n{people}\n", "x"
    )
    assert register
    assert department
    officer = of_officer(register.officers[0], authenticated="token", origin="10.0.0.1")
    assert (officer.account, officer.roles, officer.department) == (
        "jiangyunkai",
        frozenset({"operator"}),
        None,
    )
    person = of_person(department.people[0], department, authenticated="oidc", origin="10.0.0.2")
    assert (person.account, person.roles, person.department) == ("z", frozenset({"applicant"}), "health")
    assert not person.is_system
    assert system("worker 2").is_system
