"""Workers that are killed, stand still, or meet a dead server: nothing is lost, nothing done twice."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.bureau import ROLES
from tests.support.faults import Fault
from tests.support.killing import Ran, Started
from tests.support.lives import strays
from tests.support.own_centre import Own
from tests.support.postgres import administrator
from tests.support.tenants import unique


class Counter:
    """Files for an invented department as an operator of the machine, in processes of their own."""

    def __init__(self, own: Own) -> None:
        self.own = own

    def file(self, item: str, manifest: Path, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        department = manifest.relative_to(self.own.tenants.directory).parts[0]
        applicant = ("--applicant", f"{department}-applicant")
        words = ("request", "new", item, "--manifest", str(manifest), *applicant, "--json", "--no-wait")
        return self.own.command.run(*words, fault=fault)

    def work(self, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        """A worker that ends when nothing is due."""
        return self.own.command.run("work", fault=fault)

    def done(self, number: str) -> Any:
        """The request, once the supervised workers have delivered it."""
        ran = self.run("request", "watch", number, "--timeout", "90", "--json")
        assert ran.code == 0, self.run("request", "show", number).output
        assert ran.document["state"] == "done", ran
        return ran.document

    def run(self, *words: str) -> Ran:
        return self.own.command.run(*words)

    def department(self) -> Path:
        """The manifest of a new one."""
        identifier = unique("k")
        people = [{"name": "某", "account": f"{identifier}-{role}", "roles": [role]} for role in ROLES]
        self.own.tenants.department(identifier, people=people)
        return self.own.tenants.directory / identifier / "department.yaml"

    def environment(self) -> tuple[str, Path]:
        """The id and the manifest of one in a department that is registered."""
        department = self.department()
        self.done(self.file("department.new", department).document["id"])
        identifier = self.own.tenants.environment(f"{department.parent.name}/prod")
        return identifier, department.parent / "environments" / "prod.yaml"

    def requests(self, department: str) -> list[Any]:
        listed = self.run("request", "list", "--department", department, "--json")
        items = listed.document["items"]
        assert isinstance(items, list)
        return items


@pytest.fixture(scope="module")
def counter(own: Own) -> Counter:
    assert own.command.run("up").code == 0  # adopts the centre's files
    return Counter(own)


def moves(document: Any) -> list[str]:
    return [one["move"] for one in document["moves"]]


DELIVERED = ["submit", "accept", "grant", "deliver", "complete"]


def test_a_server_that_is_down_is_the_reason_and_a_next_try_ends_it(counter: Counter) -> None:
    identifier, manifest = counter.environment()
    with counter.own.without("s3"):
        address = counter.own.address("s3")
        number = counter.file("environment.new", manifest).document["id"]
        ran = counter.run("request", "deliver", number, "--json")
    assert ran.code == 5, ran
    assert ran.document["state"] == "failed"
    assert address in ran.document["reason"]
    assert ran.errors.splitlines()[-1] == f"error: {ran.document['reason']}"
    made = moves(counter.done(number))  # by itself
    assert made[:4] + made[-1:] == DELIVERED
    assert {*made[4:-1]} == {"fail", "retry"}
    assert counter.run("env", "show", identifier, "--json").document["items"][0]["state"] == "active"


def _goes_on(counter: Counter, number: str, identifier: str) -> None:
    """Another worker ends it, and asking again has no effect."""
    done = counter.done(number)
    assert moves(done) == DELIVERED
    assert strays(identifier) == []
    again = counter.run("request", "deliver", number, "--json")
    assert (again.code, again.document) == (0, done)
    assert {kind for kind in again.effects if kind != "records commit"} == set()


@pytest.mark.parametrize("kind", ["s3 PUT bucket", "postgres CREATE DATABASE"])
def test_what_a_killed_worker_had_under_way_is_anothers(kind: str, counter: Counter) -> None:
    identifier, manifest = counter.environment()
    with counter.own.without("worker-delivery"):
        number = counter.file("environment.new", manifest).document["id"]
        assert counter.work(Fault("kill", kind=kind)).code == -9
        [one] = [one for one in counter.requests(identifier.partition("/")[0]) if one["id"] == number]
        assert (one["state"], one["done_at"]) == ("delivering", None)
    _goes_on(counter, number, identifier)


def _started(counter: Counter) -> Started:
    """A worker in the middle of a delivery."""
    worker = counter.own.command.start("work")
    until = time.monotonic() + 60
    while len(worker.effects()) < 12:
        assert time.monotonic() < until
        assert worker.process.poll() is None, worker.end()
        time.sleep(0.02)
    return worker


def test_a_worker_that_is_asked_to_stop_leaves_nothing_half_entered(counter: Counter) -> None:
    identifier, manifest = counter.environment()
    with counter.own.without("worker-delivery"):
        number = counter.file("environment.new", manifest).document["id"]
        worker = _started(counter)
        worker.process.send_signal(signal.SIGTERM)
        with worker:
            assert worker.end().code == 0
    _goes_on(counter, number, identifier)


def test_a_worker_that_stood_still_while_another_took_over_does_nothing_more(counter: Counter) -> None:
    identifier, manifest = counter.environment()
    with counter.own.without("worker-delivery"):
        number = counter.file("environment.new", manifest).document["id"]
        worker = _started(counter)
        os.kill(worker.process.pid, signal.SIGSTOP)
        connections = counter.own.tenants.centre.connections
        for server in (connections.records, *connections.pools.values()):  # as when its machine is cut off
            with administrator(server, server.database) as admin:
                admin.execute(_CUT)
    try:
        _goes_on(counter, number, identifier)
    finally:
        os.kill(worker.process.pid, signal.SIGCONT)
    with worker:
        assert worker.end().code == 0
    # What each resource had left that was under way by then may still come: it is the same as is there.
    _goes_on(counter, number, identifier)
    tenants = str(counter.own.tenants.directory)
    assert counter.run("env", "verify", identifier, "--tenants", tenants).code == 0


_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def test_a_filing_that_is_killed_is_filed_and_queued(counter: Counter) -> None:
    """It is one commit."""
    manifest = counter.department()
    assert counter.file("department.new", manifest, Fault("kill", 1)).code == -9
    [filed] = counter.requests(manifest.parent.name)
    counter.done(filed["id"])


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_worker_that_is_killed_anywhere_loses_nothing(counter: Counter) -> None:
    """At every third side effect; the ones between are those of `env apply`, which has its own tests."""
    identifier, manifest = counter.environment()
    with counter.own.without("worker-delivery"):
        counter.file("environment.new", manifest)
        effects = counter.work().effects
    for at in range(1, len(effects) + 1, 3):
        identifier, manifest = counter.environment()
        with counter.own.without("worker-delivery"):
            number = counter.file("environment.new", manifest).document["id"]
            assert counter.work(Fault("kill", at)).code == -9, at
        _goes_on(counter, number, identifier)
