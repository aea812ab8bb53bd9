"""What is changed behind our back is shown by verify, by name, and put right by the next apply."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.tenants import Tenants
from yunzu import naming
from yunzu.records.database import conninfo
from yunzu.services import bindings, environments, inventory, verification
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry
from yunzu.services.probes import failed

Tamper = Callable[[Centre, Entry], None]


def _kubernetes(kind: str, name: str, patch: Any, api_version: str = "v1") -> Tamper:
    def tamper(centre: Centre, entry: Entry) -> None:
        where = None if kind == "Namespace" else entry.namespace
        what = entry.namespace if kind == "Namespace" else name
        centre.cluster.patch(api_version, kind, what, where, patch, field_manager="intruder")

    return tamper


def _delete(kind: str, name: str, api_version: str = "v1") -> Tamper:
    return lambda centre, entry: centre.cluster.delete(api_version, kind, name, entry.namespace)


def _postgres(statement: str, *, in_database: bool = False) -> Tamper:
    def tamper(centre: Centre, entry: Entry) -> None:
        name = entry.databases[0][1]
        address = conninfo(centre.connections.pools["tenants-1"])
        if in_database:
            address["dbname"] = name
        parts = {
            "database": sql.Identifier(name),
            "login": sql.Identifier(naming.database_login(name, "owner", "a")),
        }
        with psycopg.connect(**address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**parts))  # type: ignore[arg-type]

    return tamper


def _suspend_versioning(centre: Centre, entry: Entry) -> None:
    from minio.versioningconfig import SUSPENDED, VersioningConfig

    client = _s3(centre)
    client.set_bucket_versioning(entry.buckets[0][1], VersioningConfig(SUSPENDED))


def _open_bucket(centre: Centre, entry: Entry) -> None:
    name = entry.buckets[0][1]
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},'
        f'"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::{name}/*"]}}]}}'
    )
    _s3(centre).set_bucket_policy(name, policy)


def _s3(centre: Centre) -> Any:
    import minio
    import urllib3

    store = centre.connections.object_store
    return minio.Minio(
        store.endpoint.removeprefix("https://"),
        access_key=store.access_key.get_secret_value(),
        secret_key=store.secret_key.get_secret_value(),
        region=store.region,
        http_client=urllib3.PoolManager(ca_certs=str(store.ca)),
    )


_OPEN = {"spec": {"ingress": [{}], "egress": [{}]}}
_RBAC = "rbac.authorization.k8s.io/v1"
_NETWORK = "networking.k8s.io/v1"
_SUBJECT = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory"}
_LOOSER = {"pod-security.kubernetes.io/enforce": "privileged"}

CASES: dict[str, tuple[Tamper, str]] = {
    "pod security loosened": (
        _kubernetes("Namespace", "", {"metadata": {"labels": _LOOSER}}),
        "Namespace home-namespace",
    ),
    "owner label removed": (
        _kubernetes("Namespace", "", {"metadata": {"labels": {naming.LABEL_DEPARTMENT: None}}}),
        "Namespace home-namespace",
    ),
    "quota raised": (
        _kubernetes("ResourceQuota", "plan", {"spec": {"hard": {"pods": "9999"}}}),
        "ResourceQuota home-quota",
    ),
    "quota key added": (
        _kubernetes("ResourceQuota", "plan", {"spec": {"hard": {"requests.nvidia.com/gpu": "8"}}}),
        "ResourceQuota home-quota",
    ),
    "limits removed": (_delete("LimitRange", "plan"), "LimitRange home-limits"),
    "token mounted": (
        _kubernetes("ServiceAccount", "workload", {"automountServiceAccountToken": True}),
        "ServiceAccount home-workload",
    ),
    "default deny removed": (
        _delete("NetworkPolicy", "deny-all", _NETWORK),
        "NetworkPolicy perimeter-deny-all",
    ),
    "default deny opened": (
        _kubernetes("NetworkPolicy", "deny-all", _OPEN, _NETWORK),
        "NetworkPolicy perimeter-deny-all",
    ),
    "somebody bound": (
        _kubernetes("RoleBinding", "tenant-admin", {"subjects": [_SUBJECT]}, _RBAC),
        "RoleBinding access-tenant-admin",
    ),
    "database opened to all": (
        _postgres("GRANT CONNECT ON DATABASE {database} TO PUBLIC"),
        "Database database-main-database",
    ),
    "schema opened to all": (
        _postgres("GRANT ALL ON SCHEMA public TO PUBLIC", in_database=True),
        "Database database-main-database",
    ),
    "connection limit lifted": (
        _postgres("ALTER DATABASE {database} CONNECTION LIMIT -1"),
        "Database database-main-database",
    ),
    "login made superuser": (
        _postgres("ALTER ROLE {login} SUPERUSER"),
        "Credential database-main-owner-a",
    ),
    "login dropped": (
        _postgres("REASSIGN OWNED BY {login} TO CURRENT_USER; DROP ROLE {login}"),
        "Credential database-main-owner-a",
    ),
    "password changed": (
        _postgres("ALTER ROLE {login} PASSWORD 'guessed'"),
        "Credential database-main-owner-a",
    ),
    "database Secret deleted": (_delete("Secret", "database-main"), "Credential database-main-owner-a"),
    "database Secret points elsewhere": (
        _kubernetes("Secret", "database-main", {"stringData": {"host": "evil.example"}}),
        "Credential database-main-owner-a",
    ),
    "bucket Secret deleted": (_delete("Secret", "bucket-main"), "Credential bucket-main-user-a"),
    "versioning suspended": (_suspend_versioning, "Bucket bucket-main-bucket"),
    "bucket opened to all": (_open_bucket, "Bucket bucket-main-bucket"),
}


@pytest.fixture(scope="module")
def identifier(tenants: Tenants) -> str:
    one = tenants.one()
    tenants.apply(one)
    return one


@pytest.mark.parametrize("case", CASES)
def test_what_is_loosened_is_named_and_repaired(case: str, tenants: Tenants, identifier: str) -> None:
    tamper, resource = CASES[case]
    tamper(tenants.centre, inventory.environment(identifier, centre=tenants.centre))

    def verify() -> list[str]:
        probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
        return [probe.name for probe in failed(probes)]

    assert f"declared: {resource}" in verify()
    changes = tenants.apply(identifier).changes
    assert changes.create + changes.update + changes.replace >= 1
    assert verify() == []


def test_a_policy_beside_ours_is_named(tenants: Tenants, identifier: str) -> None:
    entry = inventory.environment(identifier, centre=tenants.centre)
    metadata = {"name": "open", "namespace": entry.namespace}
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    policy = {"apiVersion": _NETWORK, "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    tenants.centre.cluster.create(policy, field_manager="intruder")
    try:
        probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
        assert [probe.name for probe in failed(probes)] == ["declared: no other NetworkPolicy"]
    finally:
        tenants.centre.cluster.delete(_NETWORK, "NetworkPolicy", "open", entry.namespace)


def test_a_new_password_is_what_the_secret_holds(tenants: Tenants, identifier: str) -> None:
    entry = inventory.environment(identifier, centre=tenants.centre)
    before = bindings.read(entry.namespace, "database-main", centre=tenants.centre)["password"]
    _postgres("ALTER ROLE {login} PASSWORD 'guessed'")(tenants.centre, entry)
    tenants.apply(identifier)
    after = bindings.read(entry.namespace, "database-main", centre=tenants.centre)["password"]
    assert after not in (before, "guessed")


def test_a_removed_key_of_a_plan_vanishes(tenants: Tenants) -> None:
    """Server-side apply alone would leave what POST once set."""
    identifier = tenants.one()
    tenants.apply(identifier)
    catalogue = tenants.catalogue
    small = catalogue.plans["small"]
    fewer = {key: count for key, count in small.objects.items() if key != "count/events"}
    changed = type(catalogue)(
        departments=catalogue.departments,
        environments=catalogue.environments,
        plans={**catalogue.plans, "small": small.model_copy(update={"objects": fewer})},
    )
    environments.apply(identifier, catalogue=changed, centre=tenants.centre)
    entry = inventory.environment(identifier, centre=tenants.centre)
    hard = tenants.centre.cluster.get("v1", "ResourceQuota", "plan", entry.namespace)["spec"]["hard"]
    assert "count/events" not in hard
    assert "count/endpoints" in hard
