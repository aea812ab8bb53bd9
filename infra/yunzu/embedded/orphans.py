"""Processes of this home that no supervisor keeps: left by a kill -9, ended before anything starts."""

import signal

from yunzu.embedded import processes
from yunzu.embedded.home import Home
from yunzu.embedded.processes import Process
from yunzu.embedded.programs import MARK

_GRACE = 6.0  # seconds; PostgreSQL's fast shutdown writes a checkpoint


def orphans(home: Home, supervisor: Process | None) -> list[Process]:
    """This home's processes outside the supervisor's family.

    They are known by a mark in the environment that every one of them was started with, which no
    other home's process and no shell of the operator carries.
    """
    found = processes.marked(MARK, str(home.root))
    if supervisor is None:
        return found
    return [
        process
        for process in found
        if process != supervisor and supervisor.pid not in processes.ancestors(process.pid)
    ]


def end(home: Home, supervisor: Process | None) -> int:
    """End them: SIGINT first, which every server takes as a clean stop. Their number; raises YunzuError."""
    left = orphans(home, supervisor)
    if left:
        processes.end(left, grace=_GRACE, signals=(signal.SIGINT, signal.SIGKILL))
    return len(left)
