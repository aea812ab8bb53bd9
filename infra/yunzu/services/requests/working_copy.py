"""The working copy: manifests as files, and which approved content each of them was written from.

What is approved is the truth, and the centre tells it; files are how people edit. `.yunzu-base` beside them
keeps the hash that each was pulled at, so that a file that was overtaken is not asked for unseen.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal, cast

import yaml

from yunzu.errors import RefusedError, UsageError
from yunzu.model.answers.manifests import AskedAnswer
from yunzu.model.hashes import manifest_hash
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.services.manifest_tree import DEPARTMENT_FILE, ENVIRONMENTS
from yunzu.services.manifests import Catalogue
from yunzu.services.requests.truth import identity

BASE_FILE = ".yunzu-base"
Kept = Department | Environment
"""What is kept as files."""
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
    approved: Kept | None
    mine: Kept | None

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


@dataclass(frozen=True, slots=True)
class Approvals:
    """What the centre says is approved, by kind and id; `department`: whose alone, None: everybody's.

    `past` tells what was approved at some time, by kind and hash; None where the centre does not know it.
    """

    department: str | None
    approved: Mapping[tuple[str, str], Kept]
    past: Callable[[str, str], Kept | None]

    def base(self, key: tuple[str, str], base: str | None) -> Kept | None:
        """What a file was written from; only what has been overtaken is asked for."""
        if base is None:
            return None
        now = self.approved.get(key)
        return now if now is not None and manifest_hash(now) == base else self.past(key[0], base)


def compare(tenants: Path, files: Catalogue, truth: Approvals) -> list[Copy]:
    """Every department and environment, approved or in a file, departments first; of one department, if it
    is told of no other.

    Raises UsageError for a base file that cannot be read.
    """
    bases = _bases(tenants)
    every: list[Kept] = [*files.departments.values(), *files.environments.values()]
    mine = {
        identity(one): one for one in every if truth.department in {None, identity(one)[1].partition("/")[0]}
    }
    found = []
    for key in sorted(truth.approved.keys() | mine.keys()):
        kind, identifier = key
        base = bases.get(identifier)
        said = text(truth.base(key, base))
        where = place(tenants, identifier)
        found.append(Copy(kind, identifier, where, base, said, truth.approved.get(key), mine.get(key)))
    return found


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


def base_of(tenants: Path, manifest: Manifest) -> str | None:
    """The hash that a file was pulled at; None where it was not. Raises UsageError as `compare` does."""
    return _bases(tenants).get(identity(manifest)[1])


def now_approved(tenants: Path, manifest: Manifest) -> None:
    """What a pulled file says is approved: what it is edited to next is written from that."""
    bases, identifier = _bases(tenants), identity(manifest)[1]
    if identifier in bases:
        _keep(tenants, bases | {identifier: manifest_hash(manifest)})


def rebase(tenants: Path, copies: Iterable[Copy]) -> None:
    """What files say as it is approved was written from that."""
    _remember(tenants, [one for one in copies if one.state == "same"])


def _remember(tenants: Path, copies: Iterable[Copy]) -> None:
    _keep(tenants, _bases(tenants) | {one.id: one.approved_hash for one in copies if one.approved_hash})


def _keep(tenants: Path, bases: Mapping[str, str]) -> None:
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
class Filed:
    """A request for what a file says; `number` None: it was rehearsed."""

    number: str | None
    item: str
    state: str
    bundle: str | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was asked for one file: its requests as they are now; `left`: why the rest is not asked yet."""

    copy: Copy
    requests: tuple[Filed, ...]
    left: str = ""


Ask = Callable[[Copy, tuple[Kept, ...], str], AskedAnswer]
"""Asks for what a file says, after those that were asked for before it, in a bundle."""


def push(copies: Iterable[Copy], ask: Ask) -> list[Pushed]:
    """Ask for whatever differs, as one bundle (全程代办); what rules grant is granted and not delivered yet.

    Raises StaleError before anything is filed, and what `ask` raises.
    """
    edited = [one for one in copies if one.state in ("changed", "new")]
    if stale := [one for one in edited if one.is_stale]:
        raise StaleError(stale)
    bundle = f"push-{secrets.token_hex(4)}"
    wanted = [cast("Kept", one.mine) for one in edited]
    asked = [ask(one, tuple(wanted[:index]), bundle) for index, one in enumerate(edited)]
    return [_pushed(one, answer) for one, answer in zip(edited, asked, strict=True)]


def _pushed(one: Copy, answer: AskedAnswer) -> Pushed:
    if waiting := answer.waiting:
        filed = Filed(waiting.request, waiting.item, waiting.state, waiting.bundle)
        return Pushed(one, (filed,), waiting.problem.fact)
    return Pushed(one, tuple(Filed(each.id, each.item, each.state, each.bundle) for each in answer.requests))
