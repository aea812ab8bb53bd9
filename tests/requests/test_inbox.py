"""What waits for somebody: steps, corrections, deliveries that failed, leases to be confirmed."""

import pytest

from tests.support.api import As
from tests.support.command import Command
from tests.support.office import Desk, environment
from tests.support.recorded import brought_up
from yunzu.model.answers.requests import InboxAnswer
from yunzu.records import requests
from yunzu.services.leases import deciding
from yunzu.services.requests import moving, reading


def waits(desk: Desk, role: str, of: str | None = "transport") -> list[tuple[str, str, tuple[str, ...]]]:
    """(number, step, what may be done) in the inbox of somebody."""
    actor = desk.person(role, of) if of else desk.officer(role)
    found = reading.inbox(actor=actor, office=desk.office)
    return [(one.request.number, one.step, one.moves) for one in found]


def test_a_correction_waits_for_its_applicant_alone(desk: Desk) -> None:
    number = desk.file(environment("transport/grade", grade=3)).number
    assert waits(desk, "applicant") == []
    moving.return_(number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)
    assert waits(desk, "applicant") == [(number, "resubmit", ("resubmit", "withdraw"))]
    assert waits(desk, "reviewer") == waits(desk, "operator", None) == []
    moving.withdraw(number, actor=desk.person("applicant"), office=desk.office)
    assert waits(desk, "applicant") == []


def test_a_delivery_that_failed_waits_for_operators(desk: Desk) -> None:
    number = desk.file(environment()).number
    assert waits(desk, "operator", None) == []
    with desk.office.records.transaction() as connection:
        requests.change(connection, number, state="failed", reason="probe")
    assert waits(desk, "operator", None) == [(number, "retry", ("retry", "abandon"))]
    for role in ("applicant", "approver"):
        assert waits(desk, role) == []
    assert waits(desk, "security", None) == waits(desk, "auditor", None) == []


@pytest.fixture
def over(desk: Desk) -> Desk:
    """Production, and a test environment, whose right of use has ended."""
    for name, stage in (("prod", "prod"), ("test", "test")):
        lease = {"from": "2026-12-01", "until": "2026-12-31"}
        desk.file(environment(f"transport/{name}", stage=stage, lease=lease))
        brought_up(desk, f"transport/{name}")
    desk.at("2026-12-31 10:00")
    return desk


def test_production_whose_lease_has_ended_waits_for_operators(over: Desk, as_: As, yunzu: Command) -> None:
    def leases(role: str, of: str | None = None) -> list[str]:
        answer = InboxAnswer.model_validate(as_(role, of).get("/inbox"))
        return [one.environment for one in answer.leases]

    assert leases("operator") == []  # it may be used today yet
    over.at("2027-01-04 10:00")
    assert leases("operator") == ["transport/prod"]
    assert leases("security") == leases("auditor") == leases("approver", "transport") == []
    shown = yunzu("inbox")
    assert ("transport/prod" in shown.out, "transport/test" in shown.out) == (True, False)
    assert "`yunzu lease confirm`" in shown.out
    deciding.confirm("transport/prod", actor=over.officer("operator"), office=over.office)
    assert leases("operator") == []
    assert "nothing waits for you" in yunzu("inbox").err
