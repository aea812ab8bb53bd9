"""Workers that are killed, stand still, race, or meet a dead server: nothing is lost, nothing done twice."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.faults.conftest import Undisturbed
from tests.support.deliveries import DELIVERED, Deliveries, Filed, stand_still
from tests.support.faults import Fault
from tests.support.lives import AT_ONCE, Life, complaints, strays
from tests.support.own_centre import Own
from yunzu.records import queue


@pytest.fixture
def deliveries(own: Own) -> Deliveries:
    """With an empty queue."""
    made = Deliveries(own)
    made.forget()
    return made


@pytest.mark.faults
def test_a_server_that_is_down_is_the_reason_and_a_next_try_ends_it(
    deliveries: Deliveries, undisturbed: Undisturbed
) -> None:
    [(number, life)] = deliveries.file().items()
    with deliveries.own.without("s3"):
        address = deliveries.own.address("s3")
        assert deliveries.work().code == 0
    failed = deliveries.request(number)
    assert failed.state == "failed"
    assert address in (failed.reason or "")
    deliveries.let_time_pass()
    assert deliveries.work().code == 0
    assert deliveries.moves(number) == [*DELIVERED[:4], "fail", "retry", "complete"]
    assert life.converges(undisturbed.applied) == []


def test_what_killed_workers_had_under_way_is_anothers(
    deliveries: Deliveries, undisturbed: Undisturbed
) -> None:
    filed = deliveries.file(2)
    kinds = ("s3 PUT bucket", "postgres CREATE DATABASE")
    assert [ran.code for ran in deliveries.raced(*(Fault("kill", kind=kind) for kind in kinds))] == [-9, -9]
    assert [deliveries.request(number).state for number in filed] == ["delivering", "delivering"]
    assert deliveries.goes_on(filed, undisturbed.applied) == []


@pytest.mark.faults
def test_a_worker_that_is_asked_to_stop_leaves_nothing_half_entered(
    deliveries: Deliveries, undisturbed: Undisturbed
) -> None:
    filed = deliveries.file()
    with deliveries.working(Fault("stop", kind="kubernetes POST namespaces")) as [worker]:
        stand_still([worker])
        worker.process.send_signal(signal.SIGTERM)
        worker.process.send_signal(signal.SIGCONT)
        assert worker.end().code == 0
    assert deliveries.goes_on(filed, undisturbed.applied) == []


@pytest.mark.faults
def test_two_workers_race_for_one_request(deliveries: Deliveries, undisturbed: Undisturbed) -> None:
    filed = deliveries.file()
    ended = deliveries.raced(Fault(), Fault())
    assert [ran.code for ran in ended] == [0, 0]
    assert sorted("kubernetes POST namespaces" in ran.effects for ran in ended) == [False, True]
    assert min(ended, key=lambda ran: len(ran.effects)).effects == ()
    assert deliveries.delivered(filed, undisturbed.applied) == []


@pytest.mark.faults
def test_a_worker_that_stood_still_while_another_took_over_does_nothing_more(
    deliveries: Deliveries, undisturbed: Undisturbed
) -> None:
    kind = "postgres CREATE DATABASE"
    assert _stood_still(deliveries, deliveries.file(), [Fault("stop", kind=kind)], undisturbed) == []


def test_a_filing_that_is_killed_is_filed_and_queued(deliveries: Deliveries) -> None:
    """It is one commit."""
    life = Life(deliveries.own.tenants, deliveries.own.command)
    assert life.applied(Fault("kill", kind="records commit")) == []
    [filed] = deliveries.of(life.identifier.partition("/")[0])
    assert filed.state == "granted"
    with deliveries.office.records.transaction() as connection:
        assert queue.undelivered(connection, [filed.number]) == []
    assert deliveries.work().code == 0
    assert deliveries.moves(filed.number) == DELIVERED


@pytest.mark.faults
def test_a_supervised_worker_that_is_killed_is_started_again_and_goes_on(attended: Own) -> None:
    deliveries = Deliveries(attended)
    [(number, life)] = deliveries.file().items()
    _until(lambda: deliveries.request(number).state == "delivering")
    os.kill(attended.pid("worker-delivery"), signal.SIGKILL)
    _until(lambda: deliveries.request(number).state == "done")
    assert deliveries.moves(number) == DELIVERED
    assert life.verified() == []
    assert strays(life.identifier) == []


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def _killed(deliveries: Deliveries, filed: Filed, faults: list[Fault], undisturbed: Undisturbed) -> list[str]:
    ended = deliveries.raced(*faults)
    found = [f"was not killed but ended: {ran}" for ran in ended if ran.code != -9]
    return found + deliveries.goes_on(filed, undisturbed.applied)


def _stood_still(
    deliveries: Deliveries, filed: Filed, faults: list[Fault], undisturbed: Undisturbed
) -> list[str]:
    """Stopped, cut off, overtaken, and let go on: what is wrong."""
    with deliveries.working(*faults) as workers:
        stand_still(workers)
        found = [f"has ended instead: {one.end()}" for one in workers if one.process.poll() is not None]
        deliveries.cut_off()
        found += deliveries.goes_on(filed, undisturbed.applied)
        for one in workers:
            one.process.send_signal(signal.SIGCONT)
        found += [f"ends badly: {ran}" for ran in (one.end() for one in workers) if ran.code]
    # What each had left that was under way by then may still have come: it is the same as is there.
    return found + deliveries.delivered(filed, undisturbed.applied)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("action", ["kill", "stop"])
def test_a_worker_that_ends_or_stands_still_anywhere_loses_nothing(
    action: str, part: int, deliveries: Deliveries, undisturbed: Undisturbed
) -> None:
    """Killed after every side effect, a fourth of them at a time; stopped after every fourth, one worker at a
    time: what stands still may hold a lock that others wait for."""
    total = len(undisturbed.applying)
    breaking, step, at_once = (_killed, 4, AT_ONCE) if action == "kill" else (_stood_still, 16, 1)
    mine = range(1 + part * step // 4, total + 1, step)
    found = []
    for start in range(0, len(mine), at_once):
        some = mine[start : start + at_once]
        filed = deliveries.file(len(some))
        wrong = breaking(deliveries, filed, [Fault(action, at) for at in some], undisturbed)
        found += [f"{action} after one of {list(some)}: {one}" for one in wrong]
        vanish = partial(Life.vanishes, wanted=undisturbed.erased, erase=True)
        found += complaints(filed.values(), vanish)
        deliveries.forget()
    assert found == []
