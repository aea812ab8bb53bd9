"""Joiners, movers, leavers, and who is disabled: what access is dead, at once, and what is left to do."""

import secrets
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.support.office import Desk, department, environment
from tests.support.queued import ask
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import local_operator
from yunzu.model.hashes import canonical_json
from yunzu.records import account_events
from yunzu.records.requests import Request
from yunzu.services.accounts import codes, directory, disabling, signing_in, standing_in, stranded
from yunzu.services.requests import filing, moving, reading
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import actor_of_token


def _change_people(desk: Desk, *, without: str = "", change: dict[str, list[str]] | None = None) -> Request:
    """Approved: somebody leaves, or roles change."""
    people: list[dict[str, Any]] = [
        {"name": one.name, "account": one.account, "roles": (change or {}).get(one.account, list(one.roles))}
        for one in desk.departments["transport"].people
        if one.account != without
    ]
    changed = department(people=people)
    proposal = Proposal("department.people", changed, "transport-applicant", "transport")
    number = filing.file(proposal, actor=desk.person("applicant"), office=desk.office).number
    approved = moving.approve(number, actor=desk.person("approver"), office=desk.office)
    desk.departments["transport"] = changed
    return approved


def _disable(desk: Desk, account: str = "transport-reviewer") -> disabling.Switched:
    return disabling.disable(account, "离职", actor=desk.officer("operator"), office=desk.office)


def _enable(desk: Desk, account: str = "transport-reviewer") -> disabling.Switched:
    return disabling.enable(account, "复职", actor=desk.officer("operator"), office=desk.office)


def _stranded(desk: Desk) -> list[str]:
    return [one.request for one in stranded.listed(actor=desk.officer("operator"), office=desk.office)]


def test_a_leavers_access_is_dead_with_the_decision_and_stays_so(desk: Desk) -> None:
    """Also if they come back: what they had does not revive."""
    token = desk.token("transport-steward")
    code = codes.make("transport-steward", actor=desk.officer("operator"), office=desk.office).text
    stays = desk.token("transport-reviewer")
    before = desk.departments["transport"]
    _change_people(desk, without="transport-steward")
    assert (desk.lets_in(token), desk.lets_in(stays)) == (False, True)
    with desk.office.records.transaction() as connection:
        [event, _] = account_events.listed(connection, "transport-steward")
    assert (event.event, event.by, event.detail["tokens"]) == ("left", "transport-approver", 1)
    desk.departments["transport"] = before
    _change_people(desk)  # the same people as before
    assert not desk.lets_in(token)
    with pytest.raises(RefusedError, match="one-time code: is not valid"):
        signing_in.begin("transport-steward", code, office=desk.office, origin="x")


def test_what_is_not_approved_ends_nothing(desk: Desk) -> None:
    token = desk.token("transport-steward")
    people = [one for one in desk.departments["transport"].people if one.account != "transport-steward"]
    changed = department(people=[one.model_dump(mode="json") for one in people])
    proposal = Proposal("department.people", changed, "transport-applicant", "transport")
    number = filing.file(proposal, actor=desk.person("applicant"), office=desk.office).number
    moving.deny(number, "否", actor=desk.person("approver"), office=desk.office)
    assert desk.lets_in(token)
    assert "transport-steward" in canonical_json(desk.departments["transport"])


def test_a_mover_keeps_the_token_and_has_the_new_role_only(desk: Desk) -> None:
    token = desk.token("transport-reviewer")
    _change_people(desk, change={"transport-reviewer": ["steward"]})
    assert actor_of_token(desk.office, token, origin="x").roles == {"steward"}


