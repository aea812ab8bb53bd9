"""The order of a demonstration: onboard seven departments, load their data, prove all, say what to try."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from yunzu import naming
from yunzu.errors import NotFoundError
from yunzu.model.answers.outcomes import Outcome
from yunzu.services.demo import packages
from yunzu.services.demo.cast import DEPARTMENTS
from yunzu.services.demo.loading import load
from yunzu.services.demo.shapes import Loaded, Progress
from yunzu.services.demo.tenancy import Bindings


class Brought(Protocol):
    """One environment brought to its manifest, by which request, in which time."""

    @property
    def id(self) -> str: ...
    @property
    def request(self) -> str | None: ...
    @property
    def outcome(self) -> Outcome: ...


class Probe(Protocol):
    """One door tried as the tenant."""

    @property
    def name(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """One environment of the demonstration; `seconds` for onboarding, loading and proving it."""

    id: str
    namespace: str
    seconds: float
    loaded: tuple[Loaded, ...]
    probes: tuple[Probe, ...]
    request: str | None = None

    @property
    def tables(self) -> int:
        return sum(one.kind == "table" for one in self.loaded)

    @property
    def rows(self) -> int:
        return sum(one.rows or 0 for one in self.loaded)

    @property
    def objects(self) -> int:
        return sum(one.kind == "object" for one in self.loaded)

    @property
    def ok(self) -> bool:
        return all(probe.ok for probe in self.probes) and all(one.complete for one in self.loaded)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the whole came to; `changed` counts tables and objects that this run wrote."""

    items: tuple[Arrival, ...]
    seconds: float
    changed: int
    next_steps: tuple[tuple[str, str], ...]

    @property
    def ok(self) -> bool:
        return all(item.ok for item in self.items)


def demonstrate(
    tenants: Path,
    *,
    onboard: Callable[[Path], Sequence[Brought]],
    bindings: Callable[[str], Bindings],
    verify: Callable[[str], Sequence[Probe]],
    full: bool,
    progress: Progress,
) -> Demonstration:
    """Onboard and load one department after the other, then prove every environment.

    Proof comes last because each environment tries every other's doors, and they must all be there.
    `onboard` brings up a department's directory, `bindings` reads an environment's Secrets, `verify`
    probes it. Raises UnreachableError before anything is changed when a data package is missing,
    NotFoundError when a department's directory is.
    """
    begun = time.monotonic()
    cast = directories(tenants)
    seconds: dict[str, float] = {}
    requests: dict[str, str | None] = {}
    loaded: dict[str, tuple[Loaded, ...]] = {}
    for done, directory in enumerate(cast):
        progress("nantong", done, len(cast), f"onboard {directory.name}")
        for brought in onboard(directory):
            started = time.monotonic()
            loaded[brought.id] = tuple(load(brought.id, bindings(brought.id), full=full, progress=progress))
            seconds[brought.id] = brought.outcome.seconds + time.monotonic() - started
            requests[brought.id] = brought.request
    progress("nantong", len(cast), len(cast), "onboarded")
    proven = _proven(loaded, seconds, verify, progress)
    arrivals = tuple(replace(one, request=requests[one.id]) for one in proven)
    changed = sum(one.state in ("loaded", "replaced") for item in arrivals for one in item.loaded)
    return Demonstration(arrivals, time.monotonic() - begun, changed, next_steps(tenants))


def directories(tenants: Path) -> list[Path]:
    """Of the cast's departments. Raises UnreachableError when a data package is missing, NotFoundError."""
    packages.require()
    return [_directory(tenants, name) for name in DEPARTMENTS]


def _directory(tenants: Path, department: str) -> Path:
    directory = tenants / department
    if not (directory / "department.yaml").is_file():
        raise NotFoundError(
            str(directory),
            "holds no department.yaml of the demonstration",
            "run the command in yunzu's checkout, or say where its manifests are with --tenants",
        )
    return directory


def _proven(
    loaded: dict[str, tuple[Loaded, ...]],
    seconds: dict[str, float],
    verify: Callable[[str], Sequence[Probe]],
    progress: Progress,
) -> tuple[Arrival, ...]:
    arrivals = []
    for done, (identifier, cargo) in enumerate(loaded.items(), start=1):
        started = time.monotonic()
        probes = tuple(verify(identifier))
        spent = seconds[identifier] + time.monotonic() - started
        namespace = naming.namespace(*identifier.split("/"))
        arrivals.append(Arrival(identifier, namespace, spent, cargo, probes))
        green = sum(probe.ok for probe in probes)
        progress("verify", done, len(loaded), f"{identifier}: {green} of {len(probes)} probes ok")
    return tuple(arrivals)


def next_steps(tenants: Path) -> tuple[tuple[str, str], ...]:
    """Commands that a newcomer should try, each with what it shows."""
    first = "transport/flights-prod"
    return (
        ("yunzu status", "every server of the centre, its address and its certificate"),
        ("yunzu env list", "the environments and their rights of use"),
        (f"yunzu env show {first}", "one environment: namespace, databases, buckets, lease"),
        (f"yunzu env verify {first}", "prove it again: its own doors open, every other one shut"),
        (
            f"yunzu env credentials {first} --account yanzhiyuan",
            "hand its credentials to the steward: once, then only where the Secret is",
        ),
        (
            f"yunzu env kubeconfig {first} --account luxingzhou > flights.kubeconfig",
            "an hour's access for its developer; kubectl then does what that role may, no more",
        ),
        (f"yunzu env plan {first}", "what apply would change now: nothing"),
        (
            f"yunzu env apply {first}",
            f"after an edit of {tenants}/{first.replace('/', '/environments/')}.yaml: only that is changed",
        ),
    )
