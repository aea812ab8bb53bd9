"""The queue: a job is its decision's, none is lost or done by two, each environment's keep their order."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from tests.support.office import Desk, environment
from tests.support.queued import ask, change, jobs
from tests.support.workers import drain
from yunzu.errors import BusyError, FencedError, InterruptError, UnreachableError, YunzuError
from yunzu.records import fencing, queue, requests
from yunzu.records.requests import Request
from yunzu.services.requests import delivering, moving, queueing, reading
from yunzu.services.requests.delivering import Delivery
from yunzu_stacks.tasks import PAUSES_S, Retry


def state(desk: Desk, number: str) -> str:
    return reading.show(number, actor=desk.officer("auditor"), office=desk.office).request.state


def deliver(desk: Desk, number: str) -> Request:
    return delivering.deliver(number, with_=Delivery(desk.office, None))  # type: ignore[arg-type]


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done on the servers, which are others' tests' affair."""
    done: list[str] = []
    monkeypatch.setattr(
        delivering,
        "PERFORMING",
        dict.fromkeys(delivering.PERFORMING, lambda subject, *_: done.append(subject)),
    )
    return done


@pytest.fixture(autouse=True)
def nothing_is_queued(desk: Desk) -> None:
    """The office was opened with a request of its own."""
    drain(desk.office.records, lambda number: deliver(desk, number))


def test_the_grant_queues_it_and_a_rehearsal_does_not(desk: Desk) -> None:
    with desk.office.records.rehearsal() as rehearsed:
        trying = replace(desk, office=replace(desk.office, records=rehearsed))
        assert trying.file(environment()).state == "granted"
    assert jobs(desk) == []
    number = desk.file(environment()).number
    waiting = desk.file(environment("transport/large", plan="large"))
    assert waiting.state == "accepted"
    assert jobs(desk) == [(number, "todo", False, "Environment transport/flights")]


def test_whether_a_worker_is_there(desk: Desk) -> None:
    def attended() -> list[bool]:
        with desk.office.records.transaction() as connection:
            return [queue.is_attended(connection, one) for one in ("delivery", "background")]

    assert attended() == [False, False]
    with psycopg.connect(**queue.session(desk.office.records.postgres, "delivery", "here")):
        assert attended() == [True, False]


def test_asking_adds_no_second_job_and_lets_none_wait(desk: Desk) -> None:
    number = desk.file(environment()).number
    change(desk, "scheduled_at = now() + interval '1 hour'")
    assert [one[2] for one in jobs(desk)] == [True]
    queueing.ask(number, actor=desk.person("applicant"), office=desk.office)
    assert [one[:3] for one in jobs(desk)] == [(number, "todo", False)]


def test_what_has_no_job_gets_one(desk: Desk, delivered: list[str]) -> None:
    number = desk.file(environment()).number
    assert queueing.queue_forgotten(desk.office) == []
    ask(desk, "DELETE FROM procrastinate_jobs")
    assert queueing.queue_forgotten(desk.office) == [number]
    drain(desk.office.records, lambda number: deliver(desk, number))
    assert (delivered, jobs(desk)) == (["transport/flights"], [])


def test_what_a_dead_worker_had_is_anothers(desk: Desk, delivered: list[str]) -> None:
    number = desk.file(environment()).number
    [(worker,)] = ask(desk, "SELECT worker_id FROM procrastinate_register_worker_v1()")
    change(desk, f"status = 'doing', worker_id = {worker}")
    with desk.office.records.transaction() as connection:
        assert queue.return_stalled(connection, "delivery") == 0  # it has just shown itself
    ask(desk, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    with desk.office.records.transaction() as connection:
        assert queue.return_stalled(connection, "background") == 0
        assert queue.return_stalled(connection, "delivery") == 1
    drain(desk.office.records, lambda number: deliver(desk, number))
    assert (state(desk, number), delivered) == ("done", ["transport/flights"])


def test_what_may_pass_is_tried_again_for_a_while(desk: Desk) -> None:
    class Job:
        attempts = 0

    job, retry = Job(), Retry()
    for error in (UnreachableError("S3", "is down"), BusyError("a", "b"), FencedError("a", 1, 2)):
        assert retry.get_retry_decision(exception=error, job=job)
    for other in (YunzuError("a", "2 probes are red"), KeyError("bug")):
        assert retry.get_retry_decision(exception=other, job=job) is None
    job.attempts = len(PAUSES_S)
    assert retry.get_retry_decision(exception=UnreachableError("S3", "is down"), job=job) is None
    assert retry.get_retry_decision(exception=InterruptError("up", "stopped"), job=job)
    assert sum(PAUSES_S) * 1.25 < 300


def test_a_next_try_goes_on_with_a_failed_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[YunzuError] = [UnreachableError("S3", "is down"), YunzuError("transport/flights", "is red")]

    def perform(*_: object) -> None:
        raise answers.pop(0)

    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, perform))
    number = desk.file(environment()).number
    drain(desk.office.records, lambda number: deliver(desk, number))
    assert (state(desk, number), jobs(desk)[0][:3]) == ("failed", (number, "todo", True))
    seen = queueing.progress(number, actor=desk.person("applicant"), office=desk.office)
    assert (type(seen.error), str(seen.error)) == (UnreachableError, "S3: is down")
    change(desk, "scheduled_at = NULL")
    drain(desk.office.records, lambda number: deliver(desk, number))
    assert (state(desk, number), jobs(desk)) == ("failed", [])
    error = queueing.progress(number, actor=desk.person("applicant"), office=desk.office).error
    assert (type(error), str(error)) == (YunzuError, "transport/flights: is red")


