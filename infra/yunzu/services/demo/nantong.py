"""`yunzu demo nantong`: the demonstration on a real centre."""

from collections.abc import Callable, Sequence
from pathlib import Path

from yunzu import naming
from yunzu.model.manifests import Department, Environment
from yunzu.services import bindings, verification
from yunzu.services.centre import Centre
from yunzu.services.demo.demonstration import Brought, Demonstration, demonstrate
from yunzu.services.demo.shapes import Progress
from yunzu.services.demo.showcase import Means, Summary, showcase, summary
from yunzu.services.demo.tenancy import Bindings
from yunzu.services.departments import identifiers
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe

Bring = Callable[[Department, Sequence[Environment]], Sequence[Brought]]
"""Brings a department and environments of it to their manifests, through requests."""


def nantong(
    tenants: Path,
    bring: Bring,
    by: Means,
    *,
    centre: Centre,
    catalogue: Catalogue,
    full: bool,
    progress: Progress,
) -> tuple[Demonstration, Summary]:
    """Ask for the cast and their environments from the directory `tenants`, load their data, prove all; then
    show what requests are like.

    Raises what `demonstrate`, `bring` and `verification.verify` raise.
    """

    def onboard(directory: Path) -> Sequence[Brought]:
        wanted = [catalogue.environment(one) for one in identifiers(directory, catalogue)]
        return bring(catalogue.department(directory.name), wanted)

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
