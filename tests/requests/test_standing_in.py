"""Deputies 代理 at the office: named for days, acting in another's place, and the trail names both."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.support.office import Desk, environment
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.records import account_events
from yunzu.records.deputies import Deputyship
from yunzu.services.accounts import standing_in, stranded
from yunzu.services.accounts.disabling import disable
from yunzu.services.requests import moving, reading

MONDAY = date(2026, 11, 23)


def _name(
    desk: Desk,
    of: str = "transport-reviewer",
    by: str = "transport-steward",
    start: date = MONDAY,
    days: int = 2,
) -> Deputyship:
    until = start + timedelta(days=days - 1)
    return standing_in.name(of, by, start, until, actor=desk.officer("operator"), office=desk.office)


def _waiting(desk: Desk, name: str = "large") -> str:
    """A request that waits for the department's reviewer."""
    return desk.file(environment(f"transport/{name}", plan="large")).number


def _approve(desk: Desk, number: str, role: str = "steward") -> None:
    moving.approve(number, actor=desk.person(role), office=desk.office)


def test_a_deputy_signs_and_the_trail_names_both(desk: Desk) -> None:
    number = _waiting(desk)
    with pytest.raises(RefusedError, match=r"the step is for department\.reviewer"):
        _approve(desk, number)
    _name(desk)
    [waiting] = reading.inbox(actor=desk.person("steward"), office=desk.office)
    assert "approve" in waiting.moves
    _approve(desk, number)
    view = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    [step] = [one for one in view.steps if one.step == "review"]
    assert (step.account, step.principal) == ("transport-steward", "transport-reviewer")
    [move] = [one for one in view.moves if one.move == "approve"]
    assert (move.account, move.principal) == ("transport-steward", "transport-reviewer")
    assert [one.principal for one in view.moves if one is not move] == [None] * (len(view.moves) - 1)


@pytest.mark.parametrize(("moment", "allowed"), [
    ("2026-11-23 23:59", False), ("2026-11-24 00:00", True),
    ("2026-11-25 23:59", True), ("2026-11-26 00:00", False),
])  # fmt: skip
def test_on_the_days_of_the_centres_zone(moment: str, allowed: bool, desk: Desk) -> None:
    _name(desk, start=date(2026, 11, 24))
    number = _waiting(desk)
    desk.at(moment)
    if allowed:
        _approve(desk, number)
    else:
        with pytest.raises(RefusedError, match="the step is for"):
            _approve(desk, number)


def test_what_either_has_to_do_with_neither_decides(desk: Desk) -> None:
    _name(desk, by="transport-applicant")
    with pytest.raises(RefusedError, match="in the place of transport-reviewer: nobody decides on their own"):
        _approve(desk, _waiting(desk), "applicant")


def test_who_acts_as_oneself_acts_for_nobody(desk: Desk) -> None:
    """The principal is entered where their place was needed, and nowhere else."""
    _name(desk, of="transport-steward", by="transport-reviewer")
    number = _waiting(desk)
    _approve(desk, number, "reviewer")
    view = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    assert {one.principal for one in (*view.steps, *view.moves)} == {None}


def test_a_deputy_is_not_lent_on(desk: Desk) -> None:
    _name(desk)
    with pytest.raises(RefusedError, match="not lent on"):
        _name(desk, of="transport-steward", by="transport-applicant")
    with pytest.raises(RefusedError, match="not lent on"):
        _name(desk, of="transport-approver", by="transport-reviewer")
    _name(desk, of="transport-steward", by="transport-applicant", start=MONDAY + timedelta(days=2))


def test_an_officers_deputy_confirms_for_themselves(desk: Desk) -> None:
    operators = [desk.officer("operator", which) for which in (0, 1)]
    standing_in.name(
        operators[0].account, operators[1].account, MONDAY, MONDAY, actor=operators[0], office=desk.office
    )
    number = desk.file(environment("transport/grade", grade=3)).number
    bare = replace(operators[1], confirmed_until=None)
    with pytest.raises(RefusedError, match="takes the second factor"):
        moving.accept(number, actor=bare, office=desk.office)
    with pytest.raises(RefusedError, match="offices of different people"):
        standing_in.name("jiangyunkai", "shengshouan", MONDAY, MONDAY, actor=operators[0], office=desk.office)


def test_who_may_end_it_and_then_it_is_over(desk: Desk) -> None:
    for role, may in (("applicant", False), ("reviewer", True), ("steward", True)):
        one = _name(desk)
        if not may:
            with pytest.raises(RefusedError):
                standing_in.revoke(one.id, actor=desk.person(role), office=desk.office)
            continue
        reader = replace(desk.person(role), scope="read")
        with pytest.raises(RefusedError):
            standing_in.revoke(one.id, actor=reader, office=desk.office)
        standing_in.revoke(one.id, actor=desk.person(role), office=desk.office)
        again = standing_in.revoke(one.id, actor=desk.person(role), office=desk.office)
        assert again.revoked_by == f"transport-{role}"
    for one in standing_in.listed("transport-steward", actor=desk.person("steward"), office=desk.office):
        standing_in.revoke(one.id, actor=desk.officer("operator"), office=desk.office)
    with pytest.raises(RefusedError, match="the step is for"):
        _approve(desk, _waiting(desk))
    with desk.office.records.transaction() as connection:
        events = [one.event for one in account_events.listed(connection, "transport-steward")]
    assert (events.count("deputy-named"), events.count("deputy-revoked")) == (3, 3)


def test_in_the_place_of_who_is_disabled_nobody_acts(desk: Desk) -> None:
    number = _waiting(desk)
    one = _name(desk)
    assert stranded.listed(actor=desk.officer("operator"), office=desk.office) == []
    disable("transport-reviewer", "离职", actor=desk.officer("operator"), office=desk.office)
    with pytest.raises(RefusedError, match=r"the step is for department\.reviewer"):
        _approve(desk, number)
    [found] = standing_in.listed("transport-steward", actor=desk.person("steward"), office=desk.office)
    assert (found.id, found.revoked_by) == (one.id, "jiangyunkai")
    [left] = stranded.listed(actor=desk.officer("operator"), office=desk.office)
    assert left.request == number


def test_a_deputy_who_resubmits_is_an_author(desk: Desk) -> None:
    number = desk.file(environment("transport/back", grade=3)).number
    moving.return_(number, "改", actor=desk.officer("operator"), office=desk.office)
    _name(desk, of="transport-applicant", by="transport-reviewer")
    fixed = environment("transport/back", plan="large")
    moving.resubmit(number, fixed, actor=desk.person("reviewer"), office=desk.office)
    with pytest.raises(RefusedError, match="nobody decides on their own request"):
        _approve(desk, number, "reviewer")


def test_what_cannot_be_named(desk: Desk) -> None:
    with pytest.raises(UsageError, match="before it begins"):
        _name(desk, days=0)
    with pytest.raises(UsageError, match="is over"):
        _name(desk, start=MONDAY - timedelta(days=2))
    with pytest.raises(UsageError, match="longer than a year"):
        _name(desk, days=368)
    with pytest.raises(UsageError, match="their own deputy"):
        _name(desk, by="transport-reviewer")
    with pytest.raises(NotFoundError):
        _name(desk, by="nobody")
    with pytest.raises(NotFoundError):
        standing_in.revoke("\x1b", actor=desk.officer("operator"), office=desk.office)
