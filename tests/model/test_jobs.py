"""Who may have which job done: role × own or another department × whose access × scope of the token."""

from dataclasses import replace
from itertools import product

import pytest

from yunzu.model.actors import CENTRE_ROLES, Actor, AnyRole, local_operator
from yunzu.model.jobs import KINDS, Kind, refusal_of_job

LOOKING = {"where", "plan", "verify"}
PERSONAL = {"kubeconfig", "offer", "credentials"}
ROLES: tuple[AnyRole, ...] = ("applicant", "reviewer", "approver", "steward", "developer", "auditor")


def actor(role: AnyRole | None, department: str | None) -> Actor:
    roles = frozenset([role] if role else [])
    return Actor("me", "某某", roles, department, "token", "here")


@pytest.mark.parametrize(("kind", "role"), [*product(KINDS, ROLES)])
def test_people_of_departments(kind: Kind, role: AnyRole) -> None:
    mine = actor(role, "health")
    allowed = kind in LOOKING | PERSONAL or role == "applicant"
    assert (refusal_of_job(mine, kind, "health", "me") is None) == allowed
    assert refusal_of_job(mine, kind, "transport", "me") == "the environment is not of your department"
    for_another = refusal_of_job(mine, kind, "health", "somebody")
    assert (for_another is None) == (allowed and kind not in PERSONAL)
    reading = replace(mine, scope="read")
    assert (refusal_of_job(reading, kind, "health", "me") is None) == (kind in LOOKING)


@pytest.mark.parametrize(("kind", "role"), [*product(KINDS, CENTRE_ROLES)])
def test_officers(kind: Kind, role: AnyRole) -> None:
    officer = actor(role, None)
    allowed = kind in LOOKING or role == "operator"
    assert (refusal_of_job(officer, kind, "health", "somebody") is None) == allowed
    reading = replace(officer, scope="read")
    assert (refusal_of_job(reading, kind, "health", "somebody") is None) == (kind in LOOKING)


def test_who_holds_no_role_has_nothing_done() -> None:
    for kind, department in product(KINDS, (None, "health")):
        assert refusal_of_job(actor(None, department), kind, "health", "me") == "me holds no role"


def test_on_the_machine_an_operator_is_one() -> None:
    assert not any(refusal_of_job(local_operator("root", "here"), kind, "health", "x") for kind in KINDS)
