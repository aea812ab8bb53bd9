"""The working copy: manifests as files, and which approved content each of them was written from.

The approved manifests in the records are the truth; files are how people edit. `.yunzu-base` beside them
keeps the hash that each was pulled at, so that a file that was overtaken is not asked for unseen.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import Literal

import yaml

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.hashes import manifest_hash
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.records import approved, requests
from yunzu.records.approved import Approved
from yunzu.records.requests import Request
from yunzu.services.manifest_tree import DEPARTMENT_FILE, ENVIRONMENTS
from yunzu.services.manifests import Catalogue
from yunzu.services.requests.asking import Asking, UndecidedError, ask
from yunzu.services.requests.office import Office
from yunzu.services.requests.proposing import owner
from yunzu.services.requests.truth import identity, parsed

BASE_FILE = ".yunzu-base"
KINDS = (Department, Environment)
State = Literal["same", "changed", "new", "missing"]
"""As approved; edited; in files only; approved only."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One manifest: the hash that the file was written from, what is approved, and what the file says."""

    kind: str
    id: str
    path: Path
    base: str | None
    base_text: str
    approved: Manifest | None
    mine: Manifest | None

    @property
    def state(self) -> State:
        if self.mine == self.approved:
            return "same"
        if self.approved is None:
            return "new"
        return "changed" if self.mine is not None else "missing"

    @property
    def approved_hash(self) -> str | None:
        return manifest_hash(self.approved) if self.approved else None

    @property
    def is_stale(self) -> bool:
        """Whether the file asks for something, and was not written from what is approved now."""
        return self.state in ("changed", "new") and self.base != self.approved_hash

    def difference(self) -> str:
        """From what is approved to the file, as a unified diff; empty where they say the same."""
        return _diff(text(self.approved), text(self.mine), "approved", "yours")

    def three_ways(self) -> str:
        """What was approved since the file was written, and what the file changes."""
        since = _diff(self.base_text, text(self.approved), "base", "approved")
        return since + _diff(self.base_text, text(self.mine), "base", "yours")


def text(manifest: Manifest | None) -> str:
    """A manifest as a file: what is said, without defaults; nothing for none."""
    if manifest is None:
        return ""
    said = manifest.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def _diff(before: str, after: str, name: str, other: str) -> str:
    return "".join(unified_diff(before.splitlines(True), after.splitlines(True), name, other, n=1))


def compare(tenants: Path, files: Catalogue, *, actor: Actor, office: Office) -> list[Copy]:
    """Every department and environment that the actor may see, approved or in a file, departments first.

    Raises UsageError for a base file that cannot be read.
    """
    bases = _bases(tenants)
    mine: dict[tuple[str, str], Manifest] = {
        identity(one): one for one in (*files.departments.values(), *files.environments.values())
    }
    found = []
    with office.records.transaction() as connection:
        there = {
            (one.kind, one.id): parsed(one.kind, one.content)
            for kind in KINDS
            for one in approved.currents(connection, kind.__name__)
            if one.content is not None
        }
        for kind, identifier in sorted(there.keys() | mine.keys()):
            base = bases.get(identifier)
            old = approved.of_hash(connection, kind, base) if base else None
            found.append(
                Copy(
                    kind,
                    identifier,
                    place(tenants, identifier),
                    base,
                    _text_of(old),
                    there.get((kind, identifier)),
                    mine.get((kind, identifier)),
                )
            )
    return [one for one in found if _may_see(one, actor)]


def _text_of(found: Approved | None) -> str:
    return text(parsed(found.kind, found.content)) if found and found.content is not None else ""


def _may_see(one: Copy, actor: Actor) -> bool:
    manifest = one.mine or one.approved
    return bool(actor.roles) and (
        actor.department is None or (manifest is not None and owner(manifest) == actor.department)
    )


def place(tenants: Path, identifier: str) -> Path:
    """The file of a department or an environment."""
    department, _, name = identifier.partition("/")
    folder = tenants / department
    return folder / ENVIRONMENTS / f"{name}.yaml" if name else folder / DEPARTMENT_FILE


def pull(tenants: Path, copies: Iterable[Copy], *, dry_run: bool = False) -> list[Copy]:
    """Write what is approved where the file does not say it, and remember the base of each.

    Returns what was written. A file that says the same keeps its comments. Raises RefusedError, and writes
    nothing, where a file has changes of its own that were not asked for.
    """
    copies = list(copies)
    edited = [one for one in copies if one.state == "changed" and not _is_untouched(one)]
    if edited:
        names = ", ".join(one.id for one in edited)
        raise RefusedError(names, "has changes that are not approved", "`yunzu manifests diff` shows them")
    written = [one for one in copies if one.state in ("changed", "missing")]
    if dry_run:
        return written
    for one in written:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_text(text(one.approved), "utf-8")
    _remember(tenants, [*written, *(one for one in copies if one.state == "same")])
    return written


def rebase(tenants: Path, copies: Iterable[Copy]) -> None:
    """What files say as it is approved was written from that."""
    _remember(tenants, [one for one in copies if one.state == "same"])


def _remember(tenants: Path, copies: Iterable[Copy]) -> None:
    bases = _bases(tenants) | {one.id: one.approved_hash for one in copies if one.approved_hash}
    tenants.mkdir(parents=True, exist_ok=True)
    kept = json.dumps(dict(sorted(bases.items())), indent=1)
    (tenants / BASE_FILE).write_text(kept + "\n", "utf-8")


def _is_untouched(one: Copy) -> bool:
    """Whether the file says what it said when it was pulled."""
    return one.mine is not None and manifest_hash(one.mine) == one.base


def _bases(tenants: Path) -> dict[str, str]:
    file = tenants / BASE_FILE
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(str(file), "is not JSON", "remove it and `yunzu manifests pull`") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise UsageError(str(file), "does not map ids to hashes", "remove it and `yunzu manifests pull`")
    return found


class StaleError(RefusedError):
    """Files that were written from another content than what is approved now; nothing was filed."""

    def __init__(self, stale: list[Copy]) -> None:
        self.stale = stale
        names = ", ".join(one.id for one in stale)
        fact = "was not written from what is approved now"
        super().__init__(
            names, fact, "`yunzu manifests pull` where it is unedited, else take over both changes"
        )


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was asked for one file: its requests as they are now; `left`: why the rest is not asked yet."""

    copy: Copy
    requests: tuple[Request, ...]
    left: str = ""


def push(copies: Iterable[Copy], asking: Asking) -> list[Pushed]:
    """Ask for whatever differs, as one bundle (全程代办); what rules grant is granted and not delivered yet.

    Raises StaleError before anything is filed, and what `asking.ask` raises.
    """
    wanted = [one for one in copies if one.state in ("changed", "new")]
    if stale := [one for one in wanted if one.is_stale]:
        raise StaleError(stale)
    bundle = asking.bundle or f"push-{secrets.token_hex(4)}"
    return [_pushed(one, bundle, asking) for one in wanted]


def _pushed(one: Copy, bundle: str, asking: Asking) -> Pushed:
    assert isinstance(one.mine, KINDS)  # noqa: S101 - what is only approved is not pushed
    left = ""
    try:
        numbers = [request.number for request in ask(one.mine, replace(asking, bundle=bundle))]
    except UndecidedError as waiting:
        numbers, left = [waiting.number], waiting.fact
    with asking.office.records.transaction() as connection:
        found = tuple(requests.find(connection, number) for number in numbers)
    return Pushed(one, found, left)
