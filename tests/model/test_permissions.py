"""Who may do what to a request: every role, department, relation, action, waiting step and state.

The expectation is written here in the words of the rules, and shares no table with the code.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from yunzu.model.actors import Actor, AnyRole, local_operator, system
from yunzu.model.identifiers import identifier
from yunzu.model.items import StepRole
from yunzu.model.permissions import Action, RequestFacts, refusal
from yunzu.model.requests import MOVES, STATES, State

DEPARTMENT_ROLES = ("applicant", "reviewer", "approver", "steward", "developer", "auditor")
CENTRE_ROLES = ("operator", "security", "auditor")
ACTIONS: tuple[Action, ...] = ("read", "rate", "urge", *MOVES)
STEPS: tuple[StepRole | None, ...] = (*get_args(StepRole), None)
AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
RELATIONS = (
    "stranger", "applicant", "agent", "author", "signer", "extender", "declarer", "signer of an emergency",
    "heir", "beneficiary",
)  # fmt: skip

# (role, whose): everybody there is. `own` is the department that the request is of.
PEOPLE = [
    *product(DEPARTMENT_ROLES, ("own", "other")),
    *product(CENTRE_ROLES, ("centre",)),
    ("system", "centre"),
]

# Action: by whom (A the applicant's side, D who decides, O an operator, G one whose own it is not, E one
# who has not signed or declared an emergency either, M one who gave it no more time, S the centre), in
# which states. Where no step waits, an operator decides, and can only deny.
RULES = """\
submit    AS  draft
resubmit  A   returned
withdraw  A   draft submitted returned accepted paused waitlisted
rate      A   done denied refused abandoned
accept    DS  submitted
return    D   submitted
refuse    D   submitted
approve   DS  accepted
grant     DS  accepted
deny      D   accepted waitlisted
pause     D   accepted
resume    DS  paused
wait      S   accepted
admit     S   waitlisted
deliver   S   granted
complete  S   delivering
fail      S   delivering
retry     OS  failed
abandon   G   failed
abandon   S   delivering
emergency M   accepted
extend    E   accepted
urge      AO  submitted accepted granted delivering
"""
WHO = {
    (action, state): who for action, who, *states in map(str.split, RULES.splitlines()) for state in states
}

# What an operator's emergency leaves out.
LEFT_OUT = {"operator", "department.reviewer", "department.approver", "department.steward"}

# What an officer does with the authority of the office, and proves with a second factor.
DECIDING = {
    *("accept", "return", "refuse", "approve", "grant", "deny"),
    *("pause", "resume", "extend", "emergency", "abandon"),
}

# Whose signature each step takes.
SIGNS: dict[str | None, tuple[str, str]] = {
    "operator": ("operator", "centre"),
    "second-operator": ("operator", "centre"),
    "security": ("security", "centre"),
    "second-security": ("security", "centre"),
    "department.reviewer": ("reviewer", "own"),
    "department.approver": ("approver", "own"),
    "department.steward": ("steward", "own"),
}


def expected(
    role: str, whose: str, relation: str, action: Action, step: StepRole | None, state: State
) -> bool:
    """What the rules say of a request of a department."""
    if whose == "other" or action == "read":
        return whose != "other"
    who = WHO.get((action, state))
    if role == "auditor" or who is None:
        return False
    is_second = step in {"second-operator", "second-security"}
    signer = SIGNS["operator"] if step is None and action == "deny" else SIGNS.get(step)
    is_own = relation in {"applicant", "agent", "author"}
    is_given = relation == "beneficiary"
    is_partial = is_own or is_given or relation in {"extender", "declarer"}
    has_signed = relation in {"signer", "signer of an emergency"}
    may = {
        "A": (role, whose, relation) in {("applicant", "own", "applicant"), ("operator", "centre", "agent")}
        or ((role, whose, relation) == ("applicant", "own", "heir") and action in {"resubmit", "withdraw"}),
        "O": role == "operator",
        "G": role == "operator" and not is_own,
        "E": role == "operator" and not is_own and not is_given and not has_signed and relation != "declarer",
        "M": role == "operator" and not is_given and relation != "extender" and step in LEFT_OUT,
        "D": signer == (role, whose) and not is_partial and not (is_second and relation == "signer"),
        "S": role == "system" and not (is_second and action in {"approve", "grant"}),
    }
    return any(may[letter] for letter in who)


def actor(role: str, whose: str) -> Actor:
    if role == "system":
        return system("worker 1")
    department = {"own": "health", "other": "health-2", "centre": None}[whose]
    roles: frozenset[AnyRole] = frozenset({role})  # type: ignore[arg-type]  # the table is text
    return Actor(
        "me", "某", roles, department, "token", "127.0.0.1", confirmed_until=AT + timedelta(minutes=1)
    )


def facts(relation: str, step: StepRole | None, state: State, department: str | None) -> RequestFacts:
    me = frozenset({"me"})
    return RequestFacts(
        state=state,
        department=department,
        applicant="me" if relation == "applicant" else "somebody",
        agent="me" if relation == "agent" else None,
        authors=me if relation == "author" else frozenset(),
        step=step,
        signed=me if relation.startswith("signer") else frozenset({"another"}),
        extended=me if relation == "extender" else frozenset({"yet another"}),
        declared={"declarer": me, "signer of an emergency": frozenset({"an operator"})}.get(
            relation, frozenset()
        ),
        beneficiaries=me if relation == "beneficiary" else frozenset({"a guest"}),
        left=relation == "heir",
        at=AT,
    )


@pytest.mark.parametrize("state", STATES)
def test_a_departments_request(state: State) -> None:
    wrong = []
    for (role, whose), relation, action, step in product(PEOPLE, RELATIONS, ACTIONS, STEPS):
        why = refusal(actor(role, whose), action, facts(relation, step, state, "health"))
        if (why is None) != expected(role, whose, relation, action, step, state):
            wrong.append((role, whose, relation, action, step, why))
        assert why is None or (why.isprintable() and 10 < len(why) < 120)
    assert wrong == []


def expected_of_the_centres_own(
    role: str, whose: str, relation: str, action: Action, step: StepRole | None, state: State
) -> bool:
    """What the rules say of a change of plans, prices, items: no department sees it, an operator applies."""
    if whose != "centre":
        return False
    takes_over = relation == "heir" and action in {"resubmit", "withdraw"}
    applies = takes_over or (
        action in {"submit", "resubmit", "withdraw", "rate"} and relation in {"applicant", "agent"}
    )
    if applies and role == "operator":
        return (action, state) in WHO
    return expected(role, whose, relation, action, step, state)


@pytest.mark.parametrize("state", STATES)
def test_the_centres_own_request(state: State) -> None:
    wrong = []
    for (role, whose), relation, action, step in product(PEOPLE, RELATIONS, ACTIONS, STEPS):
        why = refusal(actor(role, whose), action, facts(relation, step, state, None))
        if (why is None) != expected_of_the_centres_own(role, whose, relation, action, step, state):
            wrong.append((role, whose, relation, action, step, why))
    assert wrong == []


def everybody() -> list[Actor]:
    return [actor(role, whose) for role, whose in PEOPLE]


def test_nobody_decides_on_their_own_request_whatever_roles_they_hold() -> None:
    roles: frozenset[AnyRole] = frozenset({"applicant", "reviewer", "approver", "steward"})
    person = Actor("me", "某", roles, "health", "token", "127.0.0.1")
    for action, step in product(("accept", "return", "refuse", "approve", "grant", "deny", "pause"), STEPS):
        for state in STATES:
            assert refusal(person, action, facts("applicant", step, state, "health")) is not None  # type: ignore[arg-type]
    why = refusal(person, "approve", facts("applicant", "department.approver", "accepted", "health"))
    assert why == "nobody decides on their own request"


def test_an_auditor_with_another_role_still_changes_nothing() -> None:
    person = Actor("me", "某", frozenset({"auditor", "approver"}), "health", "token", "127.0.0.1")
    request = facts("stranger", "department.approver", "accepted", "health")
    assert refusal(person, "approve", request) == "an auditor reads everything and changes nothing"
    assert refusal(person, "read", request) is None


def test_who_has_left_reads_and_does_nothing() -> None:
    left = Actor("me", "某", frozenset(), "health", "token", "127.0.0.1")
    for action, state in product(ACTIONS, STATES):
        assert refusal(left, action, facts("applicant", "department.approver", state, "health"))


def test_an_applicant_who_moved_does_not_take_the_request_along() -> None:
    moved = Actor("me", "某", frozenset({"applicant"}), "health-2", "token", "127.0.0.1")
    promoted = Actor("me", "某", frozenset({"approver"}), "health", "token", "127.0.0.1")
    request = facts("applicant", None, "submitted", "health")
    assert refusal(moved, "withdraw", request) == "the request is not of your department"
    assert refusal(promoted, "withdraw", request) == "me is not applicant any more"


def test_one_signatory_may_take_two_ordinary_steps_and_never_the_second_signature() -> None:
    security = actor("security", "centre")
    assert refusal(security, "approve", facts("signer", "security", "accepted", None)) is None
    why = refusal(security, "approve", facts("signer", "second-security", "accepted", None))
    assert why == "the second signatory is another person than the first"


def test_every_action_has_somebody_and_no_state_lets_everybody() -> None:
    for action in ACTIONS:
        allowed = {
            (one.account, tuple(one.roles), one.department)
            for one, relation, step, state in product(everybody(), RELATIONS, STEPS, STATES)
            if refusal(one, action, facts(relation, step, state, "health")) is None
        }
        assert 0 < len(allowed) < len(PEOPLE), action


@pytest.mark.parametrize("state", STATES)
def test_a_token_for_reading_allows_what_reading_is_and_no_more(state: State) -> None:
    for one, relation, action, step in product(everybody(), RELATIONS, ACTIONS, STEPS):
        request = facts(relation, step, state, "health")
        if one.is_system:
            continue  # it has no token
        why = refusal(replace(one, scope="read"), action, request)
        assert (why is None) == (action == "read" and refusal(one, "read", request) is None)


@pytest.mark.parametrize("whose", ["health", None])
def test_what_an_officer_decides_takes_the_second_factor(whose: str | None) -> None:
    """The centre's officers, in every decision, and nobody and nothing else."""
    asked = 0
    for (role, of), relation, action, step, state in product(PEOPLE, RELATIONS, ACTIONS, STEPS, STATES):
        one, request = actor(role, of), facts(relation, step, state, whose)
        if one.is_system:
            continue
        before = refusal(one, action, request)
        bare = replace(one, confirmed_until=None)
        after = refusal(bare, action, request)
        if before is None and of == "centre" and action in DECIDING:
            assert after == "an officer's decision takes the second factor; `yunzu confirm` asks for it"
            asked += 1
        else:
            assert after == before, (role, of, relation, action, step, state)
        assert refusal(bare, action, request, once_confirmed=True) == before
    assert asked > 0


