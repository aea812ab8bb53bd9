"""Fixtures of the services' tests: tenants on the shared centre; they are erased afterwards."""

from collections.abc import Iterator

import pytest

from tests.support.tenants import Tenants, tenants_on
from yunzu.model.connections import Connections


@pytest.fixture(scope="module")
def tenants(centre: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of one test module."""
    with tenants_on(centre, tmp_path_factory.mktemp("tenants")) as made:
        yield made
