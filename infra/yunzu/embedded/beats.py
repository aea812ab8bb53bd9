"""How a process that listens nowhere shows that it works: it touches a file of its own each second."""

import os
import time
from pathlib import Path

from yunzu.embedded import processes
from yunzu.embedded.home import Home
from yunzu.embedded.processes import Process
from yunzu.errors import UnreachableError

EVERY_S = 1.0
_OLDEST_S = 15.0  # a machine under load may let a process wait that long


def beat(home: Home, name: str) -> None:
    """This process works."""
    me = processes.found(os.getpid())
    assert me is not None  # noqa: S101 - it is this one
    file = _file(home, name)
    text = f"{me.pid} {me.started}"
    if file.exists() and file.read_text() == text:
        os.utime(file)
        return
    file.write_text(text)


def check(home: Home, name: str) -> None:
    """Raises UnreachableError when the process is gone, or has not shown itself lately."""
    try:
        file = _file(home, name)
        age = time.time() - file.stat().st_mtime
        pid, started = (int(word) for word in file.read_text().split())
    except (OSError, ValueError):
        raise UnreachableError(name, "has not begun") from None
    if processes.found(pid) != Process(pid, started):
        raise UnreachableError(name, "is not running")
    if age > _OLDEST_S:
        raise UnreachableError(name, f"has not shown itself for {age:.0f} s")


def _file(home: Home, name: str) -> Path:
    return home.run / f"{name}.beat"
