"""What one CLI process is started with: its home, its project, its environment and its login.

The CLI prints the backend's URL in messages, so the URL holds no password. The login goes in a
`PGPASSFILE` that is on no disk and readable by us alone. The environment is built from nothing: no
secret or setting of the caller leaks in.

Pulumi encrypts secrets in the state with a key it derives anew in each process, one million rounds of
PBKDF2 (0.35 s). We keep no secret in the state, so stacks name a secrets provider that costs nothing
and cannot encrypt: its service has an address that is none. A secret that finds its way into a program
fails the run instead of entering the state.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from yunzu.model.connections import Connections, Postgres
from yunzu.records.database import CONNECT_TIMEOUT_S, sslmode
from yunzu.records.engine_login import engine_login

PROJECT = "yunzu"
# Not a URL (a bare %): the service's client fails before it opens a connection.
REFUSED_MARK = "a-secret-must-not-enter-the-state"
NO_SECRETS = f"none://%-{REFUSED_MARK}"

_PREVIEW = "preview-"
_ABANDONED_S = 3600.0

_SWITCHES = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_DEBUG_COMMANDS": "true",  # `--event-log` is one
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    "PULUMI_CREDENTIAL_STORE": "plaintext",
    "PULUMI_CONFIG_PASSPHRASE": "",
    "PULUMI_SUPPRESS_NEO_LINK": "true",
}
_ENGINE_ALONE = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "NO_COLOR": "1",
    "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
}


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the CLI finds the state: its URL, and how to log in to it."""

    url: str
    login: dict[str, str]  # environment variables; no password
    descriptors: tuple[int, ...]  # files the CLI inherits


class Workspace:
    """The CLI's directories under the centre's home; all processes of the centre share them."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.home = connections.home / "pulumi"
        self.project = self.home / "project"

    def prepare(self) -> None:
        """Make what is missing."""
        self.project.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home.chmod(0o700)
        # The CLI logs every run, with all properties, into a directory of this name; there is no switch.
        if (self.home / "logs").is_dir():
            shutil.rmtree(self.home / "logs")
        _write(self.home / "logs", "")
        account = {"accessToken": "none"}  # the CLI wants one; there is no service to show it to
        _write(self.project / "Pulumi.yaml", f"name: {PROJECT}\nruntime: python\n")
        _write(
            self.home / "credentials.json",
            json.dumps({"accessTokens": {NO_SECRETS: "none"}, "accounts": {NO_SECRETS: account}}),
        )

    def environment(self, backend: Backend, providers: str) -> dict[str, str]:
        """All of the CLI's environment; `providers` as `PULUMI_DEBUG_PROVIDERS` has it."""
        own = {"HOME": str(self.home), "PULUMI_DEBUG_PROVIDERS": providers}
        return {**_ENGINE_ALONE, **own, **self.plain_environment(backend)}

    def plain_environment(self, backend: Backend) -> dict[str, str]:
        """What a CLI that somebody else starts needs on top of its environment."""
        where = {"PULUMI_HOME": str(self.home), "PULUMI_BACKEND_URL": backend.url}
        return {**_SWITCHES, **where, **backend.login}

    @contextmanager
    def shared_state(self, token: int | None) -> Iterator[Backend]:
        """The state in the records, for the writer with that token; with None it can only be read."""
        records = self._connections.records
        login = engine_login(
            records, centre=self._connections.centre, identity_key=self._connections.identity_key
        )
        with _passfile(login) as passfile:
            extra = {
                "PGUSER": login.user,
                "PGDATABASE": login.database,  # in the URL it would be taken for a directory, too
                "PGPASSFILE": f"/proc/self/fd/{passfile}",
                "PGSSLMODE": sslmode(login),
                "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S),
            }
            if login.ca is not None:
                extra["PGSSLROOTCERT"] = str(login.ca)
            fence = "" if token is None else f"?yunzu.fence={token}"
            url = f"postgres://{login.address}{fence}"
            yield Backend(url, extra, (passfile,))

    @contextmanager
    def copied_state(self, stack: str, checkpoint: bytes) -> Iterator[Backend]:
        """A copy of one stack's state in a directory: a preview of it needs no lock and changes nothing."""
        _remove_abandoned(self.home)
        with tempfile.TemporaryDirectory(prefix=_PREVIEW, dir=self.home) as directory:
            stacks = Path(directory) / ".pulumi" / "stacks" / PROJECT
            stacks.mkdir(parents=True)
            (stacks / f"{stack}.json").write_bytes(checkpoint)
            (stacks.parent.parent / "meta.yaml").write_text("version: 1\n", "utf-8")
            yield Backend(f"file://{directory}", {}, ())


def _remove_abandoned(home: Path) -> None:
    """Copies that killed previews left; none that lives is that old."""
    for directory in home.glob(f"{_PREVIEW}*"):
        with suppress(FileNotFoundError):  # another one removes it at the same time
            if time.time() - directory.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(directory)


@contextmanager
def _passfile(login: Postgres) -> Iterator[int]:
    """A password file in memory, by descriptor: it ends with its last process, even after `kill -9`."""
    fields = [login.host, str(login.port), login.database, login.user, login.password.get_secret_value()]
    line = ":".join(field.replace("\\", "\\\\").replace(":", "\\:") for field in fields)
    descriptor = os.memfd_create("pulumi-login")
    try:
        os.fchmod(descriptor, 0o600)  # the driver ignores a file that others may read
        os.write(descriptor, f"{line}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """Write whole or not at all: another process may be reading."""
    if path.exists() and path.read_text("utf-8") == text:
        return
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
