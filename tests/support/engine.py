"""Records on a real PostgreSQL, the real Pulumi CLI, and a provider whose things are files.

The files outlive processes, so that what a killed run left half made can be looked at. A file
`block-<name>` beside them holds up the creation of that thing until it is removed.
"""

# ruff: noqa: ARG002 - the signatures of the calls are the providers'

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
import pytest
from psycopg import sql
from pydantic import SecretStr

from tests.support.postgres import administrator, running_postgres
from yunzu.clients.ownership import Intents
from yunzu.embedded import tools
from yunzu.errors import NotOursError, RefusedError, UnreachableError
from yunzu.model.connections import Cluster, Connections, ObjectStore, Postgres
from yunzu.providers.protocol import Diff, Provider, Urn
from yunzu.records.centre import prepare
from yunzu.records.children import Child
from yunzu.records.database import Records
from yunzu.settings import Settings
from yunzu_stacks.state import Stack

CENTRE = "0badcafe"
IDENTITY_KEY = "5e" * 32


@pytest.fixture(scope="session")
def records_server() -> Iterator[Postgres]:
    """A PostgreSQL of this test run; every statement is in its log."""
    with running_postgres() as server:
        yield server


@contextmanager
def new_database(server: Postgres, name: str, template: str = "template1") -> Iterator[Postgres]:
    """A database of its own, empty or like another."""
    database = server.model_copy(update={"database": name})
    parts = (sql.Identifier(name), sql.Identifier(template))
    with administrator(server) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*parts))
    try:
        yield database
    finally:
        with administrator(server) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_database(records_server: Postgres) -> Iterator[Postgres]:
    with new_database(records_server, f"records_{time.monotonic_ns()}") as database:
        yield database


@pytest.fixture
def connections(empty_database: Postgres, tmp_path: Path) -> Connections:
    """A centre with prepared records; its other servers are not there."""
    made = centre_of(empty_database, tmp_path / "home")
    prepare(made)
    return made


@pytest.fixture
def records(connections: Connections) -> Iterator[Records]:
    with Records(connections.records) as opened:
        yield opened


def pulumi_cli() -> Path:
    """The CLI, where the product finds it too; the test is skipped where there is none."""
    try:
        return tools.find("pulumi", Settings()).path
    except UnreachableError as error:
        pytest.skip(str(error))


def centre_of(records: Postgres, home: Path, centre: str = CENTRE) -> Connections:
    home.mkdir(parents=True, exist_ok=True)
    nowhere = SecretStr("unused")
    return Connections(
        centre=centre,
        home=home,
        tools={"pulumi": pulumi_cli()},
        cluster=Cluster(kubeconfig=home / "none"),
        records=records,
        pools={},
        object_store=ObjectStore(
            driver="minio",
            endpoint="https://127.0.0.1:1",
            region="none",
            access_key=nowhere,
            secret_key=nowhere,
        ),
        identity_key=SecretStr(IDENTITY_KEY),
    )


