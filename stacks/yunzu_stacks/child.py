"""The Pulumi CLI as a child that never outlives us."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yunzu.errors import InterruptError, UnreachableError
from yunzu.records.children import Child, machine, started

# For systems without util-linux: ask the kernel for the signal, look whether the parent has gone
# meanwhile, become the command.
_LAUNCHER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit(137)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code (negative: the signal that ended it) and what it wrote."""

    code: int
    output: str
    interrupted: bool = False


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    descriptors: Sequence[int] = (),
    on_start: Callable[[Child], None] | None = None,
) -> Ended:
    """Run to its end; both outputs together. The child dies with us, even with `kill -9`.

    Ctrl-C is passed on once, so that the CLI ends its running steps and saves the state; a second one
    ends it at once. It has its own process group: the terminal's Ctrl-C would reach it a second time.
    Raises UnreachableError when the CLI is not there.
    """
    try:
        process = subprocess.Popen(
            _bound_to_us(command),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            pass_fds=descriptors,
        )
    except OSError as error:
        raise UnreachableError("the Pulumi CLI", f"cannot be started ({error.strerror})") from error
    try:
        if on_start is not None:
            on_start(_identity(process))
        return _await(process)
    finally:
        # Whatever failed meanwhile, nobody is left to answer the CLI: it must not go on.
        if process.poll() is None:
            process.kill()
            process.wait()


def _bound_to_us(command: Sequence[str]) -> list[str]:
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if setpriv is not None:
        return [setpriv, "--pdeathsig", "KILL", "--", *command]
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command]


def _identity(process: subprocess.Popen[bytes]) -> Child:
    # Neither launcher forks: pid and start are the CLI's. One that has ended already is nobody's.
    return Child(machine(), process.pid, started(process.pid) or 0)


def _await(process: subprocess.Popen[bytes]) -> Ended:
    output: list[bytes] = []
    assert process.stdout is not None  # noqa: S101 - asked for with PIPE
    reader = threading.Thread(
        target=lambda pipe: output.append(pipe.read()), args=[process.stdout], daemon=True
    )
    reader.start()
    interrupted = False
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            process.send_signal(signal.SIGKILL if interrupted else signal.SIGINT)
            interrupted = True
    reader.join()
    process.stdout.close()
    return Ended(code, b"".join(output).decode("utf-8", "replace"), interrupted)


def raise_if_interrupted(ended: Ended, subject: str) -> None:
    """Raises InterruptError when the user stopped the run."""
    if ended.interrupted:
        raise InterruptError(subject, "stopped", "the state is consistent; run the command again to go on")
