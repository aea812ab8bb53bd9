"""What an administrator does instead: kubectl, psql and an S3 script, one process each, safe to repeat."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.peers import manifests, statements
from tests.support.postgres import installation
from yunzu.model.blueprints import Blueprint
from yunzu.model.connections import Connections

_S3_OPENED = """
import json, sys
import minio, urllib3
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin
from minio.versioningconfig import VersioningConfig, ENABLED
a = json.load(sys.stdin)
pool = urllib3.PoolManager(ca_certs=a["ca"])
c = minio.Minio(a["host"], access_key=a["key"], secret_key=a["secret"], region=a["region"], http_client=pool)
m = MinioAdmin(endpoint=a["host"], credentials=StaticProvider(a["key"], a["secret"]), region=a["region"],
  http_client=pool)
"""
_S3_MAKE = f"""{_S3_OPENED}
if not c.bucket_exists(a["bucket"]):
    c.make_bucket(a["bucket"])
c.set_bucket_versioning(a["bucket"], VersioningConfig(ENABLED))
m.bucket_quota_set(bucket=a["bucket"], size=a["bytes"])
m.policy_add(policy_name=a["bucket"], policy={{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
  "Action": ["s3:*"], "Resource": ["arn:aws:s3:::" + a["bucket"], "arn:aws:s3:::" + a["bucket"] + "/*"]}}]}})
m.user_add(access_key=a["user"], secret_key=a["password"])
try:
    m.attach_policy(policies=[a["bucket"]], user=a["user"])
except MinioAdminException as error:
    if "already" not in str(error).lower():
        raise
"""
_S3_REMOVE = f"""{_S3_OPENED}
m.user_remove(access_key=a["user"])
m.policy_remove(policy_name=a["bucket"])
"""
_CREATES = re.compile(r'CREATE (ROLE|DATABASE) "([^"]+)"')
_LISTED = {"ROLE": "pg_roles WHERE rolname", "DATABASE": "pg_database WHERE datname"}


def repeatable(on_server: list[str]) -> Iterator[str]:
    """The statements for psql, each thing made only where it is not there."""
    for statement in "; ".join(on_server).split("; "):
        made = _CREATES.match(statement)
        if made is None:
            yield f"{statement};"
        else:
            there = f"SELECT FROM {_LISTED[made[1]]} = '{made[2]}'"
            yield f"SELECT $make${statement}$make$ WHERE NOT EXISTS ({there}) \\gexec"


class Runbook:
    """Keeps each environment's files, as an administrator keeps them for the next time."""

    name = "runbook"
    repeatable = True

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._files: dict[str, tuple[str, str, str]] = {}

    def make(self, blueprint: Blueprint) -> None:
        if blueprint.namespace not in self._files:
            self._files[blueprint.namespace] = self._written(blueprint)
        objects, script, store = self._files[blueprint.namespace]
        self._process([*self._kubectl(), "apply", "-f", "-"], objects)
        self._process([str(installation().program("psql")), "-qX", "-v", "ON_ERROR_STOP=1"], script)
        self._process([sys.executable, "-c", _S3_MAKE], store)

    def remove(self, blueprint: Blueprint) -> None:
        *_, store = self._files.pop(blueprint.namespace)
        self._process([*self._kubectl(), "delete", "namespace", blueprint.namespace], "")
        drop = f'DROP ROLE "{blueprint.databases[0].name}_owner_a";'
        self._process([str(installation().program("psql")), "-qX", "-v", "ON_ERROR_STOP=1"], drop)
        self._process([sys.executable, "-c", _S3_REMOVE], store)

    def _kubectl(self) -> list[str]:
        config = str(self._connections.cluster.kubeconfig)
        return [str(self._connections.tools["kubectl"]), "--kubeconfig", config]

    def _written(self, blueprint: Blueprint) -> tuple[str, str, str]:
        """Objects, SQL, and what the S3 script is told."""
        name = blueprint.databases[0].name
        on_server, inside = statements(name)
        script = [*repeatable(on_server), f'\\connect "{name}"', f"{inside};"]
        objects = "\n---\n".join(json.dumps(manifest) for manifest in manifests(blueprint))
        return objects, "\n".join(script) + "\n", json.dumps(self._s3(blueprint))

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
