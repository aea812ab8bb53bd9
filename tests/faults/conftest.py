"""Fixtures of the faults: a centre for them, what acts on it, and what an undisturbed life looks like.

Tests marked `faults` are the exhaustive ones; they run with `-m faults` (`make faults`) only.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.digest import Document
from tests.support.killing import Command
from tests.support.lives import AT_ONCE, Life
from tests.support.own_centre import Own, own_centre
from tests.support.tenants import Tenants
from yunzu.model.connections import Connections
from yunzu.records import environments as registry
from yunzu.settings import Settings

LONG_S = 900
"""Whole lives of environments, several a test, beside other tests."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_S))


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """The centre of the faults: no worker delivers there, no API answers, and it may be mistreated."""
    with own_centre(tmp_path_factory.mktemp("own")) as started:
        yield started


@pytest.fixture(scope="session")
def centre_settings(own: Own) -> Settings:
    """Not those of the centre that other tests share: what they start there would deliver in our stead."""
    return own.settings


@pytest.fixture(scope="session")
def centre(own: Own) -> Connections:
    return own.tenants.centre.connections


@pytest.fixture(scope="session")
def tenants(own: Own) -> Tenants:
    """Tenants of the faults' tests; they end with their centre."""
    return own.tenants


@pytest.fixture(scope="session")
def command(own: Own) -> Command:
    """What is done to them, in processes of its own."""
    return own.command


@pytest.fixture(scope="session")
def attended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A centre beside it as `yunzu up` leaves one: the API answers, and workers deliver."""
    with own_centre(tmp_path_factory.mktemp("attended")) as started:
        ran = started.command.run("up")
        assert ran.code == 0, ran
        yield started


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a long test began is erased after it: the pool has room for some forty environments."""
    if "tenants" not in request.fixturenames or not request.node.get_closest_marker("faults"):
        yield
        return
    tenants: Tenants = request.getfixturevalue("tenants")
    before = len(tenants._applied)
    yield
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(tenants.erase, set(tenants._applied[before:])))


@dataclass(frozen=True)
class Undisturbed:
    """Digests of one life without faults, and the side effects it took."""

    applied: Document
    erased: Document
    applying: tuple[str, ...]
    erasing: tuple[str, ...]


@pytest.fixture(scope="session")
def undisturbed(tenants: Tenants, command: Command) -> Undisturbed:
    """Applied and erased."""
    life = Life(tenants, command)
    applying = command.apply(life.identifier)
    assert applying.code == 0, applying
    applied = life.digest()
    erasing = command.destroy(life.identifier, erase=True)
    assert erasing.code == 0, erasing
    return Undisturbed(applied, life.digest(), applying.effects, erasing.effects)


def whole_life(tenants: Tenants, command: Command, *, erase: bool) -> tuple[Document, Document, int]:
    """Digests of an environment taken down and brought back, and the number of side effects of the former."""
    life = Life(tenants, command)
    assert command.apply(life.identifier).code == 0
    destroying = command.destroy(life.identifier, erase=erase)
    assert destroying.code == 0, destroying
    destroyed = life.digest()
    assert command.apply(life.identifier).code == 0
    return destroyed, life.digest(), len(destroying.effects)


def enrolled(tenants: Tenants, identifier: str) -> str:
    """The uid of an environment of which nothing exists yet."""
    environment = tenants.catalogue.environment(identifier)
    return registry.enrol(
        tenants.centre.records,
        tenants.centre.id,
        environment.department,
        environment.name,
        plan=environment.plan,
    ).uid
