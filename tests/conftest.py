"""Fixtures of all tests. Real servers: the first test that asks for `centre` starts them."""

from collections.abc import Iterator

import pytest

from tests.support.centre import quiet, shared_home
from yunzu.embedded import bootstrap
from yunzu.model.connections import Connections
from yunzu.settings import Settings


@pytest.fixture(scope="session")
def centre_settings() -> Iterator[Settings]:
    """Settings of the shared centre."""
    with shared_home() as home:
        yield Settings(home=home)


@pytest.fixture(scope="session")
def centre(centre_settings: Settings) -> Connections:
    """The one embedded centre of this run. Tests share it: use own names, and leave its servers running."""
    return bootstrap.up(centre_settings, progress=quiet)