def test_what_nobody_foresaw_fails_without_its_text(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def perform(*_: object) -> None:
        raise KeyError("a password")

    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, perform))
    number = desk.file(environment()).number
    with pytest.raises(KeyError):
        deliver(desk, number)
    error = str(queueing.progress(number, actor=desk.person("applicant"), office=desk.office).error)
    assert "KeyError" in error
    assert "password" not in error


@pytest.mark.parametrize("answer", [None, YunzuError("S3", "is red")], ids=["done", "failed"])
def test_an_overtaken_delivery_says_nothing(
    answer: YunzuError | None, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session was cut; another worker has taken over and is at work."""

    def overtake(*_: object) -> None:
        end = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND starts_with(application_name, 'yunzu writer')"
        )
        with desk.office.records.transaction() as connection:
            connection.execute(end)
        with fencing.hold(desk.office.records, f"request {number}"):
            pass
        if answer:
            raise answer

    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, overtake))
    number = desk.file(environment()).number
    with pytest.raises(FencedError):
        deliver(desk, number)
    assert state(desk, number) == "delivering"


def race(desk: Desk, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        work = [
            pool.submit(drain, desk.office.records, lambda number: deliver(desk, number))
            for _ in range(workers)
        ]
        for one in work:
            one.result()


def test_two_workers_race_for_one_job(desk: Desk, delivered: list[str]) -> None:
    number = desk.file(environment()).number
    race(desk, 2)
    assert (state(desk, number), delivered) == ("done", ["transport/flights"])


def _many(desk: Desk, environments: int, delivered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each environment is asked for and then renewed three times, all filed at once."""
    order: dict[str, list[str]] = defaultdict(list)
    guard = threading.Lock()
    real = delivering._perform

    def perform(number: str, *more: Any) -> None:
        with desk.office.records.transaction() as connection:
            subject = requests.find(connection, number).subject
        with guard:
            order[subject].append(number)
        real(number, *more)

    monkeypatch.setattr(delivering, "_perform", perform)
    small: dict[str, Any] = {"databases": [], "buckets": []}

    def file(index: int) -> list[Request]:
        name = f"transport/e{index}"
        found = [desk.file(environment(name, **small))]
        for year in (2028, 2029, 2030):
            lease = {"from": "2026-12-01", "until": f"{year}-11-30"}
            found.append(desk.file(environment(name, lease=lease, **small), "environment.renew"))
        return found

    with ThreadPoolExecutor(8) as pool:
        filed = [one for many in pool.map(file, range(environments)) for one in many]
    assert {one.state for one in filed} == {"granted"}
    race(desk, 4)
    assert {state(desk, one.number) for one in filed} == {"done"}
    assert sum(map(len, order.values())) == len(filed) == len(delivered)
    assert all(numbers == sorted(numbers) for numbers in order.values())


def test_none_of_many_is_lost_and_each_environment_keeps_its_order(
    desk: Desk, delivered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(desk, 2, delivered, monkeypatch)


@pytest.mark.faults
def test_none_of_a_hundred_is_lost(
    small_office: Any, delivered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = small_office(default_quota=_QUOTA)
    drain(desk.office.records, lambda number: deliver(desk, number))
    _many(desk, 25, delivered, monkeypatch)


_QUOTA = {
    "cpu": "1000", "memory": "9Ti", "storage": "9Ti", "database": "9Ti", "bucket": "9Ti",
    "objects": 9_000_000, "pods": 9000, "environments": 100,
}  # fmt: skip


def test_a_restarted_worker_finds_what_was_decided_meanwhile(desk: Desk, delivered: list[str]) -> None:
    filed = desk.file(environment("transport/large", plan="large"))
    moving.deny(filed.number, "否", actor=desk.person("reviewer"), office=desk.office)
    assert jobs(desk) == []
    assert delivered == []


def test_a_queue_of_another_shape_is_noticed() -> None:
    """Migration 0004 applies what this release ships; a changed file needs a migration of ours."""
    shipped = resources.files("procrastinate.sql")
    newest = sorted(one.name for one in shipped.joinpath("migrations").iterdir() if one.name.endswith(".sql"))
    assert newest[-1] == "03.04.00_50_post_add_retry_failed_job_procedure.sql"
    schema = shipped.joinpath("schema.sql").read_bytes()
    assert sha256(schema).hexdigest()[:16] == "c70ec4b400a60ad9"
