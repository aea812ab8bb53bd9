"""A centre of a test's own, whose servers may be stopped and killed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.centre import open_office, quiet, temporary_home
from tests.support.killing import Command
from tests.support.tenants import Tenants
from yunzu.embedded import bootstrap
from yunzu.embedded.home import Home
from yunzu.embedded.status import status
from yunzu.embedded.supervision import Supervisor
from yunzu.services.preparing import prepare
from yunzu.settings import Settings
from yunzu_stacks.centre import assembled

RESTARTED_WITHIN = 15  # seconds; 5 are promised of a machine that does nothing else


@dataclass(frozen=True)
class Own:
    """One centre, its tenants and its command."""

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


@contextmanager
def own_centre(directory: Path) -> Iterator[Own]:
    """Started, with manifests in `directory`; it ends with the block, with all it holds."""
    with temporary_home() as home:
        settings = Settings(home=home)
        connections = bootstrap.up(settings, progress=quiet)
        prepare(connections, bootstrap.administrator(settings))
        open_office(settings)
        with assembled(connections) as centre:
            supervisor = Supervisor(Home(home), connections.centre)
            yield Own(settings, supervisor, Tenants(directory, centre), Command(home, directory))
