"""What runs, proven by a real request to each server, and what does not."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from yunzu.embedded import bootstrap, expiry, outside, own, pki, plan, processes
from yunzu.embedded.expiry import Expiry
from yunzu.embedded.programs import ServerProgram
from yunzu.embedded.supervision import Supervisor
from yunzu.errors import UnreachableError, YunzuError
from yunzu.settings import Settings

PLATFORM = "cloud-centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One server. `detail` says why it is not ok; times in seconds, memory in bytes."""

    name: str
    ok: bool
    origin: str  # "embedded" | "external"
    simulated: bool
    tls: bool
    version: str
    address: str
    pid: int | None = None
    rss_bytes: int | None = None
    uptime_s: float | None = None
    certificate_expires: str | None = None
    detail: str = ""
    seconds: float = 0.0  # the probe's


@dataclass(frozen=True, slots=True)
class Status:
    """One centre as a whole."""

    centre: str
    home: Path
    servers: tuple[ServerStatus, ...]
    certificates: tuple[Expiry, ...] = ()  # of servers, clients and authorities; the earliest end first

    @property
    def ok(self) -> bool:
        return all(server.ok for server in self.servers)

    def as_json(self) -> dict[str, Any]:
        probes = [
            {"name": server.name, "ok": server.ok, "seconds": server.seconds, "detail": server.detail}
            for server in self.servers
        ]
        return {
            "ok": self.ok,
            "centre": self.centre,
            "home": str(self.home),
            "servers": [asdict(server) for server in self.servers],
            "certificates": expiry.as_json(self.certificates),
            "platforms": [{"name": PLATFORM, "ok": self.ok, "probes": probes}],
        }


def status(settings: Settings) -> Status:
    """Ask every server of the centre. Raises UnreachableError before the first `up`."""
    site = bootstrap.recalled(settings)
    try:
        running = Supervisor(site.home, site.centre).states()
    except UnreachableError:
        running = {}
    programs = [*plan.programs(settings, site), *own.programs(settings, site)]
    asked: list[Callable[[], ServerStatus]] = [
        _embedded(program, running.get(program.name, {})) for program in programs
    ]
    outsiders = outside.servers(bootstrap.connections_of(settings, site))
    asked += [_external(server) for server in outsiders]
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        servers = tuple(pool.map(lambda ask: ask(), asked))
    certificates = expiry.expiries(site.pki, plan.leaves(settings, site))
    return Status(site.centre, site.home.root, servers, certificates)


def _embedded(program: ServerProgram, info: Mapping[str, Any]) -> Callable[[], ServerStatus]:
    def ask() -> ServerStatus:
        detail, seconds = _probed(program.probe)
        pid = int(info.get("pid", 0)) or None
        return ServerStatus(
            name=program.name,
            ok=not detail,
            origin="embedded",
            simulated=program.simulated,
            tls=program.tls,
            version=program.version,
            address=program.address,
            pid=pid,
            rss_bytes=processes.memory(pid) if pid else None,
            uptime_s=_rounded(processes.uptime(pid)) if pid else None,
            certificate_expires=_expiry(program.certificate),
            detail=detail,
            seconds=seconds,
        )

    return ask


def _external(server: outside.Outside) -> Callable[[], ServerStatus]:
    def ask() -> ServerStatus:
        found = [""]

        def probe() -> None:
            found[0] = server.version()

        detail, seconds = _probed(probe)
        return ServerStatus(
            name=server.name,
            ok=not detail,
            origin="external",
            simulated=False,
            tls=server.tls,
            version=found[0],
            address=server.address,
            detail=detail,
            seconds=seconds,
        )

    return ask


def _probed(probe: Callable[[], None]) -> tuple[str, float]:
    """What is wrong (nothing: empty), and how long asking took."""
    began = time.monotonic()
    try:
        probe()
    except YunzuError as error:
        return error.fact, round(time.monotonic() - began, 3)
    return "", round(time.monotonic() - began, 3)


def _expiry(certificate: Path | None) -> str | None:
    if certificate is None or not certificate.exists():
        return None
    return pki.expires(certificate).isoformat()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
