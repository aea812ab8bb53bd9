"""`yunzu demo nantong`: the demonstration on a real centre."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from yunzu import naming
from yunzu.services import bindings, environments, onboarding, verification
from yunzu.services.centre import Centre, OnEvent, Preview
from yunzu.services.demo.demonstration import Demonstration, demonstrate, directories
from yunzu.services.demo.shapes import Progress
from yunzu.services.demo.tenancy import Bindings
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe


def preview(tenants: Path, *, centre: Centre, catalogue: Catalogue) -> Iterator[tuple[str, Preview]]:
    """What onboarding the cast would change, an environment at a time. Raises what `demonstrate` does."""
    for directory in directories(tenants):
        yield from onboarding.preview(directory, catalogue=catalogue, centre=centre)


def nantong(
    tenants: Path,
    *,
    centre: Centre,
    catalogue: Catalogue,
    full: bool,
    progress: Progress,
    on_event: OnEvent | None = None,
) -> Demonstration:
    """Onboard the cast from the directory `tenants`, load their data and prove every environment.

    Raises what `demonstrate`, `environments.apply` and `verification.verify` raise.
    """

    def onboard(directory: Path) -> Sequence[environments.Applied]:
        return [
            environments.apply(identifier, catalogue=catalogue, centre=centre, on_event=on_event)
            for identifier in onboarding.identifiers(directory, catalogue)
        ]

    def handed(identifier: str) -> Bindings:
        found = catalogue.environment(identifier)
        secrets = [naming.database_secret(claim.name) for claim in found.databases]
        secrets += [naming.bucket_secret(claim.name) for claim in found.buckets]
        return {name: bindings.read(found.namespace, name, centre=centre) for name in secrets}

    def verify(identifier: str) -> Sequence[Probe]:
        return verification.verify(identifier, catalogue=catalogue, centre=centre)

    return demonstrate(tenants, onboard=onboard, bindings=handed, verify=verify, full=full, progress=progress)
