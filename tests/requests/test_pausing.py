"""特别程序: who stops a clock, who gives more time, and how much."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.command import Command
from tests.support.office import LATER, Desk, environment
from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.items import Item
from yunzu.model.limits import Limit
from yunzu.records.requests import Request
from yunzu.records.schema import messages
from yunzu.services.requests import advancing, filing, moving, reading
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth

Told = tuple[str, str, str | None, datetime]
"""To whom, what became of the clock, why, until when the request is due now."""


def clock_told(desk: Desk) -> list[Told]:
    """In the order in which it was entered."""
    query = select(messages.c.recipient, messages.c.payload).where(messages.c.event == "clock")
    with desk.office.records.transaction() as connection:
        rows = connection.execute(query.order_by(messages.c.created_at, messages.c.recipient)).all()
    return [(who, one["change"], one["reason"], datetime.fromisoformat(one["due_at"])) for who, one in rows]


def test_the_applicant_and_their_agent_are_told_what_becomes_of_the_clock(desk: Desk) -> None:
    """Why, and the new due moment: five working days of the office from its acceptance, and what it stood."""
    proposal = Proposal("environment.new", environment(plan="large"), "transport-applicant", "transport")
    number = filing.file(proposal, actor=desk.officer("operator", 1), office=desk.office).number
    reviewer, operator = desk.person("reviewer"), desk.officer("operator")
    desk.at("2026-11-23 11:00")
    moving.pause(number, "现场勘察", actor=reviewer, office=desk.office)
    desk.at("2026-11-24 11:00")
    moving.resume(number, actor=reviewer, office=desk.office)
    until = LATER.replace(year=2026, month=11, day=26, hour=11)
    moving.extend(number, until, "专家论证", actor=operator, office=desk.office)
    desk.at("2026-11-26 11:01")
    advancing.resume_ended(desk.office)
    expected = [
        ("paused", "现场勘察", "2026-11-30 17:30"),
        ("resumed", None, "2026-12-01 17:30"),
        ("extended", "专家论证", "2026-12-03 17:30"),
        ("resumed", None, "2026-12-03 17:30"),
    ]
    told = [
        (who, change, why, f"{due.astimezone(desk.office.zone):%Y-%m-%d %H:%M}")
        for who, change, why, due in clock_told(desk)
    ]
    assert told == [(who, *one) for one in expected for who in ("shenruochuan", "transport-applicant")]


def test_a_pause_moves_the_due_moment_and_runs_out(desk: Desk) -> None:
    request = desk.file(environment(plan="large"))
    reviewer = desk.person("reviewer")
    due = reading.show(request.number, actor=reviewer, office=desk.office).due_at
    moving.pause(request.number, "现场勘察", actor=reviewer, office=desk.office)
    desk.at("2026-11-24 10:00")
    assert moving.resume(request.number, actor=reviewer, office=desk.office).state == "accepted"
    after = reading.show(request.number, actor=reviewer, office=desk.office)
    assert due is not None
    assert after.due_at is not None
    assert after.due_at - due == timedelta(days=1)
    assert after.used == timedelta()


def test_a_step_is_overdue_by_law_later_than_as_promised_and_a_pause_moves_that(
    desk: Desk, yunzu: Command
) -> None:
    with desk.office.records.transaction() as connection:
        item = Truth(connection).get(Item, "environment.new")
        two = [one.model_copy(update={"statutory": Limit(n=2, unit="workday")}) for one in item.steps[1:2]]
        changed = item.model_copy(update={"steps": (item.steps[0], *two, *item.steps[2:])})
        Truth(connection).approve(changed, request=None, at=desk.office.now())
    number, reviewer = desk.file(environment(plan="large")).number, desk.person("reviewer")

    def review() -> Any:
        return yunzu("request", "show", number, "--json").document["steps"][1]

    accept = yunzu("request", "show", number, "--json").document["steps"][0]
    assert (accept["statutory_due_at"], accept["overdue"]) == (None, False)
    assert review()["due_at"].startswith("2026-11-24T17:30")
    assert review()["statutory_due_at"].startswith("2026-11-25T17:30")
    moving.pause(number, "现场勘察", actor=reviewer, office=desk.office)
    desk.at("2026-11-24 10:00")
    moving.resume(number, actor=reviewer, office=desk.office)
    assert review()["statutory_due_at"].startswith("2026-11-26T17:30")
    desk.at("2026-11-26 17:00")
    assert review()["overdue"] is False
    desk.at("2026-11-27 09:00")
    assert review()["overdue"] is True
    assert "2026-11-26 17:30:00 OVERDUE 超期" in yunzu("request", "show", number).out
    moving.approve(number, actor=reviewer, office=desk.office)
    desk.at("2026-12-24 09:00")
    assert review()["overdue"] is True
    steps = yunzu("item", "show", "environment.new", "--json").document["steps"]
    assert [one["statutory"] for one in steps] == [None, {"n": 2, "unit": "workday", "basis": None}, None]


def test_an_extension_is_somebody_elses_decision_and_lasts_ten_working_days_at_most(desk: Desk) -> None:
    request, operator = desk.file(environment(plan="large")), desk.officer("operator")

    def extend(days: int, who: Actor) -> Request:
        until = desk.office.now() + timedelta(days=days)
        return moving.extend(request.number, until, "论证", actor=who, office=desk.office)

    for role in ("applicant", "reviewer", "approver"):
        with pytest.raises(RefusedError, match="'extend' is not done by"):
            extend(7, desk.person(role))
    with pytest.raises(RefusedError, match="second factor"):
        extend(7, replace(operator, confirmed_until=None))
    with pytest.raises(UsageError, match="has ended"):
        extend(0, operator)
    with pytest.raises(RefusedError, match="10 working days"):
        extend(15, operator)
    assert extend(7, operator).state == "paused"
    reviewer = desk.person("reviewer")
    [pause] = reading.show(request.number, actor=reviewer, office=desk.office).pauses
    assert (pause.kind, pause.approved_by) == ("extension", operator.account)
    moving.resume(request.number, actor=reviewer, office=desk.office)
    moving.approve(request.number, actor=reviewer, office=desk.office)
    with pytest.raises(RefusedError, match="who gave it more time decides nothing of it"):
        moving.approve(request.number, actor=operator, office=desk.office)
    second = replace(operator, account="second-operator")
    moving.deny(request.number, "规模超出业务需要", actor=second, office=desk.office)
