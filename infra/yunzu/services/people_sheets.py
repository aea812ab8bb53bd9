"""People from a spreadsheet: what a department's XLSX says, or everything that is wrong with it.

Strangers write these files. One is taken only if it is small, also unpacked, and holds one visible sheet of
plain values: nothing is computed, nothing is hidden, nothing is left out silently.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from yunzu.findings import Finding
from yunzu.model.labels import ROLE_LABELS
from yunzu.model.manifests import Person
from yunzu.model.text import escaped, shown

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    AnyCell = Cell | MergedCell

MOST_BYTES, MOST_UNPACKED, MOST_PARTS = 2 * 2**20, 8 * 2**20, 200
MOST_ROWS, MOST_COLUMNS = 5000, 50

_HEADERS: Mapping[str, str] = {
    "姓名": "name",
    "name": "name",
    "账号": "account",
    "帐号": "account",
    "account": "account",
    "角色": "roles",
    "roles": "roles",
    "role": "roles",
}
_ROLES: Mapping[str, str] = {
    spelling: role
    for role, label in ROLE_LABELS.items()
    for spelling in (role, label.zh)
    if role not in ("operator", "security")
}
_BETWEEN_ROLES = re.compile(r"[\s,，、;；/]+")


class NotASheetError(ValueError):
    """The file cannot be taken at all. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a spreadsheet says: people in its order, with all findings, and headers that mean nothing here."""

    people: tuple[Person, ...]
    findings: tuple[Finding, ...]
    ignored: tuple[str, ...] = ()


def read_people(path: Path) -> Sheet:
    """The people of a spreadsheet. With any finding, they are not to be used."""
    try:
        sheet = _only_sheet(_content(path))
    except NotASheetError as error:
        return Sheet((), (Finding(escaped(str(path)), "", error.code, error.message),))
    return _Reader(path, sheet).read()


def _content(path: Path) -> bytes:
    """The file's bytes, once its size and every part of it are bounded and plain. Raises NotASheetError."""
    try:
        if not path.is_file():
            raise NotASheetError("not-a-file", "is no plain file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotASheetError("unreadable", f"cannot be read: {(error.strerror or '').lower()}") from error
    if len(content) > MOST_BYTES:
        raise NotASheetError("too-large", f"has more than the {MOST_BYTES} bytes that are taken")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, NotASheetError):
            raise
        raise NotASheetError("not-xlsx", "is no XLSX workbook, or a locked one; save it as XLSX") from error
    return content