class Things(Provider):
    """Things are files `<name>.json` in a directory, with their value and the owner that made them."""

    def __init__(self, directory: Path, effects: Intents, owner: str = "us") -> None:
        super().__init__("things", "1.0.0")
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.effects = effects
        self.owner = owner

    def identifier(self, urn: Urn, inputs: dict[str, Any]) -> str:
        return str(inputs["name"])

    def create(
        self, urn: Urn, inputs: dict[str, Any], *, preview: bool, timeout: float
    ) -> tuple[str, dict[str, Any]]:
        name = inputs["name"]
        if preview:
            return name, inputs
        if inputs.get("value") == "refuse":
            raise RefusedError(f"thing {name}", "is not wanted here", "choose another value")
        self.effects.intend("thing", name)
        self._make(name, inputs)
        wait_while(lambda: (self.directory / f"block-{name}").exists() and not self.cancelled.is_set())
        self.effects.intend("thing", f"{name}-finished")
        (self.directory / f"{name}.finished").touch()
        return name, inputs

    def _make(self, name: str, inputs: dict[str, Any]) -> None:
        file = self.directory / f"{name}.json"
        if file.exists() and json.loads(file.read_text())["owner"] != self.owner:
            raise NotOursError("thing", name, "somebody else's")
        file.write_text(json.dumps({"owner": self.owner, "value": inputs["value"]}))

    def diff(self, urn: Urn, identifier: str, old_inputs: Any, old_outputs: Any, new_inputs: Any) -> Diff:
        changed = [key for key in new_inputs if old_outputs.get(key) != new_inputs[key]]
        return Diff(changed, [key for key in changed if key == "name"], delete_before_replace=True)

    def read(self, urn: Urn, identifier: str, inputs: Any, outputs: Any) -> Any:
        file = self.directory / f"{identifier}.json"
        if not file.exists():
            return None
        live = {"name": identifier, "value": json.loads(file.read_text())["value"]}
        return live, live

    def update(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Any,
        old_outputs: Any,
        new_inputs: Any,
        *,
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        if not preview:
            self.effects.intend("thing", identifier)
            self._make(identifier, new_inputs)
        return dict(new_inputs)

    def delete(self, urn: Urn, identifier: str, inputs: Any, outputs: Any, *, timeout: float) -> None:
        self.effects.intend("thing", identifier)
        (self.directory / f"{identifier}.json").unlink(missing_ok=True)


class Thing(pulumi.CustomResource):
    def __init__(self, name: str, value: Any = "", **options: Any) -> None:
        super().__init__("things:index:Thing", name, {"name": name, "value": value}, **options)


def program(*names: str, value: Any = "v1") -> Callable[[], None]:
    """A program with these things, all of one value."""

    def declare() -> None:
        for name in names:
            Thing(name, value)
        pulumi.export("names", list(names))

    return declare


def wait_while(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    wait_while(lambda: not condition(), seconds)


def state_rows(database: Postgres) -> dict[str, str]:
    """All of Pulumi's state, decoded."""
    with administrator(database, database.database) as admin:
        rows = admin.execute(
            "SELECT key, convert_from(decode(data ->> 'data', 'base64'), 'UTF8') FROM pulumi.pulumi_state"
        )
        return dict(rows.fetchall())


class OtherProcess:
    """An `up` in another process, which a test may stop, kill or look into."""

    def __init__(
        self,
        connections: Connections,
        stack: Stack,
        things: Path,
        *names: str,
        value: str = "v1",
        watch_s: float = 1.0,
    ) -> None:
        self.file = things.parent / f"run-{time.monotonic_ns()}"
        given = {
            "connections": connections.model_dump(mode="json"),
            "password": connections.records.password.get_secret_value(),
            "identity_key": IDENTITY_KEY,
            "stack": stack.name,
            "uid": stack.uid,
            "things": str(things),
            "names": names,
            "value": value,
            "watch_s": watch_s,
        }
        self.file.write_text(json.dumps(given))
        command = [sys.executable, "-m", "tests.support.engine_run", str(self.file)]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[2])

    def result(self) -> dict[str, Any]:
        """What it ended with."""
        self.process.wait(90)
        result: dict[str, Any] = json.loads(Path(f"{self.file}.result").read_text())
        return result

    def __enter__(self) -> "OtherProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def child_of(database: Postgres, stack: str) -> Child:
    """The Pulumi CLI that the records say works on the stack; waits for it."""
    with administrator(database, database.database) as admin:
        query = "SELECT child_machine, child_pid, child_started FROM yunzu.fences WHERE stack = %s"
        until = time.monotonic() + 30
        while True:
            row = admin.execute(query, [stack]).fetchone()
            if row and row[0]:
                return Child(*row)
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(0.02)


def cut_sessions(database: Postgres) -> None:
    """End the sessions that hold locks, as a network cut would."""
    with administrator(database, database.database) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'yunzu writer%%' AND datname = %s",
            [database.database],
        )
