"""Fixtures of all tests. Real servers: the first test that asks for `centre` starts them."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest

from tests.support.centre import open_office, quiet, shared_home
from yunzu.embedded import bootstrap
from yunzu.model.connections import Connections
from yunzu.services.preparing import prepare
from yunzu.settings import Settings

hypothesis.settings.register_profile("beside servers", deadline=None)  # an example waits when they work
hypothesis.settings.load_profile("beside servers")


def pytest_configure() -> None:
    """A shell starts background jobs with SIGINT ignored, and what we start would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def centre_settings() -> Iterator[Settings]:
    """Settings of the shared centre."""
    with shared_home() as home:
        yield Settings(home=home)


@pytest.fixture(scope="session")
def centre(centre_settings: Settings) -> Connections:
    """The one embedded centre of this run, as `yunzu up` leaves it.

    Tests share it: use own names, and leave its servers running.
    """
    connections = bootstrap.up(centre_settings, progress=quiet)
    prepare(connections, bootstrap.administrator(centre_settings))
    open_office(centre_settings)
    return connections
