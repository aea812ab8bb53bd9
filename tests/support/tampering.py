"""An environment's servers tampered with by hand, as an administrator or an intruder would."""

from collections.abc import Callable
from typing import Any

import minio
import psycopg
import urllib3
from psycopg import sql

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.embedded import bootstrap
from yunzu.records.database import conninfo
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry
from yunzu.settings import Settings

RBAC = "rbac.authorization.k8s.io/v1"
NETWORK = "networking.k8s.io/v1"

Tamper = Callable[[Centre, Entry], None]


def in_kubernetes(kind: str, name: str, patch: Any, api_version: str = "v1") -> Tamper:
    def tamper(centre: Centre, entry: Entry) -> None:
        where = None if kind == "Namespace" else entry.namespace
        what = entry.namespace if kind == "Namespace" else name
        centre.cluster.patch(api_version, kind, what, where, patch, field_manager="intruder")

    return tamper


def deleted(kind: str, name: str, api_version: str = "v1") -> Tamper:
    return lambda centre, entry: centre.cluster.delete(api_version, kind, name, entry.namespace)


def in_postgres(statement: str, *, in_database: bool = False) -> Tamper:
    def tamper(centre: Centre, entry: Entry) -> None:
        name = entry.databases[0][1]
        address = conninfo(centre.connections.pools["tenants-1"])
        if in_database:
            address["dbname"] = name
        parts = {
            "database": sql.Identifier(name),
            "login": sql.Identifier(naming.database_login(name, "owner", "a")),
            "ddl": sql.Identifier(naming.database_ddl(name)),
        }
        with psycopg.connect(**address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**parts))  # type: ignore[arg-type]

    return tamper


def s3(centre: Centre) -> Any:
    store = centre.connections.object_store
    return minio.Minio(
        store.endpoint.removeprefix("https://"),
        access_key=store.access_key.get_secret_value(),
        secret_key=store.secret_key.get_secret_value(),
        region=store.region,
        http_client=urllib3.PoolManager(ca_certs=str(store.ca)),
    )


def administrator(centre: Centre) -> Client:
    return Client(bootstrap.administrator(Settings(home=centre.connections.home)))


def grants(centre: Centre, entry: Entry) -> object:
    name = entry.databases[0][1]
    address = conninfo(centre.connections.pools["tenants-1"]) | {"dbname": name}
    with psycopg.connect(**address) as connection:
        return connection.execute(
            "SELECT datacl::text, datconnlimit, nspacl::text, nspowner::regrole::text,"
            " (SELECT array_agg(rolname::text ORDER BY 1) FROM pg_roles WHERE rolsuper)"
            " FROM pg_database, pg_namespace WHERE datname = current_database() AND nspname = 'public'"
        ).fetchone()
