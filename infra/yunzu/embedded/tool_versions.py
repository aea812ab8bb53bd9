"""Which version a binary is: asked of the binary itself, and remembered until the file changes."""

import json
import mmap
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from yunzu.embedded import tool_cache
from yunzu.embedded.tool_catalogue import ToolSpec

_SECONDS_TO_ANSWER = 20


def version_of(path: Path, spec: ToolSpec) -> str | None:
    """The version of the binary at `path`, without `v`; None where it does not say."""

    def ask() -> str | None:
        answer = said_by([str(path), *spec.version_arguments])
        if answer is None:
            return None
        stated = re.search(spec.version_pattern, answer)
        return stated[1] if stated else _compiled_in(path, spec.module)

    return remembered(path, spec.name, ask) or None


def remembered(path: Path, question: str, ask: Callable[[], str | None]) -> str | None:
    """The answer to `question` about a file, asked again only when the file has changed.

    Otherwise every command would run every binary. None (no answer this time) is not remembered.
    A lost or damaged memory costs time, nothing else.
    """
    try:
        real = path.resolve(strict=True)
        stat = real.stat()
    except OSError:
        return None
    key, stamp = f"{question} {real}", f"{stat.st_mtime_ns} {stat.st_size}"
    known = _memory().get(key)
    if known is not None and known[0] == stamp:
        return known[1]
    answer = ask()
    if answer is not None:
        _remember(key, (stamp, answer))
    return answer


def said_by(command: list[str]) -> str | None:
    """Standard output of a short question to a binary; None if it cannot be run or does not end."""
    # Our settings may hold passwords, and a binary that merely lies on PATH has no business with them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YUNZU_")}
    try:
        answer = subprocess.run(
            command,
            cwd="/",
            env=environment | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS_TO_ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout


def _compiled_in(path: Path, module: str) -> str:
    """The version of its main module that Go noted in the binary; empty if there is none.

    MinIO and versitygw know their version only when their own release scripts built them.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            noted = re.search(rb"\nmod\t" + re.escape(module.encode()) + rb"\tv([\w.+-]+)[\t\n]", content)
            return noted[1].decode("ascii") if noted else ""
    except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
        return ""


def _memory() -> dict[str, tuple[str, str]]:
    try:
        kept = json.loads((tool_cache.directory() / "versions.json").read_text(encoding="utf-8"))
        return {str(key): (str(stamp), str(answer)) for key, (stamp, answer) in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _remember(key: str, value: tuple[str, str]) -> None:
    with suppress(OSError):
        directory = tool_cache.directory()
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=directory, prefix=".versions-", delete=False, encoding="utf-8"
        ) as file:
            json.dump({**_memory(), key: value}, file, indent=0)
        Path(file.name).replace(directory / "versions.json")
