"""Fixtures of the requests' tests: an office on records of its own, whose clock a test moves.

Records are prepared once and copied by PostgreSQL, which takes a twentieth of the time.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import As, Served, serving
from tests.support.command import Command
from tests.support.engine import centre_of, empty_database, new_database, records_server
from tests.support.office import Desk, desk_of, open_office
from yunzu.clients.api import Api
from yunzu.model.connections import Postgres
from yunzu.records.centre import prepare
from yunzu.records.database import Records

__all__ = ["empty_database", "records_server"]


@pytest.fixture(scope="session")
def opened(records_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Records of a centre whose office is open, and nothing was asked for yet but a department."""
    with new_database(records_server, f"opened_{time.monotonic_ns()}") as database:
        prepare(centre_of(database, tmp_path_factory.mktemp("home")))
        with Records(database) as records:
            open_office(records)
        yield database


@pytest.fixture
def desk(opened: Postgres) -> Iterator[Desk]:
    """An office with the shipped items, plans and people, and the transport bureau registered."""
    with (
        new_database(opened, f"desk_{time.monotonic_ns()}", template=opened.database) as database,
        Records(database) as records,
    ):
        yield desk_of(records)


@pytest.fixture
def small_office(records_server: Postgres, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Opens an office whose Capacity manifest differs."""
    with new_database(records_server, f"small_{time.monotonic_ns()}") as database:
        prepare(centre_of(database, tmp_path))
        with Records(database) as records:

            def open_with(**capacity: object) -> Desk:
                open_office(records, **capacity)
                return desk_of(records)

            yield open_with


@pytest.fixture
def served(desk: Desk, tmp_path: Path) -> Iterator[Served]:
    """The API of the desk's office."""
    with serving(desk.office, tmp_path / "pki") as running:
        yield running


@pytest.fixture
def as_(desk: Desk, served: Served) -> Iterator[As]:
    """Opens clients of that API, which are closed at the end."""
    opened: list[Api] = []

    def client(role: str, of: str | None = None, **more: Any) -> Api:
        actor = desk.person(role, of) if of else desk.officer(role)
        opened.append(served.bearer(served.token(actor.account, **more)))
        return opened[-1]

    yield client
    for one in opened:
        one.close()


@pytest.fixture
def yunzu(desk: Desk, served: Served, tmp_path: Path) -> Command:
    """The command of an operator of the centre, on an API of the desk's office."""
    token = served.token(desk.officer("operator").account)
    return Command(tmp_path, tmp_path, YUNZU_URL=served.url, YUNZU_CA_FILE=str(served.ca), YUNZU_TOKEN=token)
