"""What the demonstration loads: tables and files as data, and what became of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, LiteralString

Progress = Callable[[str, int, int, str], None]
"""Called with a task, steps done, steps in all, and what is being done."""

State = Literal["loaded", "replaced", "unchanged", "kept"]
"""`kept`: the tenant has changed it since, or had one of that name before; it was left alone."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where content comes from: package or generator, its version, and the licence of the data."""

    name: str
    version: str
    licence: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.licence})"


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of a table as CSV lines without a header, or a file's bytes. `extent` says which part."""

    data: bytes
    source: Source
    extent: str = "全部"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: PostgreSQL type and the Chinese comment that it gets."""

    name: str
    type: LiteralString
    comment: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `content` takes `full`; `null` is how the source writes a missing value."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    content: Callable[[bool], Content]
    null: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """One object of a bucket."""

    name: str
    content: Callable[[], Content]
    media_type: str = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Cargo:
    """What one environment gets: tables by database claim, files by bucket claim."""

    tables: tuple[tuple[str, Table], ...] = ()
    files: tuple[tuple[str, File], ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """One table or object after loading, as it was read back through the tenant's credentials.

    `rows` are in the table and `source_rows` in the source (None for an object); `size` in bytes and
    `sha256` are the source's.
    """

    kind: Literal["table", "object"]
    where: str
    state: State
    rows: int | None
    source_rows: int | None
    size: int
    sha256: str
    source: str

    @property
    def complete(self) -> bool:
        """Whether everything of the source is there, or was deliberately left to the tenant."""
        return self.rows == self.source_rows or self.state in ("kept", "unchanged")
