"""Manifests with the files they were read from, so that each fault is said where it can be put right."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from yunzu.findings import Finding
from yunzu.model.items import Item
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.reading import Read, read_manifest
from yunzu.model.text import escaped, shown

Named = TypeVar("Named", Department, Environment, Plan, Item)

Placed = list[tuple[Path, Read]]
"""Manifests that could be read, each with its file."""


def read_all(model: type[Read], files: Iterable[Path], findings: list[Finding]) -> Placed[Read]:
    """All that can be read; what is wrong with the others is appended to `findings`."""
    placed = []
    for file in files:
        manifest, faults = read_manifest(model, file)
        findings.extend(faults)
        if manifest is not None:
            placed.append((file, manifest))
    return placed


def at(file: Path, path: str, code: str, message: str) -> Finding:
    """A finding at a place of a file, which strangers may have named."""
    return Finding(escaped(str(file)), path, code, message)


def misplaced(file: Path, identifier: str, place: str) -> Iterator[Finding]:
    """A finding where an id is not the one that the file's place says."""
    if identifier != place:
        message = f"is '{identifier}', and its place says {shown(place)}; make them equal"
        yield at(file, "id", "misplaced", message)


def twice(
    kind: str, placed: Iterable[tuple[Path, Named]], path: str, key: Callable[[Named], str]
) -> Iterator[Finding]:
    """A finding for each manifest whose key another has already."""
    first: dict[str, Path] = {}
    for file, one in placed:
        other = first.setdefault(key(one), file)
        if other != file:
            yield at(
                file, path, "taken", f"{kind} '{key(one)}' is also in {escaped(str(other))}; choose another"
            )


def by_id(placed: Placed[Named]) -> dict[str, Named]:
    """Id -> manifest, sorted."""
    return {one.id: one for _, one in sorted(placed, key=lambda item: item[1].id)}
