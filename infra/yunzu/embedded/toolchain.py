"""Go, as the builder of the server binaries: found, judged, and run with its progress made visible."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from yunzu.errors import UnreachableError, YunzuError

Report = Callable[[int, int, str], None]
"""Called with packages done, packages in all (0: not known yet) and what is being done."""

_FAILURE_LINES = 12


@dataclass(frozen=True, slots=True)
class Go:
    """An installed Go: `version` without `go`, platform as Go names it."""

    path: Path
    version: str
    platform: str

    def __str__(self) -> str:
        return f"go{self.version} {self.platform}"


def installed() -> Go | None:
    """The Go on PATH, if there is one that answers."""
    found = shutil.which("go")
    return _asked(Path(found)) if found else None


def suitable(needed: str) -> Go:
    """The Go on PATH; UnreachableError if it is missing or older than `needed` (`1.26`)."""
    go = installed()
    if go is not None and new_enough(go, needed):
        return go
    raise UnreachableError(
        "Go",
        f"{go.path} is version {go.version}" if go else "is not on PATH",
        f"install Go {needed} or newer (https://go.dev/dl), or put ready-made binaries"
        " in a directory named by YUNZU_BIN_DIR",
    )


def new_enough(go: Go, needed: str) -> bool:
    """Whether that Go is at least `needed`; a release candidate counts as its release."""
    return _numbers(go.version)[:2] >= _numbers(needed)[:2]


def compile_tools(go: Go, module: Path, into: Path, *, flags: Sequence[str], report: Report) -> None:
    """Build every tool that `module`'s go.mod names into `into`.

    Raises YunzuError with the end of Go's output when it fails.
    """
    report(0, 0, "finding packages")
    packages = _dependencies(go, module, report)
    total = len(packages)
    done = 0
    report(0, total, "compiling")

    def line_seen(line: str) -> None:
        nonlocal done
        if line in packages:
            done += 1
            report(done, total, line)

    command = [str(go.path), "build", "-v", *flags, "-o", f"{into}{os.sep}", "tool"]
    _run(command, module, line_seen)
    # Go names only the packages it compiles: what its own cache had makes up the rest.
    report(total, total, "built")


def _dependencies(go: Go, module: Path, report: Report) -> frozenset[str]:
    downloaded = 0

    def line_seen(line: str) -> None:
        nonlocal downloaded
        if line.startswith("go: downloading "):
            downloaded += 1
            report(0, 0, f"downloading modules: {downloaded}, {line.split()[2]}")

    with tempfile.TemporaryFile("w+", encoding="utf-8") as listed:
        _run([str(go.path), "list", "-mod=readonly", "-deps", "tool"], module, line_seen, output=listed)
        listed.seek(0)
        return frozenset(listed.read().split())


def _run(
    command: Sequence[str], module: Path, line_seen: Callable[[str], None], output: IO[str] | None = None
) -> None:
    """Run Go in `module`, hand on each line it says, and end it with us if we are interrupted."""
    last: deque[str] = deque(maxlen=_FAILURE_LINES)
    # Killed as we may be, Go must not go on for minutes with nobody to take its work.
    dying_with_us = [setpriv, "--pdeathsig", "KILL", "--"] if (setpriv := shutil.which("setpriv")) else []
    with subprocess.Popen(
        [*dying_with_us, *command],
        cwd=module,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        process_group=0,
    ) as process:
        try:
            for line in process.stderr or ():
                said = line.rstrip()
                line_seen(said)
                if " " in said:  # else it is a package's path, and no reason for a failure
                    last.append(said)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the compilers too, not only `go`
            raise
    if process.returncode:
        reasons = "\n  ".join(last)
        raise YunzuError(
            f"tools/{module.name}",
            f"Go failed to build it (exit {process.returncode}):\n  {reasons}\n",
            "put right what it says (network, disk space, memory) and run `yunzu tools build` again",
        )


def _environment() -> dict[str, str]:
    """Ours without yunzu's settings, which may be secret, and without what would change the result."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YUNZU_")}
    # GOTOOLCHAIN: Go would otherwise fetch another Go, unasked, when a module wants a newer one.
    return kept | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}


@lru_cache
def _asked(path: Path) -> Go | None:
    try:
        answer = subprocess.run(
            [str(path), "env", "GOVERSION", "GOOS", "GOARCH"],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        version, system, architecture = answer.stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Go(path, version.removeprefix("go"), f"{system}/{architecture}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
