"""特别程序: who stops a clock, who gives more time, and how much."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.office import Desk, environment
from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.records.requests import Request
from yunzu.services.requests import moving, reading


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