def test_a_step_goes_to_eligible_others_or_is_named_when_nobody_is(desk: Desk) -> None:
    number = desk.file(environment("transport/large", plan="large")).number
    assert _stranded(desk) == []
    _change_people(desk, without="transport-reviewer")
    assert _stranded(desk) == [number]
    [found] = stranded.listed(actor=desk.person("applicant"), office=desk.office)
    assert (found.department, found.step, found.by) == ("transport", "review", "department.reviewer")
    _change_people(desk, change={"transport-steward": ["reviewer"]})
    assert _stranded(desk) == []
    steward = replace(desk.person("reviewer"), account="transport-steward")
    [waiting] = reading.inbox(actor=steward, office=desk.office)
    assert waiting.request.number == number


def _returned(desk: Desk) -> str:
    number = desk.file(environment("transport/grade", grade=3)).number
    moving.return_(number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)
    return number


def test_what_was_returned_to_who_left_is_taken_over_by_who_may_apply_now(desk: Desk) -> None:
    number, other = _returned(desk), "transport-heir"
    left = desk.person("applicant")
    assert [one.request.number for one in reading.inbox(actor=left, office=desk.office)] == [number]
    _disable(desk, left.account)
    assert _stranded(desk) == [number]
    [found] = stranded.listed(actor=desk.person("steward"), office=desk.office)
    assert (found.department, found.step, found.by) == ("transport", "resubmit", "applicant")
    heir = replace(left, account=other)
    joins = {"name": "某某", "account": other, "roles": ["applicant"]}
    desk.approve(department(people=[*_people(), joins]))
    assert _stranded(desk) == []
    [waiting] = reading.inbox(actor=heir, office=desk.office)
    assert (waiting.request.number, waiting.step, waiting.moves) == (
        number,
        "resubmit",
        ("resubmit", "withdraw"),
    )
    for actor in (desk.person("reviewer"), desk.officer("operator")):
        with pytest.raises(RefusedError, match="its applicant has left"):
            moving.withdraw(number, actor=actor, office=desk.office)
    corrected = environment("transport/grade", plan="large")
    again = moving.resubmit(number, corrected, actor=heir, office=desk.office)
    assert (again.state, again.applicant, again.authors) == ("accepted", left.account, (other,))
    moving.approve(number, actor=desk.person("reviewer"), office=desk.office)
    with pytest.raises(RefusedError, match="only the applicant or their agent"):
        moving.withdraw(number, actor=heir, office=desk.office)  # it is decided now, and ends by that


def test_what_was_returned_to_who_left_is_withdrawn_by_who_may_apply_now(desk: Desk) -> None:
    number = _returned(desk)
    heir = replace(desk.person("applicant"), account="transport-steward")
    with pytest.raises(RefusedError, match="only the applicant or their agent"):
        moving.withdraw(number, actor=heir, office=desk.office)
    people = [one | {"roles": ["steward"]} if "applicant" in one["roles"] else one for one in _people()]
    desk.approve(department(people=[*people, {"name": "某某", "account": "new", "roles": ["applicant"]}]))
    assert (
        moving.withdraw(number, actor=replace(heir, account="new"), office=desk.office).state == "withdrawn"
    )


def _people() -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in department().people]


def test_disabling_is_at_once_and_enabling_begins_anew(desk: Desk) -> None:
    older = codes.make("transport-reviewer", actor=desk.officer("operator"), office=desk.office).text
    token = desk.token("transport-reviewer")
    number = desk.file(environment("transport/large", plan="large")).number
    done = _disable(desk)
    assert (done.changed, done.department, done.ended and done.ended.tokens) == (True, "transport", 1)
    assert not desk.lets_in(token)
    assert _stranded(desk) == [number]
    with pytest.raises(RefusedError, match="is disabled"):
        codes.make("transport-reviewer", actor=desk.officer("operator"), office=desk.office)
    with pytest.raises(RefusedError, match="one-time code: is not valid"):
        signing_in.begin("transport-reviewer", older, office=desk.office, origin="x")
    assert _disable(desk).changed is False
    assert _enable(desk).changed is True
    assert _enable(desk).changed is False
    assert not desk.lets_in(token)
    with pytest.raises(RefusedError, match="one-time code: is not valid"):
        signing_in.begin("transport-reviewer", older, office=desk.office, origin="x")
    code = codes.make("transport-reviewer", actor=desk.officer("operator"), office=desk.office).text
    assert signing_in.begin("transport-reviewer", code, office=desk.office, origin="x") is None
    with desk.office.records.transaction() as connection:
        events = account_events.listed(connection, "transport-reviewer")
    assert [(one.event, one.reason) for one in reversed(events) if one.event != "code-made"] == [
        ("disabled", "离职"),
        ("enabled", "复职"),
    ]


