"""Who gives, takes and lends access: every office and relation, written here in the words of the rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from yunzu.model.actors import Actor, AnyRole, local_operator
from yunzu.model.authority import refusal_about_code, refusal_about_deputy, refusal_about_disabling
from yunzu.model.deputies import Deputy

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
EVERYBODY = [
    *product(("applicant", "reviewer", "approver", "steward", "developer", "auditor"), ("health", "other")),
    *product(("operator", "security", "auditor"), (None,)),
]


def one(account: str, role: str, department: str | None) -> Actor:
    roles: frozenset[AnyRole] = frozenset({role})  # type: ignore[arg-type]  # the tables are text
    return Actor(account, "某", roles, department, "token", "x", confirmed_until=AT + timedelta(minutes=1))


LOCAL = local_operator("root", "host")
SUBJECTS = [one(f"{department}-{role}", role, department) for role, department in EVERYBODY]
ACTORS = [replace(who, account=f"me-{who.account}") for who in SUBJECTS] + [LOCAL]


def _office(who: Actor) -> str | None:
    if who.authenticated == "local":
        return "local"
    return next(iter(who.roles)) if who.department is None else None


@pytest.mark.parametrize("whose", SUBJECTS, ids=lambda who: who.account)
def test_codes_are_made_by_whom_the_rule_names(whose: Actor) -> None:
    expected = {"security"} if whose.department is None else {"operator", "local"}
    assert {_office(who) for who in ACTORS if not refusal_about_code(who, whose, AT)} == expected
    may = {_office(who) for who in ACTORS if not refusal_about_code(who, whose, AT, emergency=True)}
    assert may == ({"local"} if whose.account == "None-security" else set())


@pytest.mark.parametrize("whose", SUBJECTS, ids=lambda who: who.account)
def test_disabling_is_by_whom_the_rule_names(whose: Actor) -> None:
    expected = {"operator", "security", "local"}
    if whose.department is None and "security" not in whose.roles:
        expected = {"security"}
    assert {_office(who) for who in ACTORS if not refusal_about_disabling(who, whose, AT)} == expected


@pytest.mark.parametrize("whose", SUBJECTS, ids=lambda who: who.account)
def test_nobody_is_their_own_and_nobody_unconfirmed_or_reading_only(whose: Actor) -> None:
    assert refusal_about_code(whose, whose, AT) == "nobody makes a code for themselves"
    assert refusal_about_disabling(whose, whose, AT) == "nobody disables or enables themselves"
    for who in ACTORS:
        for changed in (replace(who, confirmed_until=AT), replace(who, scope="read")):
            if changed.authenticated == "local" and changed.scope == "all":
                continue
            assert refusal_about_code(changed, whose, AT)
            assert refusal_about_disabling(changed, whose, AT)


BOSS, DEPUTY = one("boss", "approver", "health"), one("deputy", "reviewer", "health")


def lent(of: str, by: str) -> Deputy:
    days = {"from": date(2026, 12, 1), "until": date(2026, 12, 2)}
    return Deputy.model_validate({"of": of, "by": by} | days, by_alias=True)


def test_who_names_a_departments_deputies() -> None:
    may = {who.account for who in (*ACTORS, BOSS, DEPUTY) if not refusal_about_deputy(who, BOSS, DEPUTY, AT)}
    assert may == {"boss", "me-None-operator", LOCAL.account}
    may = {who.account for who in (*ACTORS, BOSS, DEPUTY) if not refusal_about_deputy(who, BOSS, None, AT)}
    assert may == {"boss", "me-None-operator", LOCAL.account}


def test_who_names_an_officers_deputies() -> None:
    boss, deputy = (one(name, "operator", None) for name in ("boss", "deputy"))
    may = {who.account for who in (*ACTORS, boss, deputy) if not refusal_about_deputy(who, boss, deputy, AT)}
    assert may == {"boss", "me-None-security"}
    unconfirmed = replace(boss, confirmed_until=None)
    assert "second factor" in (refusal_about_deputy(unconfirmed, boss, deputy, AT) or "")


@pytest.mark.parametrize("principal", SUBJECTS, ids=lambda who: who.account)
def test_a_deputy_is_of_the_same_department_or_office_and_no_auditor(principal: Actor) -> None:
    for deputy in (replace(who, account=f"second-{who.account}") for who in SUBJECTS):
        fits = principal.department == deputy.department and "auditor" not in principal.roles | deputy.roles
        if principal.department is None:
            fits = fits and principal.roles == deputy.roles
        assert (refusal_about_deputy(principal, principal, deputy, AT) is None) is fits


def test_a_deputy_is_not_lent_on() -> None:
    for other in (lent("third", "boss"), lent("deputy", "third")):
        assert "not lent on" in (refusal_about_deputy(BOSS, BOSS, DEPUTY, AT, others=(other,)) or "")
    for other in (lent("boss", "third"), lent("third", "deputy")):
        assert refusal_about_deputy(BOSS, BOSS, DEPUTY, AT, others=(other,)) is None
