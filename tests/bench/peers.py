"""The peers of one environment: the raw limit, a runbook of one process each, Pulumi as documented.

Each makes the same Kubernetes objects (with Secrets), the same roles and database, the same bucket,
policy and user, on the same servers, under names of its own.
"""

# ruff: noqa: E501 - SQL and the S3 script read best on lines of their own length

import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support.blueprints import sample
from tests.support.postgres import installation
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import Bucket, BucketUser, object_store
from yunzu.clients.ownership import NoIntents
from yunzu.components import access, home, perimeter
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


class Raw:
    """The limit: everything kept open in one process, nothing checked, nothing recorded."""

    name = "raw"

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._cluster = Client(connections.cluster)
        self._address = conninfo(connections.pools["tenants-1"])
        self._server = psycopg.connect(**self._address, autocommit=True)
        self._store = object_store(connections.object_store)

    def run(self, blueprint: Blueprint) -> None:
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
        user = BucketUser(grant.name, secrets.token_hex(10), naming.policy(grant.name, "a"))
        self._store.ensure_user(user, secret=secrets.token_urlsafe(30), intents=NoIntents())

    def close(self) -> None:
        self._cluster.close()
        self._server.close()
        self._store.close()


_S3_SCRIPT = """
import json, sys, os
import minio, urllib3
from minio.credentials import StaticProvider
from minio.versioningconfig import VersioningConfig, ENABLED
from minio.minioadmin import MinioAdmin
a = json.load(sys.stdin)
pool = urllib3.PoolManager(ca_certs=a["ca"])
c = minio.Minio(a["host"], access_key=a["key"], secret_key=a["secret"], region=a["region"], http_client=pool)
c.make_bucket(a["bucket"]); c.set_bucket_versioning(a["bucket"], VersioningConfig(ENABLED))
m = MinioAdmin(endpoint=a["host"], credentials=StaticProvider(a["key"], a["secret"]), region=a["region"], http_client=pool)
m.bucket_quota_set(bucket=a["bucket"], size=a["bytes"])
m.policy_add(policy_name=a["bucket"], policy={"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Action": ["s3:*"], "Resource": ["arn:aws:s3:::" + a["bucket"], "arn:aws:s3:::" + a["bucket"] + "/*"]}]})
m.user_add(access_key=a["user"], secret_key=a["password"])
m.attach_policy(policies=[a["bucket"]], user=a["user"])
"""


class Runbook:
    """What an administrator does instead: kubectl, psql and an S3 script, one process each."""

    name = "runbook"

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def run(self, blueprint: Blueprint) -> None:
        text = "\n---\n".join(json.dumps(manifest) for manifest in manifests(blueprint))
        kubectl = str(self._connections.tools["kubectl"])
        config = str(self._connections.cluster.kubeconfig)
        self._process([kubectl, "--kubeconfig", config, "apply", "-f", "-"], text)
        name = blueprint.databases[0].name
        on_server, inside = statements(name)
        script = ";\n".join(on_server).replace(";\nCREATE DATABASE", ";\nCREATE DATABASE")
        self._process(
            [str(installation().program("psql")), "-qX", "-v", "ON_ERROR_STOP=1"],
            f'{script};\n\\connect "{name}"\n{inside};\n',
        )
        self._process([sys.executable, "-c", _S3_SCRIPT], json.dumps(self._s3(blueprint)))

    def _s3(self, blueprint: Blueprint) -> dict[str, Any]:
        store, grant = self._connections.object_store, blueprint.buckets[0]
        return {
            "host": store.endpoint.removeprefix("https://"),
            "key": store.access_key.get_secret_value(),
            "secret": store.secret_key.get_secret_value(),
            "region": store.region,
            "ca": str(store.ca),
            "bucket": grant.name,
            "bytes": grant.bytes,
            "user": secrets.token_hex(10),
            "password": secrets.token_urlsafe(30),
        }

    def _process(self, command: list[str], text: str) -> None:
        pool = self._connections.pools["tenants-1"]
        login = {
            "PGHOST": pool.host,
            "PGPORT": str(pool.port),
            "PGUSER": pool.user,
            "PGDATABASE": pool.database,
            "PGPASSWORD": pool.password.get_secret_value(),
            "PGSSLMODE": pool.sslmode,
            "PGSSLROOTCERT": str(pool.ca),
        }
        done = subprocess.run(
            command, input=text, text=True, capture_output=True, check=False, env={**os.environ, **login}
        )
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name}: {done.stderr[-500:]}")

    def close(self) -> None:
        """Nothing is kept open."""


class NaivePulumi:
    """The Automation API as documented: create_or_select_stack and up, defaults, file backend.

    It runs on our providers, because the official plugin is in no package registry; theirs start a
    process more.
    """

    name = "naive_pulumi"

    def __init__(self, connections: Connections, providers: Any) -> None:
        self._connections = connections
        self._providers = providers
        self._directory = tempfile.TemporaryDirectory(prefix="yz-bench-")

    def run(self, blueprint: Blueprint) -> None:
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
            stack = automation.create_or_select_stack(
                blueprint.stack, project_name="bench", program=environment_program(blueprint), opts=options
            )
            stack.up()

    def close(self) -> None:
        self._directory.cleanup()
