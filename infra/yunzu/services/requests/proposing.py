"""What a request may propose: each item changes what it is for, and nothing besides.

Otherwise a request that one rule decides could carry a change that people have to decide.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from yunzu.errors import InvalidInputError, RefusedError, UsageError
from yunzu.findings import Finding
from yunzu.model import dated, documents
from yunzu.model.actors import Actor
from yunzu.model.files import UnreadableError, read_plain
from yunzu.model.manifests import Department, Environment, Lease, Manifest
from yunzu.model.reading import parse_manifest
from yunzu.model.schemas import KINDS
from yunzu.model.text import escaped, shown
from yunzu.records import approved as approvals
from yunzu.services.requests.office import Office
from yunzu.services.requests.registering import check_kept
from yunzu.services.requests.truth import Truth, parsed

CHANGES: Mapping[str, frozenset[str]] = {
    "environment.resize": frozenset({"plan", "databases", "buckets", "grade", "system"}),
    "environment.renew": frozenset({"lease"}),
    "environment.retire": frozenset(),
    "environment.erase": frozenset(),
    "environment.suspend": frozenset(),
    "environment.resume": frozenset(),
    **{item: frozenset({key}) for key, item in dated.ITEMS.items()},
    "department.people": frozenset({"people"}),
    "department.quota": frozenset({"quota"}),
    "price.change": frozenset({"price"}),
}
"""Item -> the fields that it may change of what is approved. What is not listed may propose anything."""

_BY_ID = ("environment.suspend", "environment.resume", "environment.retire", "environment.renew")


ERASE = "environment.erase"
_REGISTER = "register.change"


def check_change(
    item: str, kind: str, subject: str, proposed: Mapping[str, Any], at: Connection, day: date
) -> None:
    """Raises RefusedError or UsageError where the item is not for that change of what is approved now, and
    InvalidInputError with all findings where what it adds on that day has ended or lasts too long.

    Data may be erased of what is retired, too: its last approved content says what there was.
    """
    if item == _REGISTER:
        check_kept(proposed)
    find = approvals.last if item == ERASE else approvals.current
    current = find(at, kind, subject)
    approved = current.content if current else None
    if item.endswith(".new"):
        if approved is not None:
            raise RefusedError(subject, "is approved already", f"ask for a change of it, not for {item}")
        _check_bare(item, kind, proposed)
        return
    if item not in CHANGES:
        return
    if approved is None:
        raise RefusedError(subject, "is not approved yet", "ask for a new one first")
    keys = approved.keys() | proposed.keys()
    besides = {key for key in keys if approved.get(key) != proposed.get(key)} - CHANGES[item]
    if besides:
        names, may = ", ".join(sorted(besides)), ", ".join(sorted(CHANGES[item])) or "nothing"
        raise UsageError(f"item {item}", f"changes {may} of {subject}, not {names}", "see `yunzu item list`")
    if item in dated.ITEMS.values():
        _check_timely(parsed(kind, approved), parsed(kind, proposed), day)


def _check_bare(item: str, kind: str, proposed: Mapping[str, Any]) -> None:
    """What people decide does not come with what a rule does. Raises UsageError."""
    for key, later in dated.ITEMS.items() if kind == Environment.__name__ else ():
        if key in proposed:
            advice = f"leave it out, and ask for {later} then; `yunzu env apply` asks for one after the other"
            raise UsageError(f"item {item}", f"brings no {key}", advice)


def _check_timely(before: Manifest, after: Manifest, day: date) -> None:
    assert isinstance(before, Environment) and isinstance(after, Environment)  # noqa: S101, PT018 - their items
    if faults := [Finding(after.id, *fault) for fault in dated.untimely(before, after, day)]:
        raise InvalidInputError(after.id, sorted(faults))


def read(file: Path) -> Manifest:
    """The manifest in a file, of the kind that it says it is. Raises InvalidInputError with all findings."""
    try:
        text = read_plain(file, links=True)
    except UnreadableError as error:
        raise InvalidInputError(escaped(str(file)), [error.finding(file)]) from error
    return parse(text, str(file))


def parse(text: str, source: str) -> Manifest:
    """The manifest in a text, YAML or JSON, that came from `source`. Raises like `read`."""
    name = escaped(source)
    try:
        kind = documents.parse(text).value.get("kind")
    except UnreadableError as error:
        raise InvalidInputError(name, [error.finding(source)]) from error
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        said = f"{shown(kind)} is no kind of manifest; there are {', '.join(KINDS)}"
        raise InvalidInputError(name, [Finding(name, "kind", "unknown-kind", said)])
    manifest, findings = parse_manifest(model, text, source)
    if manifest is None:
        raise InvalidInputError(name, sorted(findings))
    return manifest


def of_subject(item: str, subject: str, until: date | None, *, office: Office) -> Manifest:
    """What is proposed by an item about an environment that is named only; `until`: of a renewal.

    Raises NotFoundError, UsageError.
    """
    if item not in _BY_ID:
        raise UsageError(
            f"item {item}", "is not asked for by an id alone", "write a manifest: --manifest FILE"
        )
    if (until is not None) != (item == "environment.renew"):
        raise UsageError(f"item {item}", "a renewal has a new last day, and nothing else has", "see --until")
    with office.records.transaction() as connection:
        environment = Truth(connection).get(Environment, subject)
    if until is None:
        return environment
    lease = environment.lease
    if until <= lease.until:
        raise UsageError(subject, f"its right of use lasts until {lease.until}", f"{until} is not later")
    renewed = Lease(start=lease.start, until=until)
    return environment.model_copy(update={"lease": renewed})


def applicant(given: str | None, manifest: Manifest, actor: Actor) -> str:
    """Whom the actor names, or the actor. Raises UsageError where an officer has to name somebody."""
    whose = owner(manifest)
    if given is None and whose is not None and actor.department is None:
        fact = f"{actor.account} is not of department {whose}, and files for somebody who is"
        raise UsageError(f"request of {whose}", fact, "name them: --applicant ACCOUNT")
    return given or actor.account


def owner(manifest: Manifest) -> str | None:
    """The department whose affair it is; None: the centre's."""
    if isinstance(manifest, Environment):
        return manifest.department
    return manifest.id if isinstance(manifest, Department) else None
