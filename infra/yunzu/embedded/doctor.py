"""What of this machine would stop `yunzu up`, or make it worse than it need be, and what to do.

Every check only looks: nothing is installed or started.
"""

import os
import platform
import resource
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from yunzu.embedded import inventory, plan, ports, tool_cache, toolchain
from yunzu.embedded.home import Home
from yunzu.embedded.postgres_installation import find_postgres
from yunzu.embedded.supervision import Supervisor
from yunzu.embedded.tool_catalogue import Catalogue, shipped
from yunzu.embedded.unprivileged import find_runner
from yunzu.errors import UnreachableError, YunzuError
from yunzu.settings import Settings

_GIB = 1024**3
_PYTHON = (3, 11)
_HOME_BYTES = 2 * _GIB  # an empty centre takes 0.2 GiB; etcd, WAL and logs of a small one some more
_BUILD_BYTES = 14 * _GIB  # Go's modules 4.2, its build cache 7.1, the binaries 0.7 (seen)
_MEMORY_BYTES = 2 * _GIB  # an idle centre takes 1.2
_OPEN_FILES = 4096  # etcd and the apiserver warn below this; the supervisor stops below 1024
_OPEN_FILES_LEAST = 1024
_INOTIFY_INSTANCES = 64  # each Kubernetes server watches its certificates with two or three
_SERVERS = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the machine. `fail`: `yunzu up` would not get through; `advice` says what to do."""

    name: str
    level: Literal["ok", "warn", "fail"]
    fact: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def examine(settings: Settings, *, catalogue: Catalogue | None = None) -> list[Check]:
    """All checks, in the order in which they are best put right."""
    try:
        catalogue = catalogue or shipped()
        found = inventory.inventory(settings, catalogue=catalogue)
        items = [item for item in found if item.needed and item.name != "postgres"]
        missing = [item.name for item in items if item.origin == "missing"]
        of_tools = [
            _go(catalogue.go_version(), missing),
            _tools(len(items), missing),
        ]
    except YunzuError as error:
        missing = []
        of_tools = [Check("server binaries", "fail", f"{error.subject} {error.fact}", error.advice)]
    checks: list[Callable[[], Check]] = [
        lambda: _postgres(settings),
        lambda: _user_namespaces(settings),
        lambda: _listening(settings),
        lambda: _disk("disk for the centre", settings.home, _HOME_BYTES),
        lambda: _disk("disk for binaries", tool_cache.directory(), _BUILD_BYTES if missing else 0),
        _memory,
        _open_files,
        _inotify,
    ]
    return [_python(), *of_tools, *(check() for check in checks)]


def _python() -> Check:
    level: Literal["ok", "fail"] = "ok" if sys.version_info[:2] >= _PYTHON else "fail"
    return Check(
        "Python", level, platform.python_version(), "" if level == "ok" else "install Python 3.11 or newer"
    )


def _go(needed: str, missing: list[str]) -> Check:
    go = toolchain.installed()
    if go is not None and toolchain.new_enough(go, needed):
        return Check("Go", "ok", f"{go.version} at {go.path}")
    fact = "not on PATH" if go is None else f"{go.version} at {go.path} is too old"
    if missing:
        return Check("Go", "fail", fact, f"install Go {needed} or newer, to build {', '.join(missing)}")
    return Check(
        "Go", "warn", f"{fact}; not needed now", f"install Go {needed} or newer before the next update"
    )


def _tools(needed: int, missing: list[str]) -> Check:
    if not missing:
        return Check("server binaries", "ok", "all are there")
    fact = f"{len(missing)} of {needed} missing: {', '.join(missing)}"
    # Not a failure: what is missing is built, unless Go is missing too, which `_go` says.
    return Check("server binaries", "warn", fact, "run `yunzu tools build` (about 15 minutes on two cores)")


def _postgres(settings: Settings) -> Check:
    if settings.database_url is not None and settings.records_url is not None:
        return Check("PostgreSQL", "ok", "both servers are given by settings")
    try:
        found = find_postgres(settings)
    except UnreachableError as error:
        return Check("PostgreSQL", "fail", error.fact, error.advice)
    fact = f"{found.version} ({found.origin}) at {found.bindir}"
    if not found.tls:
        return Check(
            "PostgreSQL", "warn", f"{fact} has no TLS", "install the system's postgresql 15 or newer"
        )
    return Check("PostgreSQL", "ok", fact)


def _user_namespaces(settings: Settings) -> Check:
    """PostgreSQL refuses to run as root: which way it is run instead."""
    if not plan.databases(settings):
        return Check("user namespaces", "ok", "not needed: both PostgreSQL servers are given by settings")
    try:
        return Check("user namespaces", "ok", find_runner().fact)
    except YunzuError as error:
        return Check("user namespaces", "fail", error.fact, error.advice)


def _listening(settings: Settings) -> Check:
    """A foreign address, a range of ports that is taken, or a kept one that is, stops `up`."""
    address = settings.service_address
    try:
        kept = _kept_ports(settings)
        ports.choose(address, [f"probe-{number}" for number in range(_SERVERS)], {})
    except (YunzuError, OSError) as error:
        advice = "set YUNZU_SERVICE_ADDRESS to an address of this machine"
        return Check("ports", "fail", str(error), getattr(error, "advice", "") or advice)
    if kept is None:
        return Check("ports", "ok", "this home's servers listen on theirs")
    if taken := ports.busy(address, kept):
        names = ", ".join(f"{port} ({name})" for name, port in sorted(taken.items()))
        advice = (
            f"end the program there (ss -ltnp 'sport = :{min(taken.values())}'): a centre keeps its ports"
        )
        return Check("ports", "fail", f"used by another program: {names}", advice)
    return Check("ports", "ok", f"{'its own and ' if kept else ''}free ones on {address}")


def _kept_ports(settings: Settings) -> dict[str, int] | None:
    """Those that a stopped centre has to find free; none before the first `up`, None while it runs."""
    home = Home(settings.home)
    decided = home.read_centre()
    if decided is None:
        return {}
    if Supervisor(home, decided.centre).process() is not None:
        return None
    return {name: decided.ports[name] for name in plan.ports(settings) if name in decided.ports}


def _disk(name: str, directory: Path, wanted: int) -> Check:
    """A quarter of what is wanted may just do; less will not."""
    place = directory.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Check(name, "fail", f"{place}: {error.strerror}", "choose another directory")
    if not place.is_dir() or not os.access(place, os.W_OK):
        fact = f"{place} is not a directory that can be written"
        return Check(name, "fail", fact, "choose another directory, or its owner's account")
    fact = f"{free / _GIB:.1f} GiB free at {place}"
    if free >= wanted:
        return Check(name, "ok", fact)
    advice = f"free {(wanted - free) / _GIB:.1f} GiB there, or choose another directory"
    return Check(name, "warn" if free >= wanted / 4 else "fail", fact, advice)


def _memory() -> Check:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return Check("memory", "warn", "cannot be read from /proc/meminfo", "run yunzu on Linux")
    fact = f"{available / _GIB:.1f} GiB available"
    if available >= _MEMORY_BYTES:
        return Check("memory", "ok", fact)
    return Check("memory", "warn", fact, "a centre with departments on it wants 2 GiB: end other programs")


def _open_files() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = float("inf") if hard == resource.RLIM_INFINITY else hard
    fact = f"limit {soft}, can be raised to {'any' if limit == float('inf') else hard}"
    if limit >= _OPEN_FILES:
        return Check("open files", "ok", fact)
    level: Literal["warn", "fail"] = "warn" if limit >= _OPEN_FILES_LEAST else "fail"
    return Check(
        "open files", level, fact, f"raise the hard limit to {_OPEN_FILES} (limits.conf, LimitNOFILE=)"
    )


def _inotify() -> Check:
    path = Path("/proc/sys/fs/inotify/max_user_instances")
    try:
        instances = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return Check("inotify", "warn", f"{path} cannot be read", "mount /proc, or run yunzu on Linux")
    if instances >= _INOTIFY_INSTANCES:
        return Check("inotify", "ok", f"{instances} instances for each user")
    return Check(
        "inotify", "warn", f"{instances} instances for each user", "sysctl fs.inotify.max_user_instances=256"
    )
