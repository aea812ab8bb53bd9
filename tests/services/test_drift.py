"""What is changed behind our back is shown by verify, by name, and put right by the next apply."""

import secrets
from contextlib import closing

import pytest

from tests.support.tampering import (
    NETWORK,
    RBAC,
    Tamper,
    administrator,
    deleted,
    in_kubernetes,
    in_postgres,
    s3,
)
from tests.support.tenants import Tenants
from yunzu import naming
from yunzu.services import bindings, environments, inventory
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry


def _suspend_versioning(centre: Centre, entry: Entry) -> None:
    from minio.versioningconfig import SUSPENDED, VersioningConfig

    client = s3(centre)
    client.set_bucket_versioning(entry.buckets[0][1], VersioningConfig(SUSPENDED))


def _open_bucket(centre: Centre, entry: Entry) -> None:
    name = entry.buckets[0][1]
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},'
        f'"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::{name}/*"]}}]}}'
    )
    s3(centre).set_bucket_policy(name, policy)


def _bind_another_role(centre: Centre, entry: Entry) -> None:
    """`kubectl replace --force`: a role cannot be changed in place."""
    with closing(administrator(centre)) as client:
        binding = client.get(RBAC, "RoleBinding", "tenant-viewer", entry.namespace)
        client.delete(RBAC, "RoleBinding", "tenant-viewer", entry.namespace)
        kept = {key: binding["metadata"][key] for key in ("name", "namespace", "labels")}
        other = {**binding, "metadata": kept, "roleRef": {**binding["roleRef"], "name": "cluster-admin"}}
        client.create(other, field_manager="kubectl-replace")


_OPEN = {"spec": {"ingress": [{}], "egress": [{}]}}
_SUBJECT = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory"}
_LOOSER = {"pod-security.kubernetes.io/enforce": "privileged"}

CASES: dict[str, tuple[Tamper, str]] = {
    "pod security loosened": (
        in_kubernetes("Namespace", "", {"metadata": {"labels": _LOOSER}}),
        "Namespace home-namespace",
    ),
    "owner label removed": (
        in_kubernetes("Namespace", "", {"metadata": {"labels": {naming.LABEL_DEPARTMENT: None}}}),
        "Namespace home-namespace",
    ),
    "quota raised": (
        in_kubernetes("ResourceQuota", "plan", {"spec": {"hard": {"pods": "9999"}}}),
        "ResourceQuota home-quota",
    ),
    "quota key added": (
        in_kubernetes("ResourceQuota", "plan", {"spec": {"hard": {"requests.nvidia.com/gpu": "8"}}}),
        "ResourceQuota home-quota",
    ),
    "limits removed": (deleted("LimitRange", "plan"), "LimitRange home-limits"),
    "token mounted": (
        in_kubernetes("ServiceAccount", "workload", {"automountServiceAccountToken": True}),
        "ServiceAccount home-workload",
    ),
    "default deny removed": (
        deleted("NetworkPolicy", "deny-all", NETWORK),
        "NetworkPolicy perimeter-deny-all",
    ),
    "default deny opened": (
        in_kubernetes("NetworkPolicy", "deny-all", _OPEN, NETWORK),
        "NetworkPolicy perimeter-deny-all",
    ),
    "somebody bound": (
        in_kubernetes("RoleBinding", "tenant-admin", {"subjects": [_SUBJECT]}, RBAC),
        "RoleBinding access-tenant-admin",
    ),
    "another role bound": (_bind_another_role, "RoleBinding access-tenant-viewer"),
    "database opened to all": (
        in_postgres("GRANT CONNECT ON DATABASE {database} TO PUBLIC"),
        "Database database-main-database",
    ),
    "schema opened to all": (
        in_postgres("GRANT ALL ON SCHEMA public TO PUBLIC", in_database=True),
        "Database database-main-database",
    ),
    "connection limit lifted": (
        in_postgres("ALTER DATABASE {database} CONNECTION LIMIT -1"),
        "Database database-main-database",
    ),
    "login made superuser": (
        in_postgres("ALTER ROLE {login} SUPERUSER"),
        "Credential database-main-owner-a",
    ),
    "login dropped": (
        in_postgres("REASSIGN OWNED BY {login} TO CURRENT_USER; DROP ROLE {login}"),
        "Credential database-main-owner-a",
    ),
    "password changed": (
        in_postgres("ALTER ROLE {login} PASSWORD 'guessed'"),
        "Credential database-main-owner-a",
    ),
    "database Secret deleted": (deleted("Secret", "database-main"), "Credential database-main-owner-a"),
    "database Secret points elsewhere": (
        in_kubernetes("Secret", "database-main", {"stringData": {"host": "evil.example"}}),
        "Credential database-main-owner-a",
    ),
    "bucket Secret deleted": (deleted("Secret", "bucket-main"), "Credential bucket-main-user-a"),
    "versioning suspended": (_suspend_versioning, "Bucket bucket-main-bucket"),
    "bucket opened to all": (_open_bucket, "Bucket bucket-main-bucket"),
}


