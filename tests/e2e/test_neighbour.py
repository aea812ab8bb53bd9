"""A second centre on the first one's cluster, PostgreSQL and S3: neither sees or touches the other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.digest import digest
from tests.support.neighbours import POOL, Neighbour, neighbour, session
from tests.support.tenants import Tenants, tenants_on
from yunzu.errors import NotFoundError, NotOursError, RefusedError
from yunzu.model.connections import Connections
from yunzu.services import inventory, removal, verification
from yunzu.services.probes import failed


@pytest.fixture(scope="module")
def second(centre: Connections) -> Iterator[Neighbour]:
    """The second centre, prepared once its login was granted what it needs."""
    with neighbour(centre) as made:
        made.start()
        with pytest.raises(RefusedError, match="yunzu preflight"):
            made.prepare()
        made.grant()
        assert made.prepare() == []
        yield made


@pytest.fixture(scope="module")
def here(centre: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of the first centre."""
    with tenants_on(centre, tmp_path_factory.mktemp("here")) as made:
        yield made


@pytest.fixture(scope="module")
def there(second: Neighbour, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of the second centre."""
    with tenants_on(second.start(), tmp_path_factory.mktemp("there")) as made:
        yield made


def test_its_administrators_are_no_superusers(second: Neighbour) -> None:
    with session(second.start().pools[POOL]) as connection:
        rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(rights).fetchone() == (False, True, True)
    with session(second.host.records) as connection:
        rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s"
        assert connection.execute(rights, [second.word + "@"]).fetchone() == (False, True, False)


def test_namespace_of_the_same_name_is_refused_and_both_stay_as_they_were(
    here: Tenants, there: Tenants
) -> None:
    identifier = here.one()
    here.apply(identifier)
    before = digest(here.centre, identifier)
    there.department(identifier.split("/")[0])
    there.environment(identifier)

    with pytest.raises(NotOursError) as refused:
        there.apply(identifier)

    assert refused.value.exit_code == 3
    assert here.centre.id in str(refused.value)
    assert digest(here.centre, identifier) == before
    with pytest.raises(NotFoundError):
        inventory.environment(identifier, there.centre.records)


def test_life_beside_a_neighbour_leaves_the_neighbour_alone(here: Tenants, there: Tenants) -> None:
    first, other = here.one(), there.one()
    here.apply(first)
    before = digest(here.centre, first)

    assert there.apply(other).changes.create > 15
    again = there.apply(other).changes
    assert (again.create, again.update, again.replace, again.delete) == (0, 0, 0, 0)
    for tenants, identifier in ((there, other), (here, first)):
        probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
        assert failed(probes) == []
    assert digest(here.centre, first) == before

    removal.destroy(other, erase=True, confirm=other, centre=there.centre)
    assert digest(here.centre, first) == before


def test_records_of_one_centre_are_refused_to_another(second: Neighbour, tmp_path: Path) -> None:
    """A copied setting, or a home that was thrown away: the records know whose they are."""
    settings = second.settings.model_copy(update={"home": tmp_path / "another"})
    stranger = Neighbour(second.host, settings, second.word)
    stranger.start()
    with pytest.raises(RefusedError, match="belongs to centre"):
        stranger.prepare()
