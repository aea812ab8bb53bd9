"""A server that is down when a run begins, or dies in the middle of one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.support.centre import quiet, temporary_home
from tests.support.digest import Document
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.lives import Life
from tests.support.tenants import Tenants
from yunzu.embedded import bootstrap
from yunzu.embedded.home import Home
from yunzu.embedded.status import status
from yunzu.embedded.supervision import Supervisor
from yunzu.services.preparing import prepare
from yunzu.settings import Settings
from yunzu_stacks.centre import assembled

RESTARTED_WITHIN = 15  # seconds; 5 are promised of a machine that does nothing else

SERVERS = {
    "apiserver": "kubernetes POST rolebindings",
    "tenants-1": "postgres CREATE DATABASE",
    "records": "intend Database",
    "s3": "s3 PUT bucket",
}
"""Each server, and a side effect after which it is killed."""


@dataclass(frozen=True)
class Own:
    """A centre of this module's own, whose servers may be stopped."""

    settings: Settings
    supervisor: Supervisor
    tenants: Tenants
    command: Command

    @contextmanager
    def without(self, server: str) -> Iterator[None]:
        """Stopped meanwhile."""
        self.supervisor._call("stopProcess", server, True)
        try:
            yield
        finally:
            self.supervisor.start_server(server)
            self.wait_until_whole()

    def pid(self, server: str) -> int:
        return int(self.supervisor.states()[server]["pid"])

    def wait_until_whole(self) -> None:
        until = time.monotonic() + RESTARTED_WITHIN
        while not (seen := status(self.settings)).ok:
            assert time.monotonic() < until, [(server.name, server.detail) for server in seen.servers]
            time.sleep(0.1)

    def address(self, server: str) -> str:
        """host:port of a server, as sentences name it."""
        addresses = {one.name: one.address for one in status(self.settings).servers}
        return addresses[server].removeprefix("https://")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with temporary_home() as home:
        settings = Settings(home=home)
        connections = bootstrap.up(settings, progress=quiet)
        prepare(connections, bootstrap.administrator(settings))
        directory = tmp_path_factory.mktemp("own")
        with assembled(connections) as centre:
            supervisor = Supervisor(Home(home), connections.centre)
            yield Own(settings, supervisor, Tenants(directory, centre), Command(home, directory))


@pytest.fixture(scope="module")
def applied(own: Own) -> Document:
    """The digest of an environment applied without faults."""
    life = Life(own.tenants, own.command)
    ran = own.command.apply(life.identifier)
    assert ran.code == 0, ran
    return life.digest()


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_is_down_is_named_and_nothing_is_changed(server: str, own: Own) -> None:
    life = Life(own.tenants, own.command)
    with own.without(server):
        address = own.address(server)
        ran = own.command.apply(life.identifier)
    assert ran.code == 5, ran
    assert ran.effects == ()
    assert ran.errors.count("\n") == 1
    assert address in ran.errors
    assert "not answer" in ran.errors or "refused" in ran.errors


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_is_killed_in_the_middle(server: str, own: Own, applied: Document) -> None:
    life = Life(own.tenants, own.command)
    ran = own.command.apply(life.identifier, Fault("end", kind=SERVERS[server], pids=(own.pid(server),)))
    assert ran.code in (0, 1, 5), ran
    assert "Traceback" not in ran.errors
    own.wait_until_whole()
    assert life.converges(applied) == []
