"""Tokens: whose they are, what they are good for, and that one for reading changes nothing anywhere."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.office import Desk, department, environment
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor, local_operator
from yunzu.records import request_history, requests
from yunzu.services.requests import filing, moving, passes, queueing, reading
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import actor_of_token


def _issue(desk: Desk, actor: Actor, **more: Any) -> str:
    values = {"label": "", "days": 90, "scope": "all"} | more
    return passes.issue(actor=actor, office=desk.office, **values)[1]


def _who(desk: Desk, text: str) -> Actor:
    return actor_of_token(desk.office, text, origin="here")


def test_a_token_is_its_account_with_all_its_roles(desk: Desk) -> None:
    text = _issue(desk, desk.person("reviewer"))
    who = _who(desk, text)
    assert (who.account, who.roles, who.department) == ("transport-reviewer", {"reviewer"}, "transport")
    assert (who.authenticated, who.origin, who.scope) == ("token", "here", "all")
    security = _who(desk, _issue(desk, desk.officer("security"), scope="read"))
    assert (security.roles, security.department, security.scope) == ({"security"}, None, "read")
    assert security.confirmed_until is None  # another token proves no second factor
    [token] = passes.listed("shengshouan", actor=security, office=desk.office)
    assert security.token == token.id


def test_whatever_is_wrong_with_a_token_is_said_in_the_same_words(desk: Desk) -> None:
    """Whoever tries learns nothing of it."""
    operator = desk.officer("operator")
    expired, revoked = (_issue(desk, desk.person("reviewer"), days=days) for days in (1, 90))
    [newest] = [one for one in passes.listed(None, actor=operator, office=desk.office) if _lasts(one) > 80]
    passes.revoke(newest.id, actor=operator, office=desk.office)
    desk.pass_time(days=2)
    said = set()
    for text in ("yunzu_nothing", "", expired, revoked):
        with pytest.raises(RefusedError) as caught:
            _who(desk, text)
        said.add(str(caught.value))
    assert len(said) == 1


def _lasts(token: Any) -> float:
    return float((token.expires_at - token.created_at) / timedelta(days=1))


def test_a_token_of_who_has_left_is_not_valid(desk: Desk) -> None:
    people = [one.model_dump(mode="json") for one in desk.departments["transport"].people]
    leaver = _issue(desk, desk.person("steward"))
    stay = [one for one in people if one["account"] != "transport-steward"]
    proposal = Proposal("department.people", department(people=stay), "transport-applicant", "transport")
    request = filing.file(proposal, actor=desk.person("applicant"), office=desk.office)
    assert _who(desk, leaver).roles == {"steward"}
    moving.approve(request.number, actor=desk.person("approver"), office=desk.office)
    with pytest.raises(RefusedError, match="is not valid"):
        _who(desk, leaver)


@pytest.mark.parametrize(
    ("who", "own", "others", "sees_all"),
    [
        ("operator", True, True, True),
        ("security", True, True, True),
        ("centre auditor", True, False, True),
        ("applicant", True, False, False),
        ("auditor", True, False, False),
    ],
)
def test_who_sees_and_revokes_whose(who: str, own: bool, others: bool, sees_all: bool, desk: Desk) -> None:
    is_officer = who in ("operator", "security", "centre auditor")
    actor = desk.officer(who.removeprefix("centre ")) if is_officer else desk.person(who)
    for account, may in ((actor.account, own), ("transport-reviewer", others)):
        desk.token(account)
        [token, *_] = passes.listed(account, actor=desk.officer("operator"), office=desk.office)
        assert _allowed(lambda one=token.id: passes.revoke(one, actor=actor, office=desk.office)) is may
        [after, *_] = passes.listed(account, actor=desk.officer("operator"), office=desk.office)
        assert (after.revoked_at is not None) is may
    seen = {one.account for one in passes.listed(None, actor=actor, office=desk.office)}
    assert ("transport-reviewer" in seen) is sees_all
    assert actor.account in seen


def _allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except RefusedError:
        return False
    return True


def test_what_a_token_cannot_be(desk: Desk) -> None:
    operator = local_operator("Root.X", "host")
    assert operator.account == "local-root-x"
    with pytest.raises(NotFoundError, match="'local-root-x': is nobody's"):
        _issue(desk, operator)
    for wrong in ({"days": 0}, {"days": 366}, {"label": "\x1b"}, {"label": "x" * 201}):
        with pytest.raises(UsageError):
            _issue(desk, desk.person("reviewer"), **wrong)
    with pytest.raises(NotFoundError):
        passes.revoke("12345678", actor=operator, office=desk.office)
    assert passes.listed(None, actor=operator, office=desk.office) == []


def _changing(desk: Desk) -> dict[str, Callable[[Actor], object]]:
    """Every service that changes something for an actor -> a call of it that only the token's scope stops."""
    office = desk.office
    waiting = desk.file(environment("transport/large", plan="large")).number
    submitted = desk.file(environment("transport/grade", grade=3)).number
    granted = desk.file(environment()).number
    returned = desk.file(environment("transport/back", grade=3)).number
    moving.return_(returned, "改", actor=desk.officer("operator"), office=office)
    paused = desk.file(environment("transport/paused", plan="large")).number
    moving.pause(paused, "停", actor=desk.person("reviewer"), office=office)
    denied = desk.file(environment("transport/no", plan="large")).number
    moving.deny(denied, "否", actor=desk.person("reviewer"), office=office)
    values: dict[str, Any] = {"label": "", "days": 1, "scope": "all"}
    token = passes.issue(actor=desk.person("applicant"), office=office, **values)[0]
    later = office.now() + timedelta(days=1)
    fresh = Proposal("environment.new", environment("transport/new"), "transport-applicant", "transport")
    return {
        "file": lambda who: filing.file(fresh, actor=who, office=office),
        "accept": lambda who: moving.accept(submitted, actor=who, office=office),
        "return_": lambda who: moving.return_(submitted, "改", actor=who, office=office),
        "refuse": lambda who: moving.refuse(submitted, "否", actor=who, office=office),
        "approve": lambda who: moving.approve(waiting, actor=who, office=office),
        "deny": lambda who: moving.deny(waiting, "否", actor=who, office=office),
        "pause": lambda who: moving.pause(waiting, "停", actor=who, office=office),
        "extend": lambda who: moving.extend(waiting, later, "延", actor=who, office=office),
        "withdraw": lambda who: moving.withdraw(waiting, actor=who, office=office),
        "resubmit": lambda who: moving.resubmit(returned, None, actor=who, office=office),
        "resume": lambda who: moving.resume(paused, actor=who, office=office),
        "rate": lambda who: moving.rate(denied, 1, actor=who, office=office),
        "ask": lambda who: queueing.ask(granted, actor=who, office=office),
        "issue": lambda who: passes.issue(actor=who, office=office, **values),
        "revoke": lambda who: passes.revoke(token.id, actor=who, office=office),
    }


