"""An environment's life: applied, proven, taken down with its data kept, found again, erased."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.support.tenants import Tenants, hand_out, unique
from yunzu import naming
from yunzu.clients.postgres_tenant import TenantLogin
from yunzu.errors import NotFoundError, NotOursError, RefusedError, UnreachableError
from yunzu.services import bindings, environments, inventory, removal, verification
from yunzu.services.probes import failed


def _login(tenants: Tenants, identifier: str) -> TenantLogin:
    entry = inventory.environment(identifier, tenants.centre.records)
    binding = bindings.read(entry.namespace, "database-main", centre=tenants.centre)
    pool = tenants.centre.connections.pools["tenants-1"]
    return TenantLogin(pool, entry.databases[0][1], binding["username"], binding["password"])


def test_b1_one_manifest_gives_a_working_set_and_a_second_apply_changes_nothing(tenants: Tenants) -> None:
    identifier = tenants.one()
    first = tenants.apply(identifier)
    assert first.changes.create > 15
    second = tenants.apply(identifier)
    assert (second.changes.create, second.changes.update, second.changes.replace, second.changes.delete) == (
        0,
        0,
        0,
        0,
    )
    assert second.changes.same == first.changes.create
    assert second.uid == first.uid
    probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert failed(probes) == []
    assert len(probes) > 12


def test_the_secrets_have_the_service_binding_layout(tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    entry = inventory.environment(identifier, tenants.centre.records)
    database = bindings.read(entry.namespace, "database-main", centre=tenants.centre)
    keys = {"type", "provider", "host", "port", "database", "username", "password", "uri"}
    assert keys <= set(database)
    assert database["type"] == "postgresql"
    bucket = bindings.read(entry.namespace, "bucket-main", centre=tenants.centre)
    keys = {"type", "provider", "endpoint", "region", "bucket", "access-key", "secret-key", "uri", "ca.crt"}
    assert keys <= set(bucket)
    assert bucket["type"] == "s3"


def test_a_plan_shows_and_changes_nothing(tenants: Tenants) -> None:
    identifier = tenants.one()
    plan = environments.preview(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert plan.changes.create > 15
    with pytest.raises(NotFoundError):
        inventory.environment(identifier, tenants.centre.records)
    with pytest.raises(NotFoundError):
        tenants.centre.cluster.get("v1", "Namespace", identifier.replace("/", "--"))


def test_a_refused_apply_leaves_the_records_as_they_were(tenants: Tenants) -> None:
    """A data server that is not there is found before the environment is recorded or touched."""
    new, known = tenants.one(), tenants.one()
    tenants.apply(known)
    small = tenants.catalogue.plans["small"].model_copy(update={"pool": "tenants-9"})
    elsewhere = replace(tenants.catalogue, plans={"small": small})
    for identifier in (new, known):
        with pytest.raises(UnreachableError, match="tenants-9"):
            environments.apply(identifier, catalogue=elsewhere, centre=tenants.centre)
    with pytest.raises(NotFoundError):
        inventory.environment(new, tenants.centre.records)
    assert inventory.environment(known, tenants.centre.records).state == "active"


def test_a5_data_outlive_the_environment_and_credentials_do_not(tenants: Tenants) -> None:
    identifier = tenants.one()
    first = tenants.apply(identifier)
    before = _login(tenants, identifier)
    with before.session() as connection:
        connection.execute("CREATE TABLE beds (n integer)")
        connection.execute("INSERT INTO beds VALUES (42)")
    removed = removal.destroy(identifier, erase=False, confirm=None, centre=tenants.centre)
    assert len(removed.retained) == 2
    with pytest.raises(NotFoundError):
        tenants.centre.cluster.get("v1", "Namespace", identifier.replace("/", "--"))
    with pytest.raises(RefusedError):
        before.log_in()
    assert inventory.environment(identifier, tenants.centre.records).state == "destroyed"
    again = tenants.apply(identifier)
    assert again.uid == first.uid
    after = _login(tenants, identifier)
    assert after.password != before.password
    with after.session() as connection:
        assert connection.execute("SELECT n FROM beds").fetchall() == [(42,)]


def test_erasing_needs_the_id_twice_and_frees_the_name(tenants: Tenants) -> None:
    identifier = tenants.one()
    first = tenants.apply(identifier)
    with pytest.raises(RefusedError, match="erased for ever"):
        removal.destroy(identifier, erase=True, confirm=None, centre=tenants.centre)
    assert inventory.environment(identifier, tenants.centre.records).state == "active"
    removed = removal.destroy(identifier, erase=True, confirm=identifier, centre=tenants.centre)
    assert len(removed.erased) == 2
    name = naming.database(tenants.centre.id, first.uid, "main")
    assert not tenants.centre.pools["tenants-1"].holds(name)
    assert (
        tenants.centre.object_store.bucket_facts(naming.bucket(tenants.centre.id, first.uid, "main")) is None
    )
    with pytest.raises(NotFoundError):
        inventory.environment(identifier, tenants.centre.records)
    assert tenants.apply(identifier).uid != first.uid


def test_a_foreign_namespace_is_refused_before_anything_is_changed(tenants: Tenants) -> None:
    identifier = tenants.one()
    name = identifier.replace("/", "--")
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    made = tenants.centre.cluster.create(foreign, field_manager="somebody")
    try:
        with pytest.raises(NotOursError):
            tenants.apply(identifier)
        found = tenants.centre.cluster.get("v1", "Namespace", name)
        assert found["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
        with pytest.raises(NotFoundError):
            inventory.environment(identifier, tenants.centre.records)
    finally:
        tenants.centre.cluster.delete("v1", "Namespace", name)


def test_look_alikes_refuse_each_other(tenants: Tenants) -> None:
    base = unique("dept-a")
    identifiers = [
        tenants.environment(f"{tenants.department(department)}/prod")
        for department in (base, f"{base}-2", f"{base}2")
    ]
    for identifier in identifiers:
        tenants.apply(identifier)
    for identifier in identifiers:
        probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
        assert failed(probes) == []
        tried = " ".join(probe.name for probe in probes)
        assert all(other in tried for other in identifiers if other != identifier)


def test_credentials_are_handed_out_once_and_to_a_steward_only(tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    department = identifier.split("/")[0]

    def take(account: str) -> dict[str, Mapping[str, str]]:
        return hand_out(identifier, account, None, catalogue=tenants.catalogue, centre=tenants.centre)

    with pytest.raises(RefusedError, match="no steward"):
        take(f"{department}-wang")
    handed = take(f"{department}-zhang")
    assert handed.keys() == {"database-main", "bucket-main"}
    assert all(handed.values())
    with pytest.raises(RefusedError, match="Secret"):
        take(f"{department}-zhang")


def test_a_repaired_password_may_be_handed_out_once_more(tenants: Tenants) -> None:
    """Who had the old one holds nothing that works any more."""
    identifier = tenants.one(buckets=[])
    namespace, steward = identifier.replace("/", "--"), f"{identifier.split('/')[0]}-zhang"
    tenants.apply(identifier)

    def take() -> str:
        catalogue, centre = tenants.catalogue, tenants.centre
        [values] = hand_out(identifier, steward, None, catalogue=catalogue, centre=centre).values()
        return values["password"]

    first = take()
    tenants.centre.cluster.delete("v1", "Secret", "database-main", namespace)
    tenants.apply(identifier)
    assert take() != first
    with pytest.raises(RefusedError, match="Secret"):
        take()


def test_no_claims_no_data(tenants: Tenants) -> None:
    identifier = tenants.one(databases=[], buckets=[])
    tenants.apply(identifier)
    entry = inventory.environment(identifier, tenants.centre.records)
    assert (entry.databases, entry.buckets) == ((), ())
    probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert failed(probes) == []


def test_a4_another_plan_is_one_word_and_the_data_stay(tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    with _login(tenants, identifier).session() as connection:
        connection.execute(
            "CREATE TABLE beds AS SELECT n, md5(n::text) AS word FROM generate_series(1, 500) n"
        )
    tenants.environment(identifier, plan="standard")
    changes = tenants.apply(identifier).changes
    assert (changes.create, changes.delete, changes.replace) == (0, 0, 0)
    assert changes.update >= 2
    entry = inventory.environment(identifier, tenants.centre.records)
    assert entry.plan == "standard"
    hard = tenants.centre.cluster.get("v1", "ResourceQuota", "plan", entry.namespace)["spec"]["hard"]
    assert hard["pods"] == str(tenants.catalogue.plans["standard"].pods)
    with _login(tenants, identifier).session() as connection:
        digest = "SELECT count(*), md5(string_agg(word, '' ORDER BY n)) FROM beds"
        expected = "SELECT 500, md5(string_agg(md5(n::text), '' ORDER BY n)) FROM generate_series(1, 500) n"
        assert connection.execute(digest).fetchone() == connection.execute(expected).fetchone()


def test_a6_the_department_uses_and_owns_nothing(tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    entry = inventory.environment(identifier, tenants.centre.records)
    assert (str(entry.lease_from), str(entry.lease_until)) == ("2026-11-01", "2027-10-31")
    login = _login(tenants, identifier)
    owners = (
        "SELECT pg_get_userbyid(datdba), (SELECT pg_get_userbyid(nspowner) FROM pg_namespace"
        " WHERE nspname = 'public') FROM pg_database WHERE datname = current_database()"
    )
    member = "SELECT count(*) FROM pg_roles WHERE rolname = %s AND pg_has_role(session_user, oid, 'MEMBER')"
    with login.session() as connection:
        connection.execute("CREATE TABLE used (n integer)")
        database_owner, schema_owner = connection.execute(owners).fetchone() or ("", "")
        table_owner = connection.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'used'"
        ).fetchone()
        assert connection.execute(member, [database_owner]).fetchone() == (0,)
    name = entry.databases[0][1]
    assert (database_owner, schema_owner) == (naming.database_owner(name), naming.database_owner(name))
    assert table_owner == (naming.database_ddl(name),)
    assert login.grant_onward() == "the tenant's GRANT changed nothing"