def _check_parts(archive: zipfile.ZipFile) -> None:
    """What is unpacked is bounded by what the archive declares: more is never read of a part."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        said = f"unpacks to {unpacked} bytes in {len(parts)} parts"
        raise NotASheetError("too-large", f"{said}; at most {MOST_UNPACKED} in {MOST_PARTS} are taken")
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise NotASheetError("not-xlsx", "is no XLSX workbook; save it as XLSX")
    if any(name.lower().endswith((".bin", ".vba")) for name in names if "printerSettings" not in name):
        raise NotASheetError("macros", "holds macros or binary parts; save it as plain XLSX")
    for name in names:
        if name.lower().endswith((".xml", ".rels")):
            text = archive.read(name)
            if b"<!" in text.replace(b"<!--", b"").replace(b"<![CDATA[", b"") or b"\0" in text:
                raise NotASheetError(
                    "not-xlsx", f"declares something in {shown(name)} that no workbook needs"
                )


def _only_sheet(content: bytes) -> "Worksheet":
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that mean nothing here
            book = load_workbook(io.BytesIO(content), keep_links=False)
    except Exception as error:  # openpyxl raises whatever a malformed part makes it raise
        raise NotASheetError("not-xlsx", "is no XLSX workbook that can be read; save it as XLSX") from error
    hidden = [one.title for one in book.worksheets if one.sheet_state != "visible"]
    if hidden:
        raise NotASheetError("hidden", f"hides sheet {shown(hidden[0])}; show or delete it")
    if len(book.sheetnames) != 1 or len(book.worksheets) != 1:
        raise NotASheetError("sheets", f"has {len(book.sheetnames)} sheets; leave the one with the people")
    sheet: Worksheet = book.worksheets[0]
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        said = f"has {sheet.max_row} rows and {sheet.max_column} columns"
        raise NotASheetError("too-large", f"{said}; at most {MOST_ROWS} and {MOST_COLUMNS} are taken")
    return sheet


class _Reader:
    """One sheet being read; every fault is kept."""

    def __init__(self, path: Path, sheet: "Worksheet") -> None:
        self._file, self._sheet = escaped(str(path)), sheet
        self._findings: list[Finding] = []

    def read(self) -> Sheet:
        """All of it."""
        self._check_hidden()
        columns, ignored = self._columns()
        if len(columns) < 3:
            return Sheet((), tuple(self._findings), ignored)
        people: list[tuple[Mapping[str, AnyCell], Person | None]] = []
        for row in range(2, self._sheet.max_row + 1):
            cells: Mapping[str, AnyCell] = {
                name: self._sheet.cell(row, column) for name, column in columns.items()
            }
            if any(cell.value not in (None, "") for cell in cells.values()):
                people.append((cells, self._person(cells)))
        if not people:
            self._complain("", "nobody", "lists nobody")
        self._check_accounts(people)
        found = tuple(person for _, person in people if person is not None)
        return Sheet(found, tuple(self._findings), ignored)

    def _complain(self, cell: str, code: str, message: str) -> None:
        where = f"{escaped(self._sheet.title)}!{cell}" if cell else escaped(self._sheet.title)
        self._findings.append(Finding(self._file, where, code, message))

    def _check_hidden(self) -> None:
        """What is hidden nobody has looked at."""
        rows = [number for number, row in self._sheet.row_dimensions.items() if row.hidden]
        columns = [name for name, column in self._sheet.column_dimensions.items() if column.hidden]
        for name in [*map(str, rows), *columns]:
            self._complain(name, "hidden", "is hidden; show or delete it")
        for merged in self._sheet.merged_cells.ranges:
            self._complain(str(merged), "merged", "is merged; each person has cells of their own")

    def _columns(self) -> tuple[dict[str, int], tuple[str, ...]]:
        """Field -> column by the headers of the first row, and the headers that are none of ours."""
        found: dict[str, int] = {}
        ignored = []
        for column in range(1, self._sheet.max_column + 1):
            cell = self._sheet.cell(1, column)
            text = str(cell.value or "").strip()
            name = _HEADERS.get(text.lower())
            if name is None:
                ignored += [escaped(text)] if text else []
            elif name in found:
                self._complain(cell.coordinate, "twice", f"{shown(text)} is a second column for the same")
            else:
                found[name] = column
        for name, header in (("name", "姓名"), ("account", "账号"), ("roles", "角色")):
            if name not in found:
                self._complain("1", "missing", f"no column is headed {header} or {name}")
        return found, tuple(ignored)

    def _person(self, cells: Mapping[str, "AnyCell"]) -> Person | None:
        texts = {name: self._text(cell) for name, cell in cells.items()}
        if None in texts.values():
            return None
        values: dict[str, Any] = {name: (text or "").strip() for name, text in texts.items()}
        values["roles"] = list(self._roles(cells["roles"], values["roles"]))
        if not values["roles"]:
            return None
        try:
            return Person.model_validate(values)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                said = one["msg"].removeprefix("Value error, ")
                self._complain(cells[str(one["loc"][0])].coordinate, one["type"], said)
            return None

    def _text(self, cell: "AnyCell") -> str | None:
        """A cell's text; None, with a finding, for what is none."""
        if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value.startswith("=")):
            self._complain(cell.coordinate, "formula", "is a formula; put its value there")
        elif cell.value is None or cell.value == "":
            self._complain(cell.coordinate, "empty", "is empty")
        elif not isinstance(cell.value, str):
            self._complain(cell.coordinate, "not-text", f"{shown(cell.value)} is no text; format it as text")
        else:
            return cell.value
        return None

    def _roles(self, cell: "AnyCell", text: str) -> Iterator[str]:
        words = [word for word in _BETWEEN_ROLES.split(text) if word]
        unknown = [word for word in words if word.lower() not in _ROLES]
        for word in unknown:
            known = "、".join(spelling for spelling in _ROLES if not spelling.isascii())
            self._complain(cell.coordinate, "role", f"{shown(word)} is no role; they are {known}")
        if not unknown:
            yield from (_ROLES[word.lower()] for word in words)

    def _check_accounts(self, people: list[tuple[Mapping[str, "AnyCell"], Person | None]]) -> None:
        first: dict[str, str] = {}
        for cells, _ in people:
            cell = cells["account"]
            account = str(cell.value or "").strip()
            if account and account in first:
                said = f"account {shown(account)} is in {first[account]} too"
                self._complain(cell.coordinate, "twice", said)
            first.setdefault(account, cell.coordinate)
