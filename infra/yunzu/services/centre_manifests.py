"""What the centre writes down beside its plans: items, officers, the capacity, working calendars.

A department checks its own manifests without them, so none has to be there unless somebody named it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yunzu.findings import Finding
from yunzu.model.actors import Register
from yunzu.model.calendars import Calendar
from yunzu.model.capacity import Capacity
from yunzu.model.eligibility import is_of_departments, lacking_in_centre, lacking_in_department
from yunzu.model.items import Item
from yunzu.model.manifests import Department
from yunzu.model.plans import Plan
from yunzu.model.text import shown
from yunzu.services.manifest_reading import Placed, at, by_id, misplaced, read_all, twice
from yunzu.services.manifest_tree import calendar_places, item_places
from yunzu.settings import Settings


@dataclass(frozen=True, slots=True)
class CentreFiles:
    """Where they lie; None: not looked for."""

    items: Path | None = None
    register: Path | None = None
    capacity: Path | None = None
    calendars: Path | None = None


def centre_files(settings: Settings, items: Path | None = None) -> CentreFiles:
    """What is to be read: each path that somebody chose (`items` by a flag), or that is there by default.

    So a chosen path that does not exist is a finding, and a folder of departments alone is valid.
    """
    chosen = settings.model_fields_set

    def wanted(name: str, path: Path) -> Path | None:
        return path if name in chosen or path.exists() else None

    return CentreFiles(
        items or wanted("items", settings.items),
        wanted("officers", settings.officers),
        wanted("capacity", settings.capacity),
        wanted("calendars", settings.calendars),
    )


def plans_directory(settings: Settings, plans: Path | None = None) -> Path | None:
    """Where the plans are, by the same rule."""
    is_wanted = "plans" in settings.model_fields_set or settings.plans.exists()
    return plans or (settings.plans if is_wanted else None)


NO_CENTRE_FILES = CentreFiles()


@dataclass(frozen=True, slots=True)
class CentreManifests:
    """What could be read of them."""

    files: CentreFiles = NO_CENTRE_FILES
    items: Mapping[str, Item] = field(default_factory=dict)
    register: Register | None = None
    capacity: Capacity | None = None
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    """By year."""


def read_centre(files: CentreFiles, findings: list[Finding]) -> CentreManifests:
    """Read them; what is wrong is appended to `findings`."""
    items = _read_items(files.items, findings) if files.items else {}
    registers = read_all(Register, [files.register] if files.register else [], findings)
    capacities = read_all(Capacity, [files.capacity] if files.capacity else [], findings)
    return CentreManifests(
        files,
        items,
        registers[0][1] if registers else None,
        capacities[0][1] if capacities else None,
        _read_calendars(files.calendars, findings) if files.calendars else {},
    )


def _read_items(directory: Path, findings: list[Finding]) -> dict[str, Item]:
    files, misplacements = item_places(directory)
    findings.extend(misplacements)
    placed = read_all(Item, files, findings)
    for file, item in placed:
        findings.extend(misplaced(file, item.id, file.stem))
    findings.extend(twice("item", placed, "id", lambda one: one.id))
    return by_id(placed)


def _read_calendars(directory: Path, findings: list[Finding]) -> dict[int, Calendar]:
    """The calendars by year. Two cannot speak for one year: the file's name is the year."""
    files, misplacements = calendar_places(directory)
    findings.extend(misplacements)
    placed = read_all(Calendar, files, findings)
    for file, one in placed:
        if file.stem != str(one.year):
            message = f"is {one.year}, and the file's name says {shown(file.stem)}; make them equal"
            findings.append(at(file, "year", "misplaced", message))
    return {one.year: one for _, one in sorted(placed, key=lambda item: item[1].year)}


def officers_in_departments(centre: CentreManifests, departments: Placed[Department]) -> Iterator[Finding]:
    """An officer's account is no department's: rights follow the account."""
    if not centre.register or not centre.files.register:
        return
    owners = {person.account: one.id for _, one in departments for person in one.people}
    for index, officer in enumerate(centre.register.officers):
        if officer.account in owners:
            message = f"account '{officer.account}' belongs to department '{owners[officer.account]}'"
            yield at(centre.files.register, f"officers[{index}].account", "taken", message)


def remarks(centre: CentreManifests, departments: Placed[Department], plans: Iterable[Plan]) -> list[Finding]:
    """What is worth knowing and wrong with nothing, in a stable order."""
    found = [*_few_people(centre.items, departments), *_few_officers(centre), *_unmeasured(centre, plans)]
    return sorted(found)


def _grouped(lacking: Iterable[tuple[str, tuple[str, ...]]]) -> Mapping[tuple[str, ...], list[str]]:
    """Lacking roles -> the items that lack them."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for item, roles in lacking:
        if roles:
            groups.setdefault(roles, []).append(item)
    return groups


def _few_people(items: Mapping[str, Item], departments: Placed[Department]) -> Iterator[Finding]:
    asked = [item for item in items.values() if is_of_departments(item)]
    for file, department in departments:
        whose = f"department '{department.id}'"
        if asked and not department.people:
            message = f"{whose} lists nobody; each of the {len(asked)} items needs two persons"
            yield at(file, "people", "note-few-people", message)
            continue
        lacking = ((item.id, lacking_in_department(department, item)) for item in asked)
        for roles, names in _grouped(lacking).items():
            yield at(file, "people", "note-few-people", _lacks(whose, roles, names))


def _few_officers(centre: CentreManifests) -> Iterator[Finding]:
    if not centre.register or not centre.files.register:
        return
    register = centre.register
    lacking = ((item.id, lacking_in_centre(register, item)) for item in centre.items.values())
    for roles, names in _grouped(lacking).items():
        yield at(centre.files.register, "officers", "note-few-people", _lacks("the centre", roles, names))


def _lacks(whose: str, roles: Iterable[str], names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(roles))
    nobody = "nobody" if "applicant" in listed else "nobody but the applicant"
    return f"{whose} lacks two eligible persons for {', '.join(names)}: {nobody} is {' or '.join(listed)}"


def _unmeasured(centre: CentreManifests, plans: Iterable[Plan]) -> Iterator[Finding]:
    if not centre.capacity or not centre.files.capacity:
        return
    for pool in sorted({plan.pool for plan in plans} - set(centre.capacity.pools)):
        message = f"pool '{pool}' of the plans is not listed; no rule grants anything in it"
        yield at(centre.files.capacity, "pools", "note-no-capacity", message)