BOUND_EVERYWHERE = {
    "a person who is not the first of their role": lambda one, centre: {
        "kind": "User",
        "name": naming.person(centre.id, f"{one.department}-wang"),
    },
    "all ServiceAccounts of the namespace": lambda one, _: {
        "kind": "Group",
        "name": f"system:serviceaccounts:{one.namespace}",
    },
    "everybody who can log in": lambda *_: {"kind": "Group", "name": "system:authenticated"},
}


@pytest.mark.parametrize("who", BOUND_EVERYWHERE)
def test_what_is_bound_in_the_whole_cluster_is_seen(who: str, tenants: Tenants, identifier: str) -> None:
    """It stands in no namespace, and there is nothing of ours that it changes."""
    centre = tenants.centre
    subject = BOUND_EVERYWHERE[who](inventory.environment(identifier, centre.records), centre)
    binding = {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"by-hand-{secrets.token_hex(4)}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", **subject}],
    }

    with closing(administrator(centre)) as client:
        made = client.create(binding, field_manager="intruder")
        try:
            assert "cluster: no account reaches further" in tenants.red(identifier)
        finally:
            client.delete(RBAC, "ClusterRoleBinding", made["metadata"]["name"])
    assert tenants.red(identifier) == []


@pytest.fixture(scope="module")
def identifier(tenants: Tenants) -> str:
    one = tenants.one()
    tenants.apply(one)
    return one


@pytest.mark.parametrize("case", CASES)
def test_what_is_loosened_is_named_and_repaired(case: str, tenants: Tenants, identifier: str) -> None:
    tamper, resource = CASES[case]
    tamper(tenants.centre, inventory.environment(identifier, tenants.centre.records))

    assert f"declared: {resource}" in tenants.red(identifier)
    changes = tenants.apply(identifier).changes
    assert changes.create + changes.update + changes.replace >= 1
    assert tenants.red(identifier) == []


def test_what_cannot_be_changed_in_place_is_planned_as_a_replacement(
    tenants: Tenants, identifier: str
) -> None:
    centre = tenants.centre
    _bind_another_role(centre, inventory.environment(identifier, centre.records))
    [step] = environments.preview(identifier, catalogue=tenants.catalogue, centre=centre).steps
    assert (step.op, step.name, step.paths) == ("replace", "access-tenant-viewer", ("roleRef.name",))
    assert step.check == f"dry run in {naming.preview_namespace(centre.id)}"
    assert tenants.apply(identifier).changes.replace == 1
    assert environments.preview(identifier, catalogue=tenants.catalogue, centre=centre).steps == ()


def test_a_plan_says_how_each_step_was_checked(tenants: Tenants) -> None:
    new = tenants.one()
    steps = environments.preview(new, catalogue=tenants.catalogue, centre=tenants.centre).steps
    real = [step for step in steps if step.type.startswith(("kubernetes:", "yunzu:postgres", "yunzu:s3"))]
    checks = {step.type.rpartition(":")[2]: step.check for step in real}
    assert checks["Namespace"] == "dry run"
    assert checks["ResourceQuota"] == f"dry run in {naming.preview_namespace(tenants.centre.id)}"
    assert checks["Database"] == "inputs, owner on the server"
    assert all(checks.values()), checks


def test_a_new_password_is_what_the_secret_holds(tenants: Tenants, identifier: str) -> None:
    entry = inventory.environment(identifier, tenants.centre.records)
    before = bindings.read(entry.namespace, "database-main", centre=tenants.centre)["password"]
    in_postgres("ALTER ROLE {login} PASSWORD 'guessed'")(tenants.centre, entry)
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
    entry = inventory.environment(identifier, tenants.centre.records)
    hard = tenants.centre.cluster.get("v1", "ResourceQuota", "plan", entry.namespace)["spec"]["hard"]
    assert "count/events" not in hard
    assert "count/endpoints" in hard
