"""What stands beside ours is named; a probe that is let in opens and leaves nothing."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from minio.versioningconfig import SUSPENDED, VersioningConfig

from tests.support.tampering import (
    NETWORK,
    RBAC,
    Tamper,
    administrator,
    grants,
    in_kubernetes,
    in_postgres,
    s3,
)
from tests.support.tenants import Tenants
from yunzu import naming
from yunzu.embedded import bootstrap
from yunzu.services import bindings, inventory, verification
from yunzu.services.centre import Centre
from yunzu.services.preparing import prepare
from yunzu.services.probes import failed
from yunzu.settings import Settings


@pytest.fixture(scope="module")
def identifier(tenants: Tenants) -> str:
    one = tenants.one()
    tenants.apply(one)
    return one


def _policy(name: str) -> Any:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    return {"apiVersion": NETWORK, "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def _copied(kind: str, name: str, api_version: str) -> Callable[[Centre, str], Any]:
    """One of ours under another name, with its labels."""

    def copied(centre: Centre, namespace: str) -> Any:
        found = centre.cluster.get(api_version, kind, name, namespace)
        metadata = {"name": "another", "labels": found["metadata"]["labels"]}
        kept = {key: value for key, value in found.items() if key not in ("metadata", "status")}
        return {**kept, "apiVersion": api_version, "kind": kind, "metadata": metadata}

    return copied


_ROLE = {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "another"}, "rules": []}
BESIDE: dict[str, Callable[[Centre, str], Any]] = {
    "a policy": lambda *_: _policy("open"),
    "a policy with our labels": _copied("NetworkPolicy", "allow-same-namespace", NETWORK),
    "a role": lambda *_: _ROLE,
    "a binding with our labels": _copied("RoleBinding", "tenant-admin", RBAC),
    "a quota": _copied("ResourceQuota", "plan", "v1"),
    "limits": _copied("LimitRange", "plan", "v1"),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_stands_beside_ours_is_named(case: str, tenants: Tenants, identifier: str) -> None:
    namespace = identifier.replace("/", "--")
    intruder = BESIDE[case](tenants.centre, namespace)
    intruder["metadata"]["namespace"] = namespace
    kind, name = intruder["kind"], intruder["metadata"]["name"]
    cluster = administrator(tenants.centre)
    if kind == "ResourceQuota":  # the plan's own allows one, itself
        tenants.centre.cluster.delete("v1", kind, "plan", namespace)
    with closing(cluster):
        cluster.create(intruder, field_manager="intruder")
        try:
            probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
            assert f"declared: no other {kind}" in [probe.name for probe in failed(probes)]
        finally:
            cluster.delete(intruder["apiVersion"], kind, name, namespace)
            tenants.apply(identifier)


def test_a_widened_role_is_named_and_repaired_by_up(tenants: Tenants, identifier: str) -> None:
    """The role is the cluster's, so it is shown by every environment of people who hold it."""
    name = naming.cluster_role(tenants.centre.id, "tenant-admin")
    more = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    with closing(administrator(tenants.centre)) as cluster:
        rules = cluster.get(RBAC, "ClusterRole", name)["rules"]
        patch = {"rules": [*rules, more]}
        cluster.patch(RBAC, "ClusterRole", name, None, patch, field_manager="intruder")

    try:
        assert "declared: ClusterRole tenant-admin" in tenants.red(identifier)
    finally:
        connections = tenants.centre.connections
        prepare(connections, bootstrap.administrator(Settings(home=connections.home)))
    assert tenants.red(identifier) == []


LET_IN: dict[str, Tamper] = {
    "grants may be passed on": in_postgres("GRANT CONNECT ON DATABASE {database} TO {ddl} WITH GRANT OPTION"),
    "schema is the tenant's": in_postgres("ALTER SCHEMA public OWNER TO {ddl}", in_database=True),
}


@pytest.mark.parametrize("case", LET_IN)
def test_a_probe_that_is_let_in_opens_nothing(case: str, tenants: Tenants, identifier: str) -> None:
    entry = inventory.environment(identifier, tenants.centre.records)
    LET_IN[case](tenants.centre, entry)
    before = grants(tenants.centre, entry)
    red = tenants.red(identifier)
    assert "database main: grants nothing onward" in red
    assert grants(tenants.centre, entry) == before
    tenants.apply(identifier)
    assert grants(tenants.centre, entry) != before


def test_a_bucket_probe_that_is_let_in_opens_and_leaves_nothing(tenants: Tenants, identifier: str) -> None:
    entry = inventory.environment(identifier, tenants.centre.records)
    tenants.apply(tenants.one())  # a neighbour, where nobody else is; else some are drawn by lot
    store: Any = tenants.centre.object_store
    user = bindings.read(entry.namespace, "bucket-main", centre=tenants.centre)["access-key"]
    store.admin.policy_set("consoleAdmin", user=user)  # its own denies what is tried
    red = tenants.red(identifier)
    tenants.apply(identifier)
    assert "bucket main: changes its policy" in red
    assert store.policy(entry.buckets[0][1]) == []
    let_in = [
        bucket
        for other in inventory.environments(tenants.centre.records)
        for claim, bucket in other.buckets
        if f"bucket main: writes {other.id} {claim}" in red
    ]
    assert let_in
    for bucket in let_in:
        left = s3(tenants.centre).list_objects(
            bucket, prefix="yunzu-probe/", recursive=True, include_version=True
        )
        assert list(left) == []


def test_a_bucket_whose_versions_somebody_let_rest_is_left_empty(tenants: Tenants) -> None:
    identifier = tenants.one(databases=[])
    tenants.apply(identifier)
    [(_, bucket)] = inventory.environment(identifier, tenants.centre.records).buckets
    client = s3(tenants.centre)
    client.set_bucket_versioning(bucket, VersioningConfig(SUSPENDED))
    verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert list(client.list_objects(bucket, recursive=True, include_version=True)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("access-key", "a\nb"), ("access-key", "卫"), ("secret-key", "x" * 9000), ("secret-key", "")],
    ids=["line break", "not ASCII", "long", "empty"],
)
def test_what_a_tenant_writes_into_its_secret_ends_no_verification(
    key: str, value: str, tenants: Tenants, identifier: str
) -> None:
    in_kubernetes("Secret", "bucket-main", {"stringData": {key: value}})(
        tenants.centre, inventory.environment(identifier, tenants.centre.records)
    )
    red = tenants.red(identifier)
    assert "bucket main: credentials" in red
    assert "declared: Credential bucket-main-user-a" in red
    tenants.apply(identifier)
