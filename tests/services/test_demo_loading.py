"""The demonstration's data go through real handed credentials, and stay as the tenant left them."""

import hashlib
import io
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import urllib3
from minio import Minio

from tests.support.tenancies import tenancy
from yunzu.errors import NotFoundError, UnreachableError, YunzuError
from yunzu.model.connections import Connections
from yunzu.services.demo import loading
from yunzu.services.demo.cast import CARGO
from yunzu.services.demo.shapes import Cargo, Content, Loaded
from yunzu.services.demo.tenancy import Connection, session

Bindings = dict[str, dict[str, str]]


def silent(task: str, done: int, total: int, doing: str) -> None:
    assert 0 < done <= total


def load(environment: str, bindings: Bindings, *, full: bool = False) -> list[Loaded]:
    return loading.load(environment, bindings, full=full, progress=silent)


def states(loaded: list[Loaded]) -> dict[str, str]:
    return {one.where: one.state for one in loaded}


def claims(environment: str) -> tuple[list[str], list[str]]:
    cargo = CARGO[environment]
    buckets = {claim for claim, _ in cargo.files} or {"main"}
    return sorted({claim for claim, _ in cargo.tables}), sorted(buckets)


@contextmanager
def s3(keys: Mapping[str, str]) -> Iterator[Minio]:
    pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=keys["ca.crt"]))
    yield Minio(
        urlsplit(keys["endpoint"]).netloc,
        access_key=keys["access-key"],
        secret_key=keys["secret-key"],
        region=keys["region"],
        http_client=pool,
    )
    pool.clear()


@pytest.mark.parametrize("environment", sorted(CARGO))
def test_all_of_the_source_arrives_and_a_second_run_changes_nothing(
    centre: Connections, environment: str
) -> None:
    databases, buckets = claims(environment)
    with tenancy(centre, databases, buckets) as bindings:
        first = load(environment, bindings)
        assert {one.state for one in first} == {"loaded"}
        assert all(one.complete for one in first)
        assert sum(one.kind == "table" for one in first) == len(CARGO[environment].tables)
        second = load(environment, bindings)
    assert {one.state for one in second} == {"unchanged"}
    assert [replace(one, state="loaded") for one in second] == first


@pytest.fixture(scope="module")
def flights(centre: Connections) -> Iterator[Bindings]:
    with tenancy(centre, ["operations", "reference"], ["main"]) as bindings:
        load("transport/flights-prod", bindings)
        yield bindings


@contextmanager
def at(bindings: Bindings, claim: str) -> Iterator[Connection]:
    with session(claim, bindings[f"database-{claim}"]) as connection:
        yield connection


def test_missing_values_become_null_and_types_are_right(flights: Bindings) -> None:
    with at(flights, "operations") as connection:
        row = connection.execute(
            "SELECT count(*), count(dep_time), count(DISTINCT day), min(time_hour)::text FROM flights"
        ).fetchone()
        assert row == (27004, 26483, 31, "2013-01-01 10:00:00+00")
        assert connection.execute("SELECT 1 FROM flights WHERE tailnum = 'NA'").fetchone() is None
    with at(flights, "reference") as connection:
        assert connection.execute("SELECT count(*) - count(speed) FROM planes").fetchone() == (3299,)


def test_every_column_has_a_chinese_comment_and_every_table_a_key(flights: Bindings) -> None:
    with at(flights, "reference") as connection:
        bare = connection.execute(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relname IN ('airports', 'airlines', 'planes') AND a.attnum > 0"
            " AND coalesce(col_description(c.oid, a.attnum), '') !~ '[一-龥]'"
        ).fetchall()
        keys = connection.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid::regclass::text"
            " IN ('airports', 'airlines', 'planes')"
        ).fetchone()
    assert bare == []
    assert keys == (3,)


def test_tables_belong_to_the_tenants_group_and_not_to_one_login(flights: Bindings) -> None:
    with at(flights, "operations") as connection:
        row = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'flights'").fetchone()
    assert row == (f"{flights['database-operations']['database']}_ddl",)


def test_what_the_tenant_changed_is_left_alone(centre: Connections) -> None:
    with tenancy(centre, ["main"], ["main"]) as bindings:
        load("transport/flights-test", bindings)
        with at(bindings, "main") as connection:
            connection.execute("UPDATE airlines SET name = 'changed' WHERE carrier = 'AA'")
        with s3(bindings["bucket-main"]) as client:
            client.put_object(bindings["bucket-main"]["bucket"], "README.md", io.BytesIO(b"mine"), 4)
        again = load("transport/flights-test", bindings)
        with at(bindings, "main") as connection:
            row = connection.execute("SELECT name FROM airlines WHERE carrier = 'AA'").fetchone()
    assert states(again) == {
        "main.flights": "unchanged",
        "main.airlines": "kept",
        "main/README.md": "kept",
    }
    assert row == ("changed",)


