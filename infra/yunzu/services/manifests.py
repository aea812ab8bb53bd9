"""The centre's catalogue: every department, environment, plan and calendar, read and checked together.

No server is asked and nothing is written: this is also what `yunzu validate` runs for a department
that has no access to the centre.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from yunzu.errors import InvalidInputError, NotFoundError
from yunzu.findings import Finding
from yunzu.model.blueprints import misfits
from yunzu.model.calendars import Calendar
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.reading import Read, read_manifest
from yunzu.model.text import escaped, shown
from yunzu.services.manifest_tree import calendar_places, department_places, plan_places

Named = TypeVar("Named", Department, Environment, Plan)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the manifests say, each kind by id and sorted by it."""

    departments: Mapping[str, Department]
    environments: Mapping[str, Environment]
    plans: Mapping[str, Plan]
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    """By year."""

    def department(self, identifier: str) -> Department:
        """Raises NotFoundError, with the likeliest id."""
        return _find("department", identifier, self.departments)

    def environment(self, identifier: str) -> Environment:
        """Raises NotFoundError, with the likeliest id."""
        return _find("environment", identifier, self.environments)

    def plan(self, identifier: str) -> Plan:
        """Raises NotFoundError, with the likeliest id."""
        return _find("plan", identifier, self.plans)


def _find(kind: str, identifier: str, known: Mapping[str, Named]) -> Named:
    if identifier in known:
        return known[identifier]
    close = get_close_matches(identifier[:80], known, n=1)
    advice = f"did you mean '{close[0]}'?" if close else f"add a manifest; {len(known)} {kind}s are known"
    raise NotFoundError(f"{kind} {shown(identifier)}", "has no manifest", advice)


Placed = list[tuple[Path, Read]]
"""Manifests that could be read, each with its file."""


def _read_all(model: type[Read], files: Iterable[Path], findings: list[Finding]) -> Placed[Read]:
    placed = []
    for file in files:
        manifest, faults = read_manifest(model, file)
        findings.extend(faults)
        if manifest is not None:
            placed.append((file, manifest))
    return placed


def _at(file: Path, path: str, code: str, message: str) -> Finding:
    return Finding(escaped(str(file)), path, code, message)


def _folder(directory: Path) -> str:
    """The name of a directory, also where it was given as `.` or `..`."""
    return directory.name if directory.name not in {"", ".."} else directory.resolve().name


def _misplaced(
    departments: Placed[Department], environments: Placed[Environment], plans: Placed[Plan]
) -> Iterator[Finding]:
    """Ids that are not where the file lies: a manifest must not speak for another department."""
    places = [(file, one.id, _folder(file.parent)) for file, one in departments]
    places += [(file, one.id, f"{_folder(file.parent.parent)}/{file.stem}") for file, one in environments]
    places += [(file, one.id, file.stem) for file, one in plans]
    for file, identifier, place in places:
        if identifier != place:
            yield _at(
                file,
                "id",
                "misplaced",
                f"is '{identifier}', and its place says {shown(place)}; make them equal",
            )


def _twice(
    kind: str, placed: Iterable[tuple[Path, Named]], path: str, key: Callable[[Named], str]
) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for file, one in placed:
        other = first.setdefault(key(one), file)
        if other != file:
            yield _at(
                file, path, "taken", f"{kind} '{key(one)}' is also in {escaped(str(other))}; choose another"
            )


def _accounts(departments: Placed[Department]) -> Iterator[Finding]:
    """An account is one person at one department: rights follow the account."""
    first: dict[str, str] = {}
    for file, department in departments:
        for index, person in enumerate(department.people):
            other = first.setdefault(person.account, department.id)
            if other != department.id:
                path = f"people[{index}].account"
                yield _at(file, path, "taken", f"account '{person.account}' belongs to department '{other}'")


def _plan_fits(environments: Placed[Environment], plans: Mapping[str, Plan]) -> Iterator[Finding]:
    for file, environment in environments:
        plan = plans.get(environment.plan)
        if plan is None:
            known = ", ".join(plans) or "none"
            yield _at(
                file, "plan", "unknown-plan", f"'{environment.plan}' is not a plan; known here: {known}"
            )
            continue
        for path, code, message in misfits(environment, plan):
            yield _at(file, path, code, message)


def _by_id(placed: Placed[Named]) -> dict[str, Named]:
    return {one.id: one for _, one in sorted(placed, key=lambda item: item[1].id)}


def _read_calendars(directory: Path, findings: list[Finding]) -> dict[int, Calendar]:
    """The calendars by year. Two cannot speak for one year: the file's name is the year."""
    files, misplaced = calendar_places(directory)
    findings.extend(misplaced)
    placed = _read_all(Calendar, files, findings)
    for file, one in placed:
        if file.stem != str(one.year):
            text = f"is {one.year}, and the file's name says {shown(file.stem)}; make them equal"
            findings.append(_at(file, "year", "misplaced", text))
    return {one.year: one for _, one in sorted(placed, key=lambda item: item[1].year)}


def examine(
    tenants: Path, plans_directory: Path, calendars: Path | None = None
) -> tuple[Catalogue, list[Finding]]:
    """What could be read, and everything that is wrong, in a stable order.

    Calendars are read where their directory is given: whoever only builds environments needs none.
    """
    places = department_places(tenants)
    plan_files, plan_findings = plan_places(plans_directory)
    findings = [*places.findings, *plan_findings]
    departments = _read_all(Department, places.departments, findings)
    environments = _read_all(Environment, places.environments, findings)
    plans = _read_all(Plan, plan_files, findings)
    years = _read_calendars(calendars, findings) if calendars else {}
    catalogue = Catalogue(_by_id(departments), _by_id(environments), _by_id(plans), years)
    findings.extend(_misplaced(departments, environments, plans))
    findings.extend(_twice("department", departments, "id", lambda one: one.id))
    findings.extend(_twice("plan", plans, "id", lambda one: one.id))
    findings.extend(_twice("namespace", environments, "id", lambda one: one.namespace))
    findings.extend(_accounts(departments))
    findings.extend(_plan_fits(environments, catalogue.plans))
    return catalogue, sorted(findings)


def load_plans(directory: Path) -> Mapping[str, Plan]:
    """The plans alone, by id. Raises InvalidInputError with all findings if there is any."""
    files, findings = plan_places(directory)
    placed = _read_all(Plan, files, findings)
    findings.extend(_misplaced([], [], placed))
    if findings:
        raise InvalidInputError(escaped(str(directory)), sorted(findings))
    return _by_id(placed)


def load_calendars(directory: Path) -> Mapping[int, Calendar]:
    """The calendars alone, by year; none where there is no such directory.

    Raises InvalidInputError with all findings if there is any.
    """
    findings: list[Finding] = []
    calendars = _read_calendars(directory, findings)
    if findings:
        raise InvalidInputError(escaped(str(directory)), sorted(findings))
    return calendars


def check(tenants: Path, plans: Path, calendars: Path | None = None) -> list[Finding]:
    """Everything that is wrong with the manifests, the plans and the calendars, in a stable order."""
    return examine(tenants, plans, calendars)[1]


def load(tenants: Path, plans: Path) -> Catalogue:
    """The catalogue. Raises InvalidInputError with all findings if there is any."""
    catalogue, findings = examine(tenants, plans)
    if findings:
        raise InvalidInputError(escaped(str(tenants)), findings)
    return catalogue
