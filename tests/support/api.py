"""The API of an office, in a thread of the test: real TLS, a real port."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from tests.support.engine import wait_while
from yunzu.clients.api import Api, Proof, bearer, operator
from yunzu.embedded.pki import Leaf, Pki
from yunzu.records import tokens
from yunzu.services.requests.office import Office
from yunzu_portal.application import application
from yunzu_portal.identity import Attempts, Portal
from yunzu_portal.serving import Door, server

KEY = SecretStr("the-key-in-the-home")
_PATIENCE_S = 20.0

As = Callable[..., Api]
"""Opens a client of an officer, by role, or of somebody of a department, by role and department."""


@dataclass(frozen=True)
class Served:
    """An API that runs."""

    url: str
    ca: Path
    office: Office

    def api(self, proof: Proof | None = None) -> Api:
        """A client of it; whoever takes it closes it. Omitted: as an operator of the machine."""
        return Api(self.url, ca=self.ca, proof=proof or operator("tester", KEY))

    def bearer(self, text: str) -> Api:
        return self.api(bearer(text))

    def token(self, account: str, scope: str = "all", *, confirmed: bool = False) -> str:
        """Text of a token that no test outlives; `confirmed`: with a second factor as long."""
        with self.office.records.transaction() as connection:
            now, end = self.office.now(), datetime(2100, 1, 1, tzinfo=UTC)
            made = tokens.issue(
                connection,
                account,
                label="",
                scope=scope,
                now=now,
                expires_at=end,
                confirmed_until=end if confirmed else None,
            )
            return made[1]


@contextmanager
def serving(office: Office, directory: Path, *, port: int = 0, most: int = 60) -> Iterator[Served]:
    """Serve an office until the block ends. `most`: failed tokens that an address may try in a minute."""
    pki = Pki(directory)
    pki.ensure(Leaf("api", "services", "yunzu api", hosts=("127.0.0.1",), purpose="server"))
    pair = pki.pair("api")
    app = application(Portal(office, KEY, Attempts(most)))
    running = server(app, Door("127.0.0.1", port, pair.certificate, pair.key))
    thread = threading.Thread(target=running.run, name="api")
    thread.start()
    try:
        end = time.monotonic() + _PATIENCE_S
        while not running.started:
            assert thread.is_alive()
            assert time.monotonic() < end
            time.sleep(0.01)
        chosen = running.servers[0].sockets[0].getsockname()[1]
        yield Served(f"https://127.0.0.1:{chosen}", pki.authority("services").certificate, office)
        wait_while(lambda: bool(running.server_state.connections), 10)  # clients have closed theirs
    finally:
        running.should_exit = True
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()
