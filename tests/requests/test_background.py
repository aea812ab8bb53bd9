"""What time alone brings about, and what people are told of their requests: each occurrence once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.office import SHANGHAI, Desk, environment
from tests.support.workers import drain
from yunzu.errors import RefusedError
from yunzu.records.schema import messages
from yunzu.services import background
from yunzu.services.background import Background
from yunzu.services.requests import advancing, delivering, moving, reading
from yunzu.services.requests.delivering import Delivery
from yunzu.settings import Settings


def told(desk: Desk, number: str) -> list[tuple[str, str]]:
    """(event, recipient) of every message about a request, sorted."""
    query = select(messages.c.event, messages.c.recipient, messages.c.payload)
    with desk.office.records.transaction() as connection:
        rows = connection.execute(query).all()
    return sorted((row[0], row[1]) for row in rows if row[2]["request"] == number)


def state(desk: Desk, number: str) -> str:
    return reading.show(number, actor=desk.officer("auditor"), office=desk.office).request.state


def a_minute(desk: Desk) -> None:
    """All that is done every minute, twice: the second time finds nothing to do."""
    for _ in range(2):
        for duty in background.EVERY_MINUTE.values():
            duty(Background(Settings(), desk.office))


def test_silence_of_a_working_day_is_acceptance_without_anybody_asking(desk: Desk) -> None:
    number = desk.file(environment("transport/grade", grade=3)).number
    a_minute(desk)
    assert state(desk, number) == "submitted"
    desk.at("2026-11-25 09:00")
    a_minute(desk)
    view = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    assert [one.move for one in view.moves].count("accept") == 1
    assert view.request.accepted_at == view.request.submitted_at


def test_an_extension_that_ended_is_resumed_and_no_other_pause(desk: Desk) -> None:
    numbers = [desk.file(environment(f"transport/{name}", plan="large")).number for name in ("a", "b")]
    reviewer = desk.person("reviewer")
    until = datetime(2026, 11, 25, 9, 0, tzinfo=SHANGHAI)
    moving.extend(numbers[0], until, "论证", actor=desk.officer("operator"), office=desk.office)
    moving.pause(numbers[1], "勘察", actor=reviewer, office=desk.office)
    a_minute(desk)
    assert [state(desk, one) for one in numbers] == ["paused", "paused"]
    desk.at("2026-11-25 09:01")
    a_minute(desk)
    assert [state(desk, one) for one in numbers] == ["accepted", "paused"]


def test_whoever_may_sign_is_told_and_then_the_applicant(small_office: Callable[..., Desk]) -> None:
    desk = small_office(default_quota=_QUOTA)
    number = desk.file(environment("transport/large", plan="large")).number
    assert told(desk, number) == [("waiting_for_me", "transport-reviewer")]
    moving.approve(number, actor=desk.person("reviewer"), office=desk.office)
    second = [one for one in told(desk, number) if one[1] != "transport-reviewer"]
    operators = [one.account for one in desk.register.officers if "operator" in one.roles]
    assert second == sorted(("waiting_for_me", one) for one in operators)
    moving.deny(number, "用途不明", actor=desk.officer("operator"), office=desk.office)
    assert ("decided", "transport-applicant") in told(desk, number)


def test_the_applicant_is_told_of_the_grant_and_of_the_delivery(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, lambda *_: None))
    number = desk.file(environment()).number
    assert told(desk, number) == [("decided", "transport-applicant")]

    def deliver(number: str) -> Any:
        return delivering.deliver(number, with_=Delivery(desk.office, None))  # type: ignore[arg-type]

    drain(desk.office.records, deliver)
    assert told(desk, number) == [("decided", "transport-applicant"), ("delivered", "transport-applicant")]


def test_one_that_is_given_back_waits_for_its_applicant(desk: Desk) -> None:
    number = desk.file(environment("transport/grade", grade=3)).number
    moving.return_(number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)
    assert ("waiting_for_me", "transport-applicant") in told(desk, number)


def test_whom_it_waits_for_is_told_once_that_it_is_due_and_once_that_it_is_overdue(desk: Desk) -> None:
    number = desk.file(environment("transport/large", plan="large")).number

    def events() -> set[str]:
        advancing.tell_what_is_due(desk.office)
        advancing.tell_what_is_due(desk.office)
        found = [one for one in told(desk, number) if one[0] in ("due_soon", "overdue")]
        assert len(found) == len({*found})
        assert {one[1] for one in found} <= {"transport-reviewer"}
        return {one[0] for one in found}

    due = reading.show(number, actor=desk.officer("auditor"), office=desk.office).due_at
    assert due is not None
    assert events() == set()
    desk.at(f"{due.date()} 08:59")
    assert events() == {"due_soon"}
    desk.moment[0] = due
    desk.pass_time(seconds=1)
    assert events() == {"due_soon", "overdue"}


def test_what_is_rolled_back_tells_nobody(desk: Desk) -> None:
    number = desk.file(environment("transport/grade", grade=3)).number
    before = told(desk, number)
    with pytest.raises(RefusedError, match="needs a reason"):
        moving.refuse(number, " ", actor=desk.officer("operator"), office=desk.office)
    assert told(desk, number) == before


_QUOTA = {
    "cpu": "64", "memory": "1Ti", "storage": "9Ti", "database": "9Ti", "bucket": "9Ti", "objects": 9_000_000,
    "pods": 900, "environments": 20,
}  # fmt: skip
