"""Onboard a department: itself and every environment of its directory asked for, brought up and proven."""

from collections.abc import Iterator
from pathlib import Path

from yunzu.errors import NotFoundError
from yunzu.services import environments
from yunzu.services.centre import Centre, Preview
from yunzu.services.departments import summary
from yunzu.services.manifests import Catalogue
from yunzu.services.requests import bringing
from yunzu.services.requests.bringing import Bringing, Brought


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


def onboard(directory: Path, by: Bringing, *, catalogue: Catalogue) -> Iterator[Brought]:
    """Register the department, then bring and prove each environment, in the order of their ids, each
    yielded when it is done. Raises as `bringing.bring`."""
    wanted = [catalogue.environment(one) for one in identifiers(directory, catalogue)]
    department = catalogue.department(directory.resolve().name)
    yield from bringing.bring_all(department, wanted, by, prove=True)
