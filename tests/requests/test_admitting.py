"""Whoever changes who has access is heard, whatever is under way; and who attends the queue."""

from typing import Any

import psycopg
import pytest

from tests.support.engine import wait_for
from tests.support.office import Desk, department, environment
from tests.support.queued import ask, change, jobs
from yunzu.records import queue
from yunzu.services.requests import delivering
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.truth import Truth


@pytest.fixture(autouse=True)
def nothing_is_queued(desk: Desk) -> None:
    """The office was opened with a request of its own."""
    ask(desk, "DELETE FROM procrastinate_jobs")


def deliver(desk: Desk, number: str) -> None:
    delivering.deliver(number, with_=Delivery(desk.office, None))  # type: ignore[arg-type]  # no servers


def test_a_worker_that_hangs_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "STALLED_S", 0.3)
    with psycopg.connect(**queue.session(desk.office.records.postgres, "delivery", "here")) as session:
        wait_for(lambda: not _attended(desk), seconds=5)
        session.execute("SELECT 1")
        assert _attended(desk)


def _attended(desk: Desk) -> bool:
    with desk.office.records.transaction() as connection:
        return queue.is_attended(connection, "delivery")


def test_people_that_change_while_others_are_admitted_are_admitted_after_them(desk: Desk) -> None:
    """One that is under way may have read who had access before."""

    def defer() -> list[Any]:
        with desk.office.records.transaction() as connection:
            queue.defer_admission(connection, "transport")
        return [one[1:] for one in jobs(desk)]

    lock = "people of transport"
    assert defer() == [("todo", False, lock)]
    change(desk, "scheduled_at = now() + interval '1 hour'")
    assert defer() == [("todo", False, lock)]
    change(desk, "status = 'doing'")
    assert defer() == [("doing", False, lock), ("todo", False, lock)]
    assert defer() == [("doing", False, lock), ("todo", False, lock)]
    with desk.office.records.transaction() as connection:  # its worker died
        assert queue.return_stalled(connection, "delivery") == 1
    assert [one[1] for one in jobs(desk)] == ["todo", "todo"]


def test_a_delivery_that_has_read_who_had_access_before_has_them_admitted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.file(environment()).number
    changed = department(people=[{"name": "某某", "account": "transport-new", "roles": ["applicant"]}])

    def perform(*_: Any) -> None:
        with desk.office.records.transaction() as connection:
            Truth(connection).approve(changed, request=None, at=desk.office.now())

    admissions = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'admit people'"
    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, perform))
    deliver(desk, number)
    assert ask(desk, admissions) == [(1,)]
    ask(desk, "DELETE FROM procrastinate_jobs")
    desk.departments["transport"] = changed
    deliver(desk, desk.file(environment("transport/other")).number)
    assert ask(desk, admissions) == [(0,)]  # nobody has changed meanwhile
