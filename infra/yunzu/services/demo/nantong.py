"""`yunzu demo nantong`: the demonstration on a real centre."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from yunzu import naming
from yunzu.services import bindings, onboarding, verification
from yunzu.services.centre import Centre, Preview
from yunzu.services.demo.demonstration import Demonstration, demonstrate, directories
from yunzu.services.demo.shapes import Progress
from yunzu.services.demo.showcase import Summary, showcase, summary
from yunzu.services.demo.tenancy import Bindings
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe
from yunzu.services.requests.bringing import Bringing, Brought, bring_all


def preview(tenants: Path, *, centre: Centre, catalogue: Catalogue) -> Iterator[tuple[str, Preview]]:
    """What onboarding the cast would change, an environment at a time. Raises what `demonstrate` does."""
    for directory in directories(tenants):
        yield from onboarding.preview(directory, catalogue=catalogue, centre=centre)


def nantong(
    tenants: Path,
    by: Bringing,
    *,
    catalogue: Catalogue,
    full: bool,
    progress: Progress,
) -> tuple[Demonstration, Summary]:
    """Ask for the cast and their environments from the directory `tenants`, load their data, prove all; then
    show what requests are like.

    Raises what `demonstrate`, `bringing.bring_all` and `verification.verify` raise.
    """
    centre = by.with_.centre

    def onboard(directory: Path) -> Sequence[Brought]:
        found = onboarding.identifiers(directory, catalogue)
        wanted = [catalogue.environment(identifier) for identifier in found]
        return list(bring_all(catalogue.department(directory.name), wanted, by, prove=False))

    def handed(identifier: str) -> Bindings:
        found = catalogue.environment(identifier)
        secrets = [naming.database_secret(claim.name) for claim in found.databases]
        secrets += [naming.bucket_secret(claim.name) for claim in found.buckets]
        return {name: bindings.read(found.namespace, name, centre=centre) for name in secrets}

    def verify(identifier: str) -> Sequence[Probe]:
        return verification.verify(identifier, catalogue=catalogue, centre=centre)

    found = demonstrate(
        tenants, onboard=onboard, bindings=handed, verify=verify, full=full, progress=progress
    )
    progress("nantong", 0, 1, "requests: reviewed, paused, denied, bundled, at the edge")
    shown = showcase(by)
    numbers = [item.request for item in found.items if item.request]
    return found, summary(by, numbers, shown)
