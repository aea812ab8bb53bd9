"""Fixtures of the faults: tenants, the command in its own process, and what an undisturbed life looks like.

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
from tests.support.tenants import Tenants, tenants_on
from yunzu.model.connections import Connections
from yunzu.records import environments as registry


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: every side effect one by one; minutes, run by `make faults`")


LONG_S = 900
"""Whole lives of environments, several a test, beside other tests."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent != Path(__file__).parent:
            continue
        item.add_marker(pytest.mark.faults)  # a worker that another file has started would deliver for them
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_S))
    if "faults" in config.getoption("markexpr"):
        return
    exhaustive = [item for item in items if item.get_closest_marker("faults")]
    if exhaustive:
        config.hook.pytest_deselected(items=exhaustive)
        items[:] = [item for item in items if item not in exhaustive]


@pytest.fixture(scope="session")
def tenants(centre: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of the faults' tests."""
    with tenants_on(centre, tmp_path_factory.mktemp("tenants")) as made:
        yield made
        erase = Command(centre.home, made.directory)
        with ThreadPoolExecutor(AT_ONCE) as pool:  # what is gone already costs nothing
            list(pool.map(lambda one: erase.destroy(one, erase=True), dict.fromkeys(made._applied)))


@pytest.fixture(scope="session")
def command(centre: Connections, tenants: Tenants) -> Command:
    """The `yunzu` command on the shared centre, in processes of its own."""
    return Command(centre.home, tenants.directory)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A centre beside the shared one, to be mistreated."""
    with own_centre(tmp_path_factory.mktemp("own")) as started:
        yield started


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
