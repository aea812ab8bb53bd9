"""Requests filed on a centre that no worker attends, and workers that a test starts, breaks and lets race."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.digest import Document, differences
from tests.support.faults import Fault
from tests.support.killing import Ran, Started
from tests.support.lives import Life, strays
from tests.support.own_centre import Own
from tests.support.postgres import administrator
from yunzu.model.actors import local_operator
from yunzu.records import queue, requests
from yunzu.records.requests import Request
from yunzu.services.requests import reading
from yunzu.services.requests.asking import Asking, ask
from yunzu.services.requests.office import office_of

DELIVERED = ["submit", "accept", "grant", "deliver", "complete"]
Filed = Mapping[str, Life]
"""Number of the request -> what it asks for."""


class Deliveries:
    """Files as an operator of the machine does, and has workers deliver it."""

    def __init__(self, own: Own) -> None:
        self.own = own
        self.office = office_of(own.settings, own.tenants.centre.records)
        self._asking = Asking(self.office, local_operator("tests", "here"))

    def file(self, count: int = 1) -> Filed:
        """Ask for that many environments, each in a department of its own that is registered already."""
        lives = [Life(self.own.tenants, self.own.command) for _ in range(count)]
        catalogue = self.own.tenants.catalogue
        for life in lives:
            ask(catalogue.department(life.identifier.partition("/")[0]), self._asking)
        assert self.work().code == 0
        return {
            one.number: life
            for life in lives
            for one in ask(catalogue.environment(life.identifier), self._asking)
        }

    def work(self, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        """A worker that ends when nothing is due."""
        return self.own.command.run("work", fault=fault)

    @contextmanager
    def working(self, *faults: Fault) -> Iterator[list[Started]]:
        """Such workers side by side, a fault in each; what has not ended with the block is killed."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.own.command.start("work", fault=one)) for one in faults]

    def raced(self, *faults: Fault) -> list[Ran]:
        """How workers side by side have ended."""
        with self.working(*faults) as workers:
            return [one.end() for one in workers]

    def let_time_pass(self) -> None:
        """Whoever has not shown itself is given up, and what waits for its next try is due."""
        self._change("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        self._change("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        with self.office.records.transaction() as connection:
            queue.return_stalled(connection, "delivery")

    def forget(self) -> None:
        """What other tests have left in the queue."""
        self._change("DELETE FROM procrastinate_jobs")

    def _change(self, statement: str) -> None:
        with self.office.records.transaction() as connection, queue._path(connection):
            connection.exec_driver_sql(statement)

    def cut_off(self) -> None:
        """End every session at every PostgreSQL server, as when a worker's machine is cut off the network."""
        connections = self.own.tenants.centre.connections
        for server in (connections.records, *connections.pools.values()):
            with administrator(server, server.database) as admin:
                admin.execute(_CUT)

    def request(self, number: str) -> Request:
        with self.office.records.transaction() as connection:
            return requests.find(connection, number)

    def of(self, department: str) -> list[Request]:
        """All that were filed for it, newest first."""
        with self.office.records.transaction() as connection:
            return requests.listed(connection, department=department)

    def moves(self, number: str) -> list[str]:
        view = reading.show(number, actor=self._asking.actor, office=self.office)
        return [one.move for one in view.moves]

    def goes_on(self, filed: Filed, wanted: Document) -> list[str]:
        """Two other workers bring it to its end: what is wrong."""
        self.let_time_pass()
        ended = self.raced(Fault(), Fault())
        found = [f"another worker fails: {ran}" for ran in ended if ran.code]
        return found + self.delivered(filed, wanted)

    def delivered(self, filed: Filed, wanted: Document) -> list[str]:
        """Whether each was delivered once, to what an undisturbed apply makes, and nothing is left to do."""
        self.let_time_pass()
        found = [f"a further worker has done {effect}" for effect in self.work().effects]
        for number, life in filed.items():
            made = self.moves(number)
            wrong = [] if made == DELIVERED else [f"its moves are {made}"]
            wrong += differences(wanted, life.digest()) + life.verified() + strays(life.identifier)
            found += [f"{number} {life.identifier}: {one}" for one in wrong]
        return found


_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def stand_still(workers: Sequence[Started]) -> None:
    """Wait until each stands still, or has ended."""
    until = time.monotonic() + 90
    for one in workers:
        while one.process.poll() is None and _state(one.process.pid) != "T":
            assert time.monotonic() < until, f"worker {one.process.pid} works on"
            time.sleep(0.05)


def _state(pid: int) -> str:
    """As /proc gives it: T stands for stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
