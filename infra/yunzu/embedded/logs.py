"""The servers' own output, as kept and rotated in the home."""

import os
import time
from collections import deque
from collections.abc import Generator
from pathlib import Path

from yunzu.embedded.home import Home
from yunzu.errors import NotFoundError
from yunzu.settings import Settings

_POLL_SECONDS = 0.3


def files(settings: Settings, server: str | None = None) -> dict[str, Path]:
    """Log files by server. Raises NotFoundError for an unknown server, or when nothing was ever started."""
    home = Home(settings.home)
    found = {path.stem: path for path in sorted(home.logs.glob("*.log")) if "-20" not in path.stem}
    if not found:
        raise NotFoundError("logs", f"there are none in {home.logs}", "run yunzu up")
    if server is None:
        return found
    if server not in found:
        raise NotFoundError(f"server {server[:60]}", "has no log", f"one of {', '.join(found)}")
    return {server: found[server]}


def last(path: Path, lines: int) -> list[str]:
    """The last lines of a file."""
    with path.open(errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=lines)]


def follow(paths: dict[str, Path]) -> Generator[tuple[str, str], None, None]:
    """Each further line with its server, for ever; goes on with the new file after a rotation."""
    tails = {name: _Tail(path) for name, path in paths.items()}
    try:
        while True:
            new = [(name, line) for name, tail in tails.items() for line in tail.read()]
            yield from new
            if not new:
                time.sleep(_POLL_SECONDS)
    finally:
        for tail in tails.values():
            tail.close()


class _Tail:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open(errors="replace")
        self._file.seek(0, os.SEEK_END)
        self._rest = ""

    def read(self) -> list[str]:
        text = self._rest + self._file.read()
        if self._rotated():
            text += self._file.read()
            self._file.close()
            self._file = self._path.open(errors="replace")
        *lines, self._rest = text.split("\n")
        return lines

    def close(self) -> None:
        self._file.close()

    def _rotated(self) -> bool:
        try:
            return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:
            return False  # between the renaming and the new file
