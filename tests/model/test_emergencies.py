"""What an emergency leaves out, and that one operator alone has nothing that takes two officers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from yunzu.model.actors import Actor, CentreRole, local_operator
from yunzu.model.items import StepRole
from yunzu.model.leases import refusal_about_leases
from yunzu.model.permissions import Action, RequestFacts, refusal

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
LOCAL = "who is on the machine without a token decides nothing; `yunzu login` as an officer"
UNCONFIRMED = "an officer's decision takes the second factor; `yunzu confirm` asks for it"


def officer(role: CentreRole = "operator", account: str = "me") -> Actor:
    end = AT + timedelta(minutes=1)
    return Actor(account, "某", frozenset({role}), None, "token", "127.0.0.1", confirmed_until=end)


def facts(step: StepRole | None, **more: frozenset[str] | str | bool) -> RequestFacts:
    """An accepted request of a department that waits for a step."""
    values = {"state": "accepted", "department": "health", "applicant": "somebody", "at": AT, "step": step}
    return RequestFacts(**values | more)  # type: ignore[arg-type]


ME = frozenset({"me"})

# Whose step waits: whether an operator's emergency leaves it out.
LEFT_OUT: dict[StepRole | None, bool] = {
    "operator": True,
    "security": False,
    "second-operator": False,
    "second-security": False,
    "department.reviewer": True,
    "department.approver": True,
    "department.steward": True,
    None: False,
}


@pytest.mark.parametrize(("step", "left_out"), LEFT_OUT.items())
def test_an_emergency_leaves_out_the_department_and_the_operator(
    step: StepRole | None, left_out: bool
) -> None:
    assert set(LEFT_OUT) == {*get_args(StepRole), None}
    for asked in (facts(step), facts(step, agent="me"), facts(step, signed=ME), facts(step, applicant="me")):
        why = refusal(officer(), "emergency", asked)
        assert (why is None) == left_out, why
        if step is not None and not left_out:
            assert why == f"the step is for {step}, whom no emergency leaves out; have them approve it"
    assert refusal(officer(), "emergency", facts(step, extended=ME)) is not None
    for role in ("security", "auditor"):
        assert refusal(officer(role), "emergency", facts(step)) is not None


@pytest.mark.parametrize("action", ["approve", "grant", "deny", "pause", "extend"])
def test_who_declared_it_decides_nothing_more_of_it(action: Action) -> None:
    step: StepRole = "operator" if action == "extend" else "second-operator"
    assert refusal(officer(), action, facts(step, declared=frozenset({"another"}))) is None
    why = refusal(officer(), action, facts(step, declared=ME))
    assert why == (
        "who has signed a step gives it no more time"
        if action == "extend"
        else "who declared the emergency decides nothing more of it"
    )


@pytest.mark.parametrize("declared", [True, False])
def test_the_second_signature_is_anothers_than_the_declarers(declared: bool) -> None:
    """Who signed as the operator before may take it then: two officers are there."""
    by = frozenset({"another"}) if declared else frozenset()
    why = refusal(officer(), "approve", facts("second-operator", signed=ME, declared=by))
    assert why == (None if declared else "the second signatory is another person than the first")


@pytest.mark.parametrize("step", [*get_args(StepRole), None])
def test_data_are_never_erased_in_an_emergency(step: StepRole | None) -> None:
    why = refusal(officer(), "emergency", facts(step, erases=True))
    assert why == "data are never erased in an emergency; its steps are signed as always"
    assert refusal(officer(), "approve", facts("operator", erases=True)) is None


@pytest.mark.parametrize(
    ("action", "state", "step"),
    [("emergency", "accepted", "operator"), ("abandon", "failed", None), ("extend", "accepted", "security")],
)
def test_what_operators_decide_beside_the_steps_takes_a_second_factor(
    action: Action, state: str, step: StepRole | None
) -> None:
    request = facts(step, state=state)
    assert refusal(officer(), action, request) is None
    assert refusal(replace(officer(), confirmed_until=AT), action, request) == UNCONFIRMED
    assert refusal(local_operator("root", "host"), action, request) == LOCAL


def test_decisions_about_leases_take_a_second_factor() -> None:
    assert refusal_about_leases(officer(), AT) is None
    assert refusal_about_leases(replace(officer(), confirmed_until=AT), AT) == UNCONFIRMED
    assert refusal_about_leases(local_operator("root", "host"), AT) == LOCAL
    assert refusal_about_leases(replace(officer(), scope="read"), AT) == "the token is for reading only"
    for role in ("security", "auditor"):
        assert refusal_about_leases(officer(role), AT) == "only an operator does that"
