"""The centre's catalogue: every department, environment and plan, read and checked together.

No server is asked and nothing is written: this is also what `yunzu validate` runs for a department
that has no access to the centre.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from yunzu.errors import InvalidInputError, NotFoundError
from yunzu.findings import Finding
from yunzu.model.blueprints import misfits
from yunzu.model.dated import outlasting
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.text import escaped, shown
from yunzu.services.centre_manifests import (
    NO_CENTRE_FILES,
    CentreFiles,
    CentreManifests,
    officers_in_departments,
    read_centre,
    remarks,
)
from yunzu.services.manifest_reading import Named, Placed, at, by_id, misplaced, read_all, twice
from yunzu.services.manifest_tree import department_places, plan_places


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the manifests say, each kind by id and sorted by it."""

    departments: Mapping[str, Department]
    environments: Mapping[str, Environment]
    plans: Mapping[str, Plan]
    centre: CentreManifests = field(default_factory=CentreManifests)

    def on(self, day: date) -> "Catalogue":
        """What holds of it on a day."""
        return replace(self, environments={name: one.on(day) for name, one in self.environments.items()})

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
        yield from misplaced(file, identifier, place)


def _accounts(departments: Placed[Department]) -> Iterator[Finding]:
    """An account is one person at one department: rights follow the account."""
    first: dict[str, str] = {}
    for file, department in departments:
        for index, person in enumerate(department.people):
            other = first.setdefault(person.account, department.id)
            if other != department.id:
                path = f"people[{index}].account"
                yield at(file, path, "taken", f"account '{person.account}' belongs to department '{other}'")


def _plan_fits(environments: Placed[Environment], plans: Mapping[str, Plan]) -> Iterator[Finding]:
    for file, environment in environments:
        plan = plans.get(environment.plan)
        if plan is None:
            known = ", ".join(plans) or "none"
            yield at(file, "plan", "unknown-plan", f"'{environment.plan}' is not a plan; known here: {known}")
            continue
        for path, code, message in (*misfits(environment, plan), *outlasting(environment)):
            yield at(file, path, code, message)


@dataclass(frozen=True, slots=True)
class Examination:
    """What could be read, everything that is wrong, and what is worth knowing, in a stable order."""

    catalogue: Catalogue
    findings: list[Finding]
    remarks: list[Finding]


def examine(
    tenants: Path, plans_directory: Path | None, centre_files: CentreFiles = NO_CENTRE_FILES
) -> Examination:
    """Read everything and check it together; without plans, as far as that goes: the centre has them too."""
    plan_files, findings = plan_places(plans_directory) if plans_directory else ([], [])
    departments, environments = _tenants(tenants, findings)
    plans = read_all(Plan, plan_files, findings)
    centre = read_centre(centre_files, findings)
    catalogue = Catalogue(by_id(departments), by_id(environments), by_id(plans), centre)
    findings.extend(_misplaced([], [], plans))
    findings.extend(twice("plan", plans, "id", lambda one: one.id))
    findings.extend(officers_in_departments(centre, departments))
    findings.extend(_plan_fits(environments, catalogue.plans) if plans_directory else ())
    worth_knowing = remarks(centre, departments, catalogue.plans.values())
    return Examination(catalogue, sorted(findings), worth_knowing)


def _tenants(tenants: Path, findings: list[Finding]) -> tuple[Placed[Department], Placed[Environment]]:
    """Departments and environments; what is wrong with them is appended to `findings`."""
    places = department_places(tenants)
    findings.extend(places.findings)
    departments = read_all(Department, places.departments, findings)
    environments = read_all(Environment, places.environments, findings)
    findings.extend(_misplaced(departments, environments, []))
    findings.extend(twice("department", departments, "id", lambda one: one.id))
    findings.extend(twice("namespace", environments, "id", lambda one: one.namespace))
    findings.extend(_accounts(departments))
    return departments, environments


def load_tenants(tenants: Path) -> Catalogue:
    """Departments and environments without the plans, which the centre knows. Raises InvalidInputError with
    all findings if there is any."""
    findings: list[Finding] = []
    departments, environments = _tenants(tenants, findings)
    if findings:
        raise InvalidInputError(escaped(str(tenants)), sorted(findings))
    return Catalogue(by_id(departments), by_id(environments), {})


def load_plans(directory: Path) -> Mapping[str, Plan]:
    """The plans alone, by id. Raises InvalidInputError with all findings if there is any."""
    files, findings = plan_places(directory)
    placed = read_all(Plan, files, findings)
    findings.extend(_misplaced([], [], placed))
    if findings:
        raise InvalidInputError(escaped(str(directory)), sorted(findings))
    return by_id(placed)


def check(tenants: Path, plans: Path) -> list[Finding]:
    """Everything that is wrong with the manifests under `tenants` and the plans, in a stable order."""
    return examine(tenants, plans).findings


def load(tenants: Path, plans: Path) -> Catalogue:
    """The catalogue. Raises InvalidInputError with all findings if there is any."""
    examined = examine(tenants, plans)
    if examined.findings:
        raise InvalidInputError(escaped(str(tenants)), examined.findings)
    return examined.catalogue
