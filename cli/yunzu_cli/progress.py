"""Progress of long work on stderr: bars on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from yunzu_cli.output import stderr, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_TENTHS = 10
_BAR_WIDTH = 10
_BESIDE = 20  # columns of the count, the time and what separates them
_DOING_WIDTH = 12, 60  # columns: at least, at most


Show = Callable[[int, int, str], None]
"""Called with how many steps are done, of how many (0: not known), and what is done now."""


class Shown(Protocol):
    """Where progress is shown."""

    def update(self, task: str, done: int, total: int, doing: str) -> None:
        """`done` of `total` steps of a task; `total` 0 while it is not known."""


@contextmanager
def shown() -> Iterator[Shown]:
    """A place to show progress while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.fields[name]:<12}", markup=False),
        BarColumn(_BAR_WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(bars)


@contextmanager
def showing(task: str) -> Iterator[Show]:
    """A place for the progress of one task while the block runs."""
    with shown() as place:
        yield partial(place.update, task)


class _Lines:
    """One line when a task begins something else, and at each tenth of it."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int]] = {}

    def update(self, task: str, done: int, total: int, doing: str) -> None:
        tenth = done * _TENTHS // total if total else -1
        kind = doing.split(":", maxsplit=1)[0] if tenth < 0 else ""
        if self._last.get(task) == (kind, tenth):
            return
        self._last[task] = (kind, tenth)
        stderr(f"{task}: {f'{done} of {total}, ' if total else ''}{doing}")


class _Bars:
    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def update(self, task: str, done: int, total: int, doing: str) -> None:
        if task not in self._tasks:
            self._tasks[task] = self._bars.add_task(task, total=None, name=visible(task), doing="")
        # The end of a long name tells more than its beginning: it is a path.
        least, most = _DOING_WIDTH
        left = self._bars.console.width - len(task) - _BAR_WIDTH - _BESIDE
        width = min(max(left, least), most)
        short = doing if len(doing) <= width else f"…{doing[1 - width :]}"
        self._bars.update(self._tasks[task], completed=done, total=total or None, doing=visible(short))
