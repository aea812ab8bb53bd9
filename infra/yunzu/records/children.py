"""A process named so that another run can tell whether it is still the same one: machine, pid, start."""

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

_POLL_S = 0.02


def machine() -> str:
    """This machine as pids see it: host name, boot and pid namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    namespace = Path("/proc/self/ns/pid").readlink()
    return f"{socket.gethostname()} {boot} {namespace}"


def started(pid: int) -> int | None:
    """When the process started, in clock ticks after boot; None when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name before may hold blanks and brackets
    return None if fields[0] in "ZX" else int(fields[19])


def started_at(pid: int) -> float | None:
    """When the process started, in seconds since the epoch; None when it is gone."""
    ticks = started(pid)
    if ticks is None:
        return None
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Child:
    """A process on some machine."""

    machine: str
    pid: int
    started: int  # clock ticks after boot

    def alive(self) -> bool:
        """Whether it runs here, now. False for another machine's: pids there mean nothing here."""
        return self.machine == machine() and started(self.pid) == self.started

    def end(self, wait_s: float = 10.0) -> bool:
        """Kill it, if it is still the same process, and wait until it is gone; False when it is not."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive():  # asked after the handle is held: it cannot become another's pid now
                return True
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            return self.gone(wait_s)
        except ProcessLookupError:
            return True
        finally:
            os.close(handle)

    def gone(self, wait_s: float) -> bool:
        """Wait until it has ended; False when it still runs after `wait_s` seconds."""
        deadline = time.monotonic() + wait_s
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True
