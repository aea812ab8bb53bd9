"""What has our name and is not ours is refused with exit 3, stays as it is, and no destroy touches it."""

import io
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.faults.conftest import enrolled
from tests.support.tenants import Tenants
from yunzu import naming
from yunzu.clients.objectstore_minio import MinioStore
from yunzu.errors import NotOursError
from yunzu.records.database import conninfo
from yunzu.services import removal
from yunzu.services.centre import Centre

Facts = Callable[[], Any]


def _execute(centre: Centre, statement: LiteralString, **names: str) -> list[Any]:
    parts = {key: sql.Identifier(value) for key, value in names.items()}
    with psycopg.connect(**conninfo(centre.connections.pools["tenants-1"]), autocommit=True) as connection:
        done = connection.execute(sql.SQL(statement).format(**parts))
        return done.fetchall() if done.description else []


@contextmanager
def database(centre: Centre, uid: str, claim: str) -> Iterator[Facts]:
    name = naming.database(centre.id, uid, claim)
    _execute(centre, "CREATE DATABASE {name}", name=name)
    try:
        yield lambda: _execute(centre, "SELECT oid, datdba, datacl, datconnlimit FROM pg_database ORDER BY 1")
    finally:
        _execute(centre, "DROP DATABASE {name}", name=name)


def role(derive: Callable[[str], str]) -> Callable[[Centre, str, str], Any]:
    @contextmanager
    def made(centre: Centre, uid: str, claim: str) -> Iterator[Facts]:
        name = derive(naming.database(centre.id, uid, claim))
        _execute(centre, "CREATE ROLE {name} LOGIN PASSWORD 'theirs'", name=name)

        def facts() -> Any:
            found = _execute(centre, "SELECT a.*, shobj_description(oid, 'pg_authid') FROM pg_authid a")
            return [row for row in found if row[1] == name]

        try:
            yield facts
        finally:
            _execute(centre, "DROP ROLE {name}", name=name)

    return made


def _store(centre: Centre) -> MinioStore:
    store = centre.object_store
    assert isinstance(store, MinioStore)
    return store


@contextmanager
def bucket(centre: Centre, uid: str, claim: str) -> Iterator[Facts]:
    client, name = _store(centre).client, naming.bucket(centre.id, uid, claim)
    client.make_bucket(bucket_name=name)
    client.put_object(bucket_name=name, object_name="theirs", data=io.BytesIO(b"theirs"), length=6)

    def facts() -> Any:
        objects = [(one.object_name, one.etag) for one in client.list_objects(bucket_name=name)]
        return (
            objects,
            client.get_bucket_versioning(bucket_name=name).status,
            _store(centre).bucket_facts(name),
        )

    try:
        yield facts
    finally:
        client.remove_object(bucket_name=name, object_name="theirs")
        client.remove_bucket(bucket_name=name)


@contextmanager
def user(centre: Centre, uid: str, claim: str) -> Iterator[Facts]:
    admin = _store(centre).admin
    identity = centre.connections.identity_key.get_secret_value()
    key, secret = naming.access_key(identity, uid, claim, "a"), secrets.token_urlsafe(20)
    admin.user_add(key, secret)
    admin.policy_set(policy_name="readonly", user=key)
    try:
        yield lambda: (admin.user_info(key), _store(centre).can_login(key, secret, "none"))
    finally:
        admin.user_remove(key)


FOREIGN = {
    "database": database,
    "owner's role": role(naming.database_owner),
    "group role": role(naming.database_ddl),
    "login": role(lambda name: naming.database_login(name, "owner", "a")),
    "bucket": bucket,
    "S3 user": user,
}


@pytest.fixture(scope="module")
def environment(tenants: Tenants) -> tuple[str, str]:
    """An environment of which nothing exists yet, and its uid."""
    identifier = tenants.one()
    return identifier, enrolled(tenants, identifier)


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_thing_of_our_name(kind: str, tenants: Tenants, environment: tuple[str, str]) -> None:
    identifier, uid = environment
    claim = kind.replace(" ", "-").replace("'", "").lower()
    claims: dict[str, Any] = {"databases": [], "buckets": []}
    claims["buckets" if kind in ("bucket", "S3 user") else "databases"] = [{"name": claim}]
    tenants.environment(identifier, **claims)
    with FOREIGN[kind](tenants.centre, uid, claim) as facts:
        before = facts()
        for _ in range(2):  # the first must not have claimed it by having meant to make it
            with pytest.raises(NotOursError) as refused:
                tenants.apply(identifier)
            assert refused.value.exit_code == 3
            assert facts() == before


def test_no_destroy_touches_what_is_foreign(tenants: Tenants) -> None:
    identifier = tenants.one(buckets=[])
    uid = enrolled(tenants, identifier)
    with database(tenants.centre, uid, "main") as facts:
        before = facts()
        for act in (tenants.apply, _erase_with(tenants)):
            with pytest.raises(NotOursError):
                act(identifier)
            assert facts() == before


def _erase_with(tenants: Tenants) -> Callable[[str], Any]:
    return lambda it: removal.destroy(it, erase=True, confirm=it, centre=tenants.centre)


def test_a_foreign_secret_of_our_name(tenants: Tenants) -> None:
    identifier = tenants.one(databases=[], buckets=[])
    tenants.apply(identifier)
    place = {"name": "database-main", "namespace": identifier.replace("/", "--")}
    theirs = {"apiVersion": "v1", "kind": "Secret", "metadata": place, "stringData": {"password": "theirs"}}
    made = tenants.centre.cluster.create(theirs, field_manager="somebody")
    tenants.environment(identifier, buckets=[])
    with pytest.raises(NotOursError, match="database-main"):
        tenants.apply(identifier)
    found = tenants.centre.cluster.get("v1", "Secret", place["name"], place["namespace"])
    assert found["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_namespace_of_another_centre(tenants: Tenants) -> None:
    identifier = tenants.one()
    name = identifier.replace("/", "--")
    labels = naming.labels("00000000", enrolled(tenants, identifier), *identifier.split("/"))
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    made = tenants.centre.cluster.create(foreign, field_manager="somebody")
    try:
        with pytest.raises(NotOursError, match="00000000"):
            tenants.apply(identifier)
        removal.destroy(identifier, erase=True, confirm=identifier, centre=tenants.centre)
        found = tenants.centre.cluster.get("v1", "Namespace", name)
        assert found["metadata"] == made["metadata"]
    finally:
        tenants.centre.cluster.delete("v1", "Namespace", name)