@pytest.mark.parametrize(("seconds", "allowed"), [(-1, False), (0, False), (1, True)])
def test_a_second_factor_counts_until_its_moment(seconds: int, allowed: bool) -> None:
    one = replace(actor("operator", "centre"), confirmed_until=AT + timedelta(seconds=seconds))
    request = facts("stranger", "operator", "accepted", "health")
    assert (refusal(one, "approve", request) is None) is allowed


def test_without_a_moment_no_second_factor_counts() -> None:
    request = replace(facts("stranger", "operator", "accepted", "health"), at=None)
    assert "second factor" in (refusal(actor("operator", "centre"), "approve", request) or "")


@pytest.mark.parametrize("state", STATES)
def test_who_is_on_the_machine_serves_and_decides_nothing(state: State) -> None:
    """They file for others, urge and retry as an operator may; a decision is a person's."""
    local = local_operator("root", "host")
    token = replace(actor("operator", "centre"), account=local.account)
    for relation, action, step in product(RELATIONS, ACTIONS, STEPS):
        request = facts(relation, step, state, "health")
        for once_confirmed in (False, True):
            why = refusal(local, action, request, once_confirmed=once_confirmed)
            if action in DECIDING and refusal(token, action, request) is None:
                assert (
                    why
                    == "who is on the machine without a token decides nothing; `yunzu login` as an officer"
                )
            else:
                assert why == refusal(token, action, request)


def test_who_is_on_the_machine_is_an_operator_of_the_centre() -> None:
    one = local_operator("root", "host")
    assert (one.account, one.name, one.roles, one.department) == ("local-root", "root", {"operator"}, None)
    for login in ("Root", "r.oot", "根", "x" * 100, "local-a"):
        assert identifier(local_operator(login, "host").account).startswith("local-")
