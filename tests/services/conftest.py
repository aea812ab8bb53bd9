"""Fixtures of the services' tests: a prepared centre, and tenants that are erased afterwards."""

from collections.abc import Iterator

import pytest

from tests.support.tenants import Tenants, tenants_on
from yunzu.model.connections import Connections
from yunzu.services.preparing import prepare


@pytest.fixture(scope="session")
def prepared(centre: Connections) -> Connections:
    """The shared centre with its records and roles, as `yunzu up` leaves it."""
    prepare(centre, centre.cluster)
    return centre


@pytest.fixture(scope="module")
def tenants(prepared: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of one test module."""
    with tenants_on(prepared, tmp_path_factory.mktemp("tenants")) as made:
        yield made
