"""Take a department's people over from a spreadsheet: its manifest's `people`, and nothing else of it.

The spreadsheet is the whole list: who is not in it is not in the department any more. The manifest keeps
its other lines as they are, comments too, and the same spreadsheet gives the same bytes. It is intent: what
counts is approved by a request for `department.people`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from yunzu.errors import InvalidInputError, NotFoundError, RefusedError
from yunzu.findings import Finding
from yunzu.model.files import UnreadableError, read_plain
from yunzu.model.manifests import Department, Person
from yunzu.model.reading import parse_manifest
from yunzu.services.estate_writing import write_files
from yunzu.services.manifest_tree import DEPARTMENT_FILE
from yunzu.services.people_sheets import read_people

_KEY = "people"


@dataclass(frozen=True, slots=True)
class PeopleImport:
    """A department's manifest with the people of a spreadsheet: its text, and the accounts that differ."""

    file: Path
    text: str
    people: tuple[Person, ...]
    joining: tuple[str, ...]
    changing: tuple[str, ...]
    leaving: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.joining or self.changing or self.leaving)


def import_people(spreadsheet: Path, department: str, tenants: Path) -> PeopleImport:
    """What the manifest would become; writes nothing.

    Raises InvalidInputError with all findings of the spreadsheet or the manifest, NotFoundError where the
    department has no manifest, RefusedError for a manifest whose people cannot be told from the rest.
    """
    sheet = read_people(spreadsheet)
    if sheet.findings:
        raise InvalidInputError(str(spreadsheet), sorted(sheet.findings))
    file = tenants / department / DEPARTMENT_FILE
    text, known = _manifest(file)
    before = {one.account: one for one in known.people}
    after = {one.account: one for one in sheet.people}
    wanted = text if known.people == sheet.people else _with_people(text, sheet.people, known, file)
    return PeopleImport(
        file=file,
        text=wanted,
        people=sheet.people,
        joining=tuple(account for account in after if account not in before),
        changing=tuple(one for one in after if one in before and before[one] != after[one]),
        leaving=tuple(account for account in before if account not in after),
        ignored=sheet.ignored,
    )


def write(imported: PeopleImport) -> None:
    """Write the manifest, whole or not at all. Raises RefusedError."""
    write_files([(imported.file, imported.text)])


def _manifest(file: Path) -> tuple[str, Department]:
    if not file.exists():
        raise NotFoundError(str(file), "is not there", "`yunzu dept new` makes a department's first manifest")
    try:
        text = read_plain(file)
    except UnreadableError as error:
        raise InvalidInputError(str(file), [Finding(str(file), "", error.code, error.message)]) from error
    department, findings = parse_manifest(Department, text, str(file))
    if department is None:
        raise InvalidInputError(str(file), findings)
    return text, department


def _with_people(text: str, people: Iterable[Person], known: Department, file: Path) -> str:
    """The text with other people. Raises RefusedError if anything but them would change."""
    start, end = _span(text)
    block = _block(people)
    before = text[:start] + ("" if start == 0 or text[:start].endswith("\n") else "\n")
    wanted = f"{before}{block}{text[end:]}"
    found, findings = parse_manifest(Department, wanted, str(file))
    if findings or found != known.model_copy(update={"people": tuple(people)}):
        fact = "its people cannot be told from the rest"
        raise RefusedError(str(file), fact, "write them as a plain list under `people:`, or print them")
    return wanted


def _span(text: str) -> tuple[int, int]:
    """Where `people` and its list stand, without the comments behind it; the end of the text for none."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)  # noqa: S101 - it was a valid manifest a moment ago
    for key, value in document.value:
        if key.value == _KEY:
            lines = text[key.start_mark.index : value.end_mark.index].splitlines(keepends=True)
            while len(lines) > 1 and lines[-1].lstrip(" ")[:1] in ("", "\n", "#"):
                lines.pop()
            end = key.start_mark.index + sum(map(len, lines))
            newline = text.find("\n", end)
            if not lines[-1].endswith("\n"):
                end = len(text) if newline < 0 else newline + 1
            return key.start_mark.index, end
    return len(text), len(text)


def _block(people: Iterable[Person]) -> str:
    """One line for each person, in the spreadsheet's order."""
    lines = [f"{_KEY}:\n"]
    for one in people:
        values = {"name": one.name, "account": one.account, "roles": list(one.roles)}
        shown = yaml.safe_dump(
            values, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**6
        )
        lines.append(f"  - {shown}")
    return "".join(lines)
