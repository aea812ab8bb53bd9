"""Open the office: a new centre takes what its files say, once. From then on a change is a request."""

from collections.abc import Mapping
from pathlib import Path

from yunzu.errors import InvalidInputError
from yunzu.findings import Finding
from yunzu.model.manifests import Manifest
from yunzu.model.plans import Plan
from yunzu.records import approved
from yunzu.services.centre_manifests import CentreFiles, centre_files, plans_directory, read_centre
from yunzu.services.manifests import load_plans
from yunzu.services.requests import truth
from yunzu.services.requests.office import Office
from yunzu.settings import Settings


def adopt(settings: Settings, office: Office) -> list[str]:
    """Take of the centre's files each kind that the records know nothing of; returns sentences about it.

    Files of kinds that are known are not read: what they say is not what is approved. Raises
    InvalidInputError with all findings, and takes nothing then.
    """
    with office.records.transaction() as connection:
        missing = {kind for kind in truth.SHIPPED if not approved.currents(connection, kind)}
    if not missing:
        return []
    shipped, remarks = _read(settings, missing)
    with office.records.transaction() as connection:
        taken = truth.adopt(connection, shipped, office.now())
    return [*remarks, *_counted(taken)]


def check(settings: Settings) -> None:
    """Raises InvalidInputError with all that a new centre could not take."""
    _read(settings, set(truth.SHIPPED))


def _read(settings: Settings, kinds: set[str]) -> tuple[list[Manifest], list[str]]:
    """The manifests of these kinds, and a sentence about each place where there is none."""
    places = _places(settings)
    found = {kind: path for kind, path in places.items() if kind in kinds and path is not None}
    findings: list[Finding] = []
    plans: Mapping[str, Plan] = {}
    try:
        plans = load_plans(found["Plan"]) if "Plan" in found else {}
    except InvalidInputError as error:
        findings += error.findings
    files = CentreFiles(*(found.get(kind) for kind in ("Item", "Register", "Capacity", "Calendar")))
    centre = read_centre(files, findings)
    if findings:
        raise InvalidInputError("the centre's files", sorted(findings))
    absent = [kind for kind in truth.SHIPPED if kind in kinds - found.keys()]
    return truth.shipped(plans, centre), [_ABSENT[kind] for kind in absent]


def _places(settings: Settings) -> dict[str, Path | None]:
    chosen = centre_files(settings)
    return {
        "Plan": plans_directory(settings),
        "Item": chosen.items,
        "Register": chosen.register,
        "Capacity": chosen.capacity,
        "Calendar": chosen.calendars,
    }


_ABSENT = {
    "Plan": "there are no plans; no environment can be asked for",
    "Item": "there are no items; nothing can be asked for",
    "Calendar": "there is no working calendar; days off are the State Council's alone",
    "Register": "there is no register of officers; only who is on this machine acts for the centre",
    "Capacity": "there is no capacity; no rule grants what takes room",
}


def _counted(taken: list[str]) -> list[str]:
    """`adopted 3 plans, 16 items, …, the register`."""
    if not taken:
        return []
    kinds = [one.partition(" ")[0] for one in taken]
    counts = {kind: kinds.count(kind) for kind in truth.SHIPPED if kind in kinds}
    said = [_several(kind.lower(), count) for kind, count in counts.items() if kind in _MANY]
    said += [f"the {kind.lower()}" for kind in counts if kind not in _MANY]
    return [f"adopted {', '.join(said)}; from now on a change of these is a request"]


_MANY = frozenset({"Plan", "Item", "Calendar"})


def _several(what: str, count: int) -> str:
    return f"{count} {what}" + ("s" if count != 1 else "")
