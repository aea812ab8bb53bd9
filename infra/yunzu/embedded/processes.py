"""Processes of this machine: run one to its end, read what /proc says, end one for certain."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yunzu.errors import YunzuError

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
CLEAN_ENVIRONMENT = {name: os.environ[name] for name in _KEPT if name in os.environ}
"""For children: settings in our environment may hold passwords, which no server needs."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told from a later one with the same pid by its start time (clock ticks since boot)."""

    pid: int
    started: int


def run(what: str, command: Sequence[str], *, environment: Mapping[str, str], timeout: float) -> None:
    """Run to the end, for `timeout` seconds at most. Raises YunzuError with the last line it said."""
    variables = {**CLEAN_ENVIRONMENT, **environment}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, env=variables, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise YunzuError(what, f"did not run ({error})") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise YunzuError(what, f"ended with {done.returncode}: {said[-1] if said else 'no word'}")


def found(pid: int) -> Process | None:
    """The running process of that pid.

    A zombie is gone, unless other threads of it are still ending: they hold its ports and files.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, threads, started = fields[0], int(fields[17]), int(fields[19])
    return None if state == "X" or (state == "Z" and threads <= 1) else Process(pid, started)


def marked(mark: str, value: str) -> list[Process]:
    """This user's processes that were started with `mark=value` in their environment.

    Root's are every user's: PostgreSQL may be a system user's. Some containers keep such a one's
    environment even from root; then a path below `value` among its arguments tells.
    """
    wanted, own = f"{mark}={value}".encode(), os.geteuid()
    matches = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if own in (0, entry.stat().st_uid) and _is_marked(entry, wanted):
                process = found(int(entry.name))
                if process and process.pid != os.getpid():
                    matches.append(process)
        except OSError:
            continue  # ended meanwhile, or not ours to read
    return matches


def _is_marked(entry: Path, wanted: bytes) -> bool:
    try:
        return wanted in (entry / "environ").read_bytes().split(b"\0")
    except PermissionError:
        below = wanted.partition(b"=")[2] + b"/"
        return any(word.startswith(below) for word in (entry / "cmdline").read_bytes().split(b"\0"))


def ancestors(pid: int) -> set[int]:
    """Pids of the process's parent, its parent, and so on."""
    seen: set[int] = set()
    while pid > 1:
        try:
            pid = int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            break
        seen.add(pid)
    return seen


def end(processes: Iterable[Process], *, grace: float, signals: Sequence[signal.Signals]) -> None:
    """End them: each signal in turn, `grace` seconds apart, until none is left. Raises YunzuError."""
    left = list(processes)
    for number in signals:
        for process in left:
            _send(process, number)
        deadline = time.monotonic() + grace
        while left and time.monotonic() < deadline:
            left = [process for process in left if found(process.pid) == process]
            if left:
                time.sleep(0.02)
        if not left:
            return
    raise YunzuError(
        "processes " + ", ".join(str(process.pid) for process in left), "cannot be ended", "end them by hand"
    )


def _send(process: Process, number: signal.Signals) -> None:
    """Through a pidfd, so that the signal never hits a later process with the same pid."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process.pid)
        try:
            if found(process.pid) == process:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def memory(pid: int) -> int:
    """Bytes of memory of a process and its children: all of its own, what is private of theirs."""
    total = _status(pid, "VmRSS")
    pending = _children(pid)
    while pending:
        child = pending.pop()
        total += _status(child, "RssAnon")
        pending.extend(_children(child))
    return total


def uptime(pid: int) -> float | None:
    """Seconds since the process started."""
    process = found(pid)
    return None if process is None else time.clock_gettime(time.CLOCK_BOOTTIME) - process.started / _TICKS


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in (_PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _status(pid: int, key: str) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:")), 0)
