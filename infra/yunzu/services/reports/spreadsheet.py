"""CSV for spreadsheets: UTF-8 with the mark by which they know it, and no cell that they would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from yunzu.model.text import escaped

MARK = "\ufeff"  # without it a Chinese Excel reads UTF-8 as GBK
_RUN = frozenset("=+-@＝＋－＠|%")
"""What begins a formula: Excel also takes the full-width forms, and | and % began commands once."""

Cell = str | int | Decimal | None


def harmless(text: str) -> str:
    """Text that a spreadsheet shows and does not run: an apostrophe before what would begin a formula.

    Control and invisible characters are shown as escapes.
    """
    shown = escaped(text)
    return f"'{shown}" if shown != text or shown.lstrip()[:1] in _RUN else shown


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The file. Numbers stay numbers, also negative ones: they are ours and hold no formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return MARK + file.getvalue()
