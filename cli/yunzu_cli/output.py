"""The only place that prints: results to stdout, everything else to stderr.

What is shown may have been written by a tenant, so control characters never reach the terminal.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from yunzu.findings import Finding

_LAYOUT = frozenset("\n\t")


def visible(text: str, *, keep: frozenset[str] = frozenset()) -> str:
    """`text` with control, direction-changing and other invisible characters shown as escapes."""
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def print_json(document: object) -> None:
    """The one JSON document of a command."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a terminal without Chinese, a file name that is not UTF-8
        text = json.dumps(document, indent=2, default=_plain)
    typer.echo(text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Aligned columns; folded to a terminal's width, one line a row everywhere else."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible("" if cell is None else str(cell))) for cell in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as capture:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def print_line(text: str) -> None:
    """A line of a result on stdout."""
    typer.echo(visible(text, keep=_LAYOUT))


def print_file(text: str) -> None:
    """A result that is a file, to the letter: programs read it."""
    typer.echo(text, nl=False)


def stderr(text: str) -> None:
    """A line for the person at the terminal: progress, notes, warnings."""
    typer.echo(visible(text, keep=_LAYOUT), err=True)


def print_error(sentence: str) -> None:
    """Why the command failed."""
    stderr(f"error: {sentence}")


def print_findings(findings: Iterable["Finding"]) -> None:
    """One line for each fault of an input, on stderr."""
    for finding in findings:
        stderr(str(finding))


def _plain(value: object) -> str:
    if isinstance(value, PurePath | Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