_READING = {"show", "listed", "inbox", "progress"}


def test_a_token_for_reading_changes_nothing_in_any_service(desk: Desk) -> None:
    calls = _changing(desk)
    modules = (filing, moving, queueing, passes, reading)
    taking = {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(function).parameters
    }
    assert taking - _READING == set(calls)
    people = [desk.person(role) for role in ("applicant", "reviewer", "approver")]
    people += [desk.officer(role) for role in ("operator", "security")]
    before = _everything(desk)
    for name, call in calls.items():
        said = []
        for person in people:
            with pytest.raises(RefusedError) as caught:
                call(replace(person, scope="read"))
            said.append(str(caught.value))
        assert any("for reading only" in one for one in said), (name, said)
    assert _everything(desk) == before


def test_the_same_calls_do_change_something(desk: Desk) -> None:
    """Otherwise the silence above would prove nothing."""
    people = [desk.person(role) for role in ("applicant", "reviewer", "approver")]
    people.append(desk.officer("operator"))
    calls = _changing(desk)
    del calls["ask"]  # what is granted is queued already
    ended = {
        "return_",
        "refuse",
        "deny",
        "pause",
        "extend",
        "withdraw",
    }  # by the calls before them, in this order
    for name, call in calls.items():
        before = _everything(desk)
        tried = [one for one in people if _allowed(lambda who=one, call=call: call(who))]
        assert bool(tried) == (_everything(desk) != before), name
        assert tried or name in ended, name


def test_a_token_for_reading_reads(desk: Desk) -> None:
    number = desk.file(environment()).number
    reader = replace(desk.person("reviewer"), scope="read")
    assert reading.show(number, actor=reader, office=desk.office).request.number == number
    assert reading.inbox(actor=reader, office=desk.office) == []
    assert passes.listed(None, actor=reader, office=desk.office) == []


def _everything(desk: Desk) -> object:
    with desk.office.records.transaction() as connection:
        found = requests.listed(connection)
        moves = [request_history.moves(connection, one.number) for one in found]
        tokens = passes.listed(None, actor=desk.officer("operator"), office=desk.office)
    return found, moves, tokens