def test_who_is_disabled_applies_for_nothing_through_an_agent(desk: Desk) -> None:
    _disable(desk, "transport-applicant")
    proposal = Proposal("environment.new", environment(), "transport-applicant", "transport")
    with pytest.raises(RefusedError, match="is no applicant of transport"):
        filing.file(proposal, actor=local_operator("root", "host"), office=desk.office)


def test_what_disabling_asks_for(desk: Desk) -> None:
    for reason in ("", " ", "\x1b"):
        with pytest.raises(UsageError):
            disabling.disable(
                "transport-reviewer", reason, actor=desk.officer("operator"), office=desk.office
            )
    with pytest.raises(NotFoundError):
        _disable(desk, "nobody")
    with pytest.raises(RefusedError):
        _disable(desk, "yanmingjing")
    with pytest.raises(RefusedError):
        disabling.disable("transport-steward", "x", actor=desk.person("approver"), office=desk.office)


def test_accounts_are_shown_to_officers_and_to_oneself(desk: Desk) -> None:
    desk.token("transport-reviewer")
    _disable(desk, "transport-steward")
    found = {one.account: one for one in directory.listed(actor=desk.officer("auditor"), office=desk.office)}
    assert len(found) == 4 + 5
    assert next(iter(found)) == "jiangyunkai"
    assert (found["transport-reviewer"].tokens, found["transport-reviewer"].department) == (1, "transport")
    assert found["transport-steward"].disabled
    own = desk.person("reviewer")
    assert directory.show(own.account, actor=own, office=desk.office).account.tokens == 1
    for act in (
        lambda: directory.listed(actor=own, office=desk.office),
        lambda: directory.show("transport-steward", actor=own, office=desk.office),
    ):
        with pytest.raises(RefusedError):
            act()


def test_with_the_account_its_deputies_end(desk: Desk) -> None:
    day = date(2026, 11, 23)
    for of, by in (
        ("transport-approver", "transport-reviewer"),
        ("transport-applicant", "transport-steward"),
    ):
        standing_in.name(of, by, day, day, actor=desk.officer("operator"), office=desk.office)
    _disable(desk)
    _change_people(desk, without="transport-steward")
    found = standing_in.listed(None, actor=desk.officer("auditor"), office=desk.office)
    assert [one.revoked_at is not None for one in found] == [True, True]


def test_whoever_loses_a_role_is_shut_out_before_anything_is_delivered(desk: Desk) -> None:
    """Also where environments of the department wait for their deliveries."""
    queued = "SELECT task_name, priority FROM procrastinate_jobs ORDER BY priority DESC, id"
    for done in (
        lambda: _change_people(desk, change={"transport-reviewer": ["steward"]}),
        lambda: _disable(desk),
    ):
        ask(desk, "DELETE FROM procrastinate_jobs")
        desk.file(environment(f"transport/e{secrets.token_hex(3)}"))
        done()
        [first, *others] = ask(desk, queued)
        assert first == ("shut out", 1)
        assert {"deliver"} <= {task for task, _ in others}
        assert {priority for _, priority in others} == {0}
    ask(desk, "DELETE FROM procrastinate_jobs")
    _enable(desk)  # nobody loses anything
    assert "shut out" not in {task for task, _ in ask(desk, queued)}
