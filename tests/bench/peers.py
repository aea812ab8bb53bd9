"""The peers of one environment: the raw limit and Pulumi as documented; `runbook.py` has the third.

Each makes the same Kubernetes objects (with Secrets), the same roles and database, the same bucket,
policy and user, on the same servers, under names of its own; removing takes away the home and the
credentials and leaves the data, as `yunzu env destroy` does.
"""

# ruff: noqa: E501 - SQL reads best on lines of its own length

import base64
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql

from tests.support.blueprints import sample
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import Bucket, BucketUser, object_store
from yunzu.clients.ownership import NoIntents
from yunzu.components import access, home, perimeter
from yunzu.errors import NotFoundError
from yunzu.model.blueprints import Blueprint
from yunzu.model.connections import Connections
from yunzu.providers.serving import serve
from yunzu.records.database import conninfo
from yunzu_stacks.environment import environment_program


def wanted(centre: str) -> Blueprint:
    """A new environment that nothing else knows."""
    return sample(f"bench{secrets.token_hex(4)}/prod", centre=centre, uid=naming.mint_environment_uid())


def manifests(blueprint: Blueprint) -> list[dict[str, Any]]:
    """The objects of an environment as somebody would keep them in a file, Secrets included."""
    rooms = (home, access, perimeter)
    objects = [home.namespace(blueprint), *(obj for room in rooms for _, obj in room.objects(blueprint))]
    for name in ("database-main", "bucket-main"):
        metadata = {"name": name, "namespace": blueprint.namespace, "labels": blueprint.labels}
        data = {"password": base64.b64encode(secrets.token_bytes(24)).decode()}
        objects.append({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    return objects


def statements(name: str) -> tuple[list[str], str]:
    """SQL on the server, and SQL in the new database."""
    owner, ddl, app, ro, login = (f"{name}_{suffix}" for suffix in ("centre", "ddl", "app", "ro", "owner_a"))
    on_server = [
        f'CREATE ROLE "{owner}"; CREATE ROLE "{ddl}"; CREATE ROLE "{app}"; CREATE ROLE "{ro}"',
        f'CREATE ROLE "{login}" LOGIN CONNECTION LIMIT 20 PASSWORD \'{secrets.token_urlsafe(24)}\' IN ROLE "{ddl}"',
        f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE template0 STRATEGY wal_log CONNECTION LIMIT 20',
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC; GRANT CONNECT ON DATABASE "{name}" TO "{ddl}", "{app}", "{ro}"',
        f'ALTER ROLE "{login}" IN DATABASE "{name}" SET role = \'{ddl}\'',
    ]
    inside = (
        f'ALTER SCHEMA public OWNER TO "{owner}"; REVOKE ALL ON SCHEMA public FROM PUBLIC; '
        f'GRANT USAGE, CREATE ON SCHEMA public TO "{ddl}"; GRANT USAGE ON SCHEMA public TO "{app}", "{ro}"; '
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{ddl}" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{app}"; '
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{ddl}" GRANT SELECT ON TABLES TO "{ro}"'
    )
    return on_server, inside


class Peer(Protocol):
    """One way to get the same environment."""

    name: str
    repeatable: bool  # made again, it finds nothing to do

    def make(self, blueprint: Blueprint) -> None: ...

    def remove(self, blueprint: Blueprint) -> None: ...

    def close(self) -> None: ...


class Raw:
    """The limit: everything kept open in one process, nothing checked, nothing recorded."""

    name = "raw"
    repeatable = False

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._cluster = Client(connections.cluster)
        self._address = conninfo(connections.pools["tenants-1"])
        self._server = psycopg.connect(**self._address, autocommit=True)
        self._store = object_store(connections.object_store)

    def make(self, blueprint: Blueprint) -> None:
        for manifest in manifests(blueprint):
            self._cluster.create(manifest, field_manager="raw")
        name = blueprint.databases[0].name
        on_server, inside = statements(name)
        for statement in on_server:
            self._server.execute(sql.SQL(statement))  # type: ignore[arg-type]
        with psycopg.connect(**{**self._address, "dbname": name}, autocommit=True) as database:
            database.execute(sql.SQL(inside))  # type: ignore[arg-type]
        grant = blueprint.buckets[0]
        mark = naming.owner_mark(blueprint.centre, blueprint.uid)
        self._store.ensure_bucket(Bucket(grant.name, True, grant.bytes), mark=mark, intents=NoIntents())
        self._store.ensure_user(_user(blueprint), secret=secrets.token_urlsafe(30), intents=NoIntents())

    def remove(self, blueprint: Blueprint) -> None:
        self._cluster.delete("v1", "Namespace", blueprint.namespace)
        login = sql.Identifier(f"{blueprint.databases[0].name}_owner_a")
        self._server.execute(sql.SQL("DROP ROLE {}").format(login))
        self._store.remove_user(_user(blueprint), intents=NoIntents())
        with suppress(NotFoundError):
            while self._cluster.get("v1", "Namespace", blueprint.namespace):
                time.sleep(0.05)

    def close(self) -> None:
        self._cluster.close()
        self._server.close()
        self._store.close()


def _user(blueprint: Blueprint) -> BucketUser:
    bucket = blueprint.buckets[0].name
    return BucketUser(bucket, f"bench{blueprint.uid}", naming.policy(bucket, "a"))


class NaivePulumi:
    """The Automation API as documented: create_or_select_stack and up, defaults, file backend.

    It runs on our providers, because the official plugin is in no package registry; theirs start a
    process more.
    """

    name = "naive_pulumi"
    repeatable = True

    def __init__(self, connections: Connections, providers: Any) -> None:
        self._connections = connections
        self._providers = providers
        self._directory = tempfile.TemporaryDirectory(prefix="yz-bench-")

    def make(self, blueprint: Blueprint) -> None:
        with self._stack(blueprint) as stack:
            stack.up()

    def remove(self, blueprint: Blueprint) -> None:
        with self._stack(blueprint) as stack:
            stack.destroy()

    @contextmanager
    def _stack(self, blueprint: Blueprint) -> Iterator[Any]:
        from pulumi import automation

        root = Path(self._directory.name)
        with serve(self._providers) as attached:
            # The SDK looks for the CLI on PATH, as a reader of the documentation has it.
            os.environ["PATH"] = f"{self._connections.tools['pulumi'].parent}:{os.environ['PATH']}"
            variables = {
                "PULUMI_DEBUG_PROVIDERS": attached,
                "PULUMI_BACKEND_URL": f"file://{root}",
                "PULUMI_CONFIG_PASSPHRASE": "bench",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            }
            options = automation.LocalWorkspaceOptions(env_vars=variables, pulumi_home=str(root / "home"))
            yield automation.create_or_select_stack(
                blueprint.stack, project_name="bench", program=environment_program(blueprint), opts=options
            )

    def close(self) -> None:
        self._directory.cleanup()
