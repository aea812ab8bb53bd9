"""Deputies (代理): dated, of one department or office, and never more than the two together may have."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from yunzu.model.actors import Actor, AnyRole
from yunzu.model.deputies import Deputy
from yunzu.model.items import StepRole
from yunzu.model.permissions import Action, RequestFacts, refusal, refusal_as_deputy
from yunzu.model.reading import parse_manifest
from yunzu.model.requests import MOVES, STATES

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 14)
AT = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
DEPUTY = Deputy.model_validate({"of": "boss", "by": "deputy", "from": FIRST, "until": LAST}, by_alias=True)


def person(account: str, *roles: AnyRole, department: str | None = "health") -> Actor:
    return Actor(account, "某", frozenset(roles), department, "token", "127.0.0.1")


BOSS = person("boss", "approver")
STANDING_IN = person("deputy", "reviewer")


def request(step: StepRole | None = "department.approver", **facts: object) -> RequestFacts:
    values = {"state": "accepted", "department": "health", "applicant": "applicant", "step": step} | facts
    return RequestFacts(**values)  # type: ignore[arg-type]


def why(
    actor: Actor = STANDING_IN,
    principal: Actor = BOSS,
    action: Action = "approve",
    facts: RequestFacts | None = None,
    day: date = FIRST,
) -> str | None:
    return refusal_as_deputy(actor, principal, action, facts or request(), deputies=[DEPUTY], day=day)


def test_a_deputy_signs_in_the_principals_place() -> None:
    assert refusal(STANDING_IN, "approve", request()) == "the step is for department.approver"
    assert why() is None


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        (date(2026, 11, 30), False),
        (FIRST, True),
        (LAST, True),
        (date(2026, 12, 15), False),
    ],
)
def test_on_the_days_named(day: date, allowed: bool) -> None:
    said = why(day=day)
    assert said == (None if allowed else f"deputy is not boss's deputy on {day}")


def test_only_who_is_named() -> None:
    assert why(actor=person("third", "reviewer")) is not None
    assert why(principal=person("third", "approver")) is not None
    assert why(actor=BOSS, principal=person("deputy", "approver")) is not None  # not the other way round


def test_neither_decides_on_their_own_request() -> None:
    for account in ("boss", "deputy"):
        for own in ({"applicant": account}, {"agent": account}, {"authors": frozenset({account})}):
            assert why(facts=request(**own)) == "nobody decides on their own request"


def test_neither_is_the_second_signatory_after_the_first() -> None:
    boss, other = (person(name, "operator", department=None) for name in ("boss", "deputy"))
    for signed in ("boss", "deputy"):
        facts = request("second-operator", department=None, signed=frozenset({signed}))
        assert why(other, boss, facts=facts) == "the second signatory is another person than the first"
    facts = request("second-operator", department=None, at=AT)
    assert why(other, replace(boss, confirmed_until=LATER), facts=facts)  # it is the deputy's to confirm
    assert why(replace(other, confirmed_until=LATER), boss, facts=facts) is None


def test_a_deputy_who_signed_does_not_act_for_the_applicant() -> None:
    boss = person("boss", "applicant")
    for signed in ("boss", "deputy"):
        facts = request(state="accepted", applicant="boss", signed=frozenset({signed}))
        said = why(principal=boss, action="withdraw", facts=facts)
        assert said == "who has signed a step does not act for the applicant"
    assert why(principal=boss, action="withdraw", facts=request(applicant="boss")) is None


def test_not_across_departments_or_offices() -> None:
    assert "one department" in (why(actor=person("deputy", "approver", department="health-2")) or "")
    assert "one department" in (why(actor=person("deputy", "operator", department=None)) or "")
    boss = person("boss", "security", department=None)
    for role in ("operator", "auditor"):
        said = why(person("deputy", role, department=None), boss, facts=request("security", department=None))
        assert "offices of different people" in (said or "")


def test_not_by_or_for_an_auditor_nor_by_who_has_left() -> None:
    said = "an auditor reads everything and changes nothing"
    assert why(actor=person("deputy", "auditor", "reviewer")) == said
    assert why(principal=person("boss", "auditor", "approver")) == said
    assert why(actor=person("deputy")) == "deputy holds no role"


def test_a_deputy_never_may_what_the_principal_may_not() -> None:
    steps: tuple[StepRole, ...] = ("department.approver", "department.reviewer", "operator")
    for action, state, step in product(("read", "rate", *MOVES), STATES, steps):
        facts = request(step, state=state)
        if refusal(BOSS, action, facts):  # type: ignore[arg-type]
            assert why(action=action, facts=facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("of: a\nby: a\nfrom: 2026-12-01\nuntil: 2026-12-02", "cannot be their own deputy"),
        ("of: a\nby: b\nfrom: 2026-12-03\nuntil: 2026-12-02", "before it begins on 2026-12-03"),
        ("of: a\nby: b\nfrom: 2026-12-03", "is missing"),
        ("of: a\nby: b\nstart: 2026-12-03\nfrom: 2026-12-03\nuntil: 2026-12-04", "not a key"),
    ],
)
def test_a_deputy_has_two_names_and_two_days(text: str, words: str) -> None:
    deputy, findings = parse_manifest(Deputy, text, "x")
    assert deputy is None
    assert any(words in one.message for one in findings)