def test_a_table_of_that_name_that_was_there_before_is_left_alone(centre: Connections) -> None:
    with tenancy(centre, ["main"], ["main"]) as bindings:
        with at(bindings, "main") as connection:
            connection.execute("CREATE TABLE airlines (mine integer)")
        loaded = load("transport/flights-test", bindings)
        with at(bindings, "main") as connection:
            assert connection.execute("SELECT mine FROM airlines").fetchall() == []
    assert states(loaded)["main.airlines"] == "kept"


def test_full_replaces_the_part_and_a_later_default_run_keeps_the_whole(
    centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, flights_table = CARGO["transport/flights-prod"].tables[0]

    def small(full: bool) -> Content:  # the real extents over fewer rows: a year takes half a minute
        part = flights_table.content(False)
        lines = part.data.splitlines(keepends=True)
        return (
            replace(part, data=b"".join(lines[:300]), extent="全部")
            if full
            else replace(part, data=b"".join(lines[:100]))
        )

    cargo = Cargo((("main", replace(flights_table, content=small)),))
    monkeypatch.setattr(loading, "CARGO", {"transport/flights-test": cargo})
    with tenancy(centre, ["main"], ["main"]) as bindings:
        counts = [
            (load("transport/flights-test", bindings, full=full)[0].state,
             load("transport/flights-test", bindings, full=full)[0].rows)
            for full in (False, True, False)
        ]  # fmt: skip
    assert counts == [("loaded", 100), ("replaced", 300), ("unchanged", 300)]


def test_rows_that_do_not_all_arrive_leave_nothing_behind(
    centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, airlines = CARGO["transport/flights-test"].tables[1]

    def doubled(full: bool) -> Content:
        content = airlines.content(full)
        return replace(content, data=content.data + content.data.splitlines(keepends=True)[0])

    cargo = Cargo(((claim, replace(airlines, content=doubled)),))
    monkeypatch.setattr(loading, "CARGO", {"transport/flights-test": cargo})
    with tenancy(centre, ["main"], ["main"]) as bindings:
        with pytest.raises(YunzuError, match="duplicate key"):
            load("transport/flights-test", bindings)
        with at(bindings, "main") as connection:
            assert connection.execute("SELECT to_regclass('airlines')").fetchone() == (None,)


def test_objects_read_back_as_the_source_and_say_what_they_are(flights: Bindings) -> None:
    keys = flights["bucket-main"]
    with s3(keys) as client:
        answer = client.get_object(keys["bucket"], "planes.csv")
        digest = hashlib.sha256(answer.read()).hexdigest()
        answer.close()
        answer.release_conn()
        found = client.stat_object(keys["bucket"], "planes.csv")
    assert found.metadata is not None
    assert found.metadata["x-amz-meta-sha256"] == digest


def test_a_wrong_password_and_a_foreign_authority_are_refused_without_telling_the_password(
    flights: Bindings,
) -> None:
    for key, value in (("password", "not-the-password"), ("ca.crt", OTHER_AUTHORITY)):
        login = {**flights["database-operations"], key: value}
        with pytest.raises(UnreachableError) as caught:
            load("transport/flights-prod", {**flights, "database-operations": login})
        assert login["password"] not in str(caught.value)


def test_a_missing_secret_is_named(flights: Bindings) -> None:
    bindings = {name: one for name, one in flights.items() if name != "database-reference"}
    with pytest.raises(NotFoundError, match="database-reference"):
        load("transport/flights-prod", bindings)


OTHER_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUT39t7sG7PCAx0Z5GypUnrZCVkPYwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTIzMTkzMTAwWhgP
MjEyNjEwMzAxOTMxMDBaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyQFd3C2Sywg08uiF0iDx1wsKUuC8PjR2
+ajUj0XBpo3B+OatbCca0x6eEaN4s8+KmnkrVen4syMcpB16sti7C6NTMFEwHQYD
VR0OBBYEFKPg4HD3ngtric7+uBbZFU2NVrzaMB8GA1UdIwQYMBaAFKPg4HD3ngtr
ic7+uBbZFU2NVrzaMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
R4h8OU/kmw0a9ooJXSezcWEatjDGnR5zmNAihLKVytMCIE2JN/BT2+Fh5YDhIEJD
WsfemqgK1GIDTW01zl0PDdl/
-----END CERTIFICATE-----
"""
