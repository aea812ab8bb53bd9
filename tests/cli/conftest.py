"""Fixtures of the command's tests: one environment on the shared centre, and the command that knows it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.bureau import QUOTA, Bureau, bureau_of
from tests.support.command import Command, Ended
from tests.support.elsewhere import Elsewhere, elsewhere_of
from tests.support.tenants import Tenants, outlives, tenants_on
from yunzu.model.connections import Connections
from yunzu.settings import Settings


@pytest.fixture(scope="session")
def tenants(centre: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of all tests of the command."""
    with tenants_on(centre, tmp_path_factory.mktemp("tenants")) as made:
        yield made


@pytest.fixture(scope="session")
def opened(centre_settings: Settings, tenants: Tenants) -> Ended:
    """The `up` with which the centre's office opened; workers are there since."""
    return Command(centre_settings.home, tenants.directory)("up")


@pytest.fixture(scope="session")
def yunzu(centre_settings: Settings, tenants: Tenants, opened: Ended) -> Command:
    """The command, on the shared centre and the tenants' manifests."""
    assert opened.code == 0
    return Command(centre_settings.home, tenants.directory)


@pytest.fixture(scope="session")
def applied(tenants: Tenants) -> str:
    """An environment with one database and one bucket that tests may look at, and leave as it is."""
    identifier = tenants.one()
    tenants.apply(identifier)
    return identifier


@pytest.fixture(scope="module")
def bureau(
    yunzu: Command, opened: Ended, centre: Connections, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bureau]:
    """A department with a large quota at the office of the shared centre."""
    with (
        tenants_on(centre, tmp_path_factory.mktemp("bureau")) as own,
        bureau_of(yunzu, own, quota=QUOTA) as made,
    ):
        made.opened = opened
        yield made

        def erase(identifier: str) -> None:
            yunzu.run("env", "destroy", identifier, "--erase-data", "--confirm", identifier)

        if outlives():
            with ThreadPoolExecutor(4) as pool:  # each waits five idle seconds for its namespace
                list(pool.map(erase, dict.fromkeys(own._applied)))


@pytest.fixture
def elsewhere(yunzu: Command) -> Iterator[Elsewhere]:
    """Where the centre's home cannot be read."""
    with elsewhere_of(yunzu) as made:
        yield made


@pytest.fixture
def offline(tmp_path: Path) -> Command:
    """The command where no centre is, with an empty directory of manifests."""
    (tmp_path / "tenants").mkdir()
    return Command(tmp_path / "home", tmp_path / "tenants")
