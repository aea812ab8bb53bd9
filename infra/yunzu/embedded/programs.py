"""What the supervisor must know about a server, and what a server may know about the centre."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yunzu.embedded.home import Home
from yunzu.embedded.pki import Pki
from yunzu.embedded.unprivileged import Runner
from yunzu.errors import UnreachableError
from yunzu.model.connections import host_and_port

MARK = "YUNZU_SERVER_OF"  # environment of every server process: recognises orphans of this home

Progress = Callable[[str, str, str], None]
"""Called with a step, its state (`start`, `done`, `failed`, `note`) and a detail."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A server's executable and the version it says it has."""

    path: Path
    version: str
    origin: str = "path"


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """Directory of PostgreSQL's programs, and how they are run; `tls` is false for the wheel's server."""

    bindir: Path
    version: str
    tls: bool = True
    runner: Runner = field(default_factory=Runner)

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


@dataclass(frozen=True, slots=True)
class Site:
    """One centre on this machine: the input from which every server's program is derived."""

    home: Home
    centre: str
    address: str
    ports: Mapping[str, int]
    binaries: Mapping[str, Binary]
    postgres: PostgresBinaries | None = None

    @property
    def postgresql(self) -> PostgresBinaries:
        """Raises UnreachableError when no PostgreSQL was found for this centre."""
        if self.postgres is None:
            raise UnreachableError("PostgreSQL", "was not looked for in this home yet", "run yunzu up")
        return self.postgres

    @property
    def pki(self) -> Pki:
        return Pki(self.home.pki)

    def url(self, name: str) -> str:
        return f"https://{host_and_port(self.address, self.ports[name])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProgram:
    """One supervised server. `probe` makes a real request and raises UnreachableError."""

    name: str
    command: tuple[str, ...]
    version: str
    address: str
    probe: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)  # configuration, no secrets; written before start
    inputs: tuple[Path, ...] = ()  # further files that are read at start: a change restarts the server
    certificate: Path | None = None  # what it shows to clients
    after: tuple[str, ...] = ()  # servers whose probes must pass before this one starts
    prepare: Callable[[], object] | None = None  # called before each start
    settle: Callable[[], object] | None = None  # called once its probe passes; idempotent
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    tls: bool = True
    simulated: bool = False

    def generation(self) -> str:
        """Changes exactly when a running server has to be restarted."""
        digest = hashlib.sha256(repr((self.command, sorted(self.environment.items()))).encode())
        for path, content in sorted(self.files.items()):
            digest.update(f"\0{path}\0{content}".encode())
        for path in self.inputs:
            digest.update(f"\0{path}\0".encode() + (path.read_bytes() if path.exists() else b""))
        return digest.hexdigest()[:16]
