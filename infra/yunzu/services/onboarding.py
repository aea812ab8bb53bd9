"""Onboard a department: every environment of its directory brought up and proven as its tenant."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yunzu.errors import NotFoundError
from yunzu.services import environments, verification
from yunzu.services.centre import Centre, OnEvent, Preview
from yunzu.services.departments import summary
from yunzu.services.environments import Applied
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe
from yunzu.services.verification import OnProbe


@dataclass(frozen=True, slots=True)
class Onboarded:
    """One environment after onboarding: what was done, and each probe made as the tenant."""

    applied: Applied
    probes: tuple[Probe, ...]

    @property
    def ok(self) -> bool:
        return all(probe.ok for probe in self.probes)


def identifiers(directory: Path, catalogue: Catalogue) -> tuple[str, ...]:
    """Environments of the department whose directory this is. Raises NotFoundError when there are none."""
    found = summary(directory.resolve().name, catalogue).environments
    if not found:
        raise NotFoundError(str(directory), "holds no environment", "write one under environments/")
    return found


def preview(directory: Path, *, catalogue: Catalogue, centre: Centre) -> Iterator[tuple[str, Preview]]:
    """What onboarding would change, an environment at a time."""
    for identifier in identifiers(directory, catalogue):
        yield identifier, environments.preview(identifier, catalogue=catalogue, centre=centre)


def onboard(
    directory: Path,
    *,
    catalogue: Catalogue,
    centre: Centre,
    on_event: OnEvent | None = None,
    on_probe: OnProbe | None = None,
) -> Iterator[Onboarded]:
    """Apply and verify each environment, in the order of their ids, each yielded when it is done."""
    for identifier in identifiers(directory, catalogue):
        applied = environments.apply(identifier, catalogue=catalogue, centre=centre, on_event=on_event)
        probes = verification.verify(identifier, catalogue=catalogue, centre=centre, on_probe=on_probe)
        yield Onboarded(applied, tuple(probes))
