"""From facts to levels: preflight's decisions on PostgreSQL, records and S3, without a server."""

import pytest

from yunzu.clients.objectstore_facts import StoreFacts
from yunzu.clients.postgres_facts import PostgresFacts, RecordsFacts
from yunzu.errors import RefusedError
from yunzu.records import migrations
from yunzu.services import preflight_objectstore as store
from yunzu.services import preflight_postgres as postgres

HIDDEN = RefusedError("S3", "refused: AccessDenied")
POSTGRES = PostgresFacts(
    version=160004,
    role="platform",
    superuser=False,
    createrole=True,
    createdb=True,
    tls="TLSv1.3",
    verified=True,
    local=False,
    public_connect=(),
    settings={
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "wal_level": "replica",
        "archive_mode": "on",
        "fsync": "on",
    },
    in_use=10,
    encoding="UTF8",
    locale="C.UTF-8",
    extensions=frozenset({"pg_trgm", "pgcrypto", "postgres_fdw"}),
    replica=False,
    clock_offset=0.0,
)
STORE = StoreFacts(
    driver="versitygw",
    version="versitygw",
    tls=True,
    buckets=2,
    administration=None,
    enforces_quota=True,
    free_bytes=50,
    total_bytes=100,
    encrypts=True,
    versioned=1,
)


def changed(facts: PostgresFacts, **values: object) -> PostgresFacts:
    return PostgresFacts(**({name: getattr(facts, name) for name in facts.__slots__} | values))


def altered(facts: StoreFacts, **values: object) -> StoreFacts:
    return StoreFacts(**({name: getattr(facts, name) for name in facts.__slots__} | values))


@pytest.mark.parametrize(
    ("values", "name", "level"),
    [
        ({}, "version", "green"),
        ({"version": 150000}, "version", "green"),
        ({"version": 140013}, "version", "red"),
        ({"tls": None, "verified": False}, "TLS", "red"),
        ({"tls": None, "verified": False, "local": True}, "TLS", "amber"),
        ({"verified": False}, "TLS", "amber"),
        ({}, "TLS", "green"),
        ({}, "role", "green"),
        ({"createdb": False}, "role", "red"),
        ({"createrole": False}, "role", "red"),
        ({"createdb": False, "createrole": False, "superuser": True}, "role", "green"),
        ({"public_connect": ("postgres",)}, "PUBLIC", "amber"),
        ({}, "PUBLIC", "green"),
        ({"settings": POSTGRES.settings | {"password_encryption": "md5"}}, "passwords", "amber"),
        ({}, "passwords", "green"),
        ({"encoding": "SQL_ASCII"}, "encoding", "red"),
        ({}, "encoding", "green"),
        ({"replica": True}, "primary", "red"),
        ({}, "primary", "green"),
        ({"in_use": 81}, "connections", "amber"),
        ({"in_use": 80}, "connections", "green"),
        ({}, "backup", "green"),
        ({"settings": POSTGRES.settings | {"archive_mode": "off"}}, "backup", "amber"),
        ({"settings": POSTGRES.settings | {"wal_level": "minimal"}}, "backup", "amber"),
        ({"settings": POSTGRES.settings | {"fsync": "off"}}, "backup", "red"),
        ({"extensions": frozenset({"pg_trgm"})}, "extensions", "amber"),
        ({}, "extensions", "green"),
        ({}, "disk, encryption", "amber"),
    ],
)
def test_postgres(values: dict[str, object], name: str, level: str) -> None:
    checks = {check.name: check for check in postgres.judged("tenants-1", changed(POSTGRES, **values))}
    assert checks[name].level == level


@pytest.mark.parametrize(
    ("schema", "may_create", "level"),
    [
        (None, True, "green"),
        (None, False, "red"),
        ("9999", True, "red"),
        (migrations.HEAD, False, "green"),
    ],
)
def test_schema_of_the_records(schema: str | None, may_create: bool, level: str) -> None:
    assert postgres.records_schema(RecordsFacts(may_create, schema, None)).level == level


def test_an_older_schema_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "known", lambda: frozenset({"0000", migrations.HEAD}))
    assert postgres.records_schema(RecordsFacts(True, "0000", "c")).level == "amber"


@pytest.mark.parametrize(
    ("owner", "centre", "level"),
    [(None, None, "green"), (None, "a", "green"), ("a", "a", "green"), ("a", "b", "red"), ("a", None, "red")],
)
def test_owner_of_the_records(owner: str | None, centre: str | None, level: str) -> None:
    assert postgres.records_owner(owner, centre).level == level


@pytest.mark.parametrize(
    ("values", "name", "level"),
    [
        ({}, "TLS", "green"),
        ({"tls": False}, "TLS", "red"),
        ({}, "rights", "green"),
        ({"administration": HIDDEN, "version": "unknown"}, "rights", "red"),
        ({"version": "unknown"}, "version", "amber"),
        ({}, "known faults", "green"),
        ({"driver": "minio"}, "known faults", "amber"),
        ({}, "quotas", "green"),
        ({"enforces_quota": False}, "quotas", "amber"),
        ({}, "versioning", "green"),
        ({"versioned": None}, "versioning", "amber"),
        ({}, "object lock", "amber"),
        ({}, "disk", "green"),
        ({"free_bytes": 9}, "disk", "amber"),
        ({"free_bytes": None}, "disk", "amber"),
        ({}, "encryption at rest", "green"),
        ({"encrypts": False}, "encryption at rest", "amber"),
        ({"encrypts": None}, "encryption at rest", "amber"),
    ],
)
def test_s3(values: dict[str, object], name: str, level: str) -> None:
    checks = {check.name: check for check in store.judged(altered(STORE, **values))}
    assert checks[name].level == level


def test_whatever_is_not_green_says_what_follows() -> None:
    bad = changed(
        POSTGRES, version=140000, tls=None, createdb=False, encoding="LATIN1", replica=True, in_use=99
    )
    worst = altered(
        STORE, driver="minio", tls=False, administration=HIDDEN, enforces_quota=False, versioned=None
    )
    checks = [
        *postgres.judged("tenants-1", bad),
        *store.judged(worst),
    ]
    assert [check for check in checks if check.level != "green" and not check.consequence] == []
