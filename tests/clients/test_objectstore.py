"""Buckets and their users on real S3 servers, each by its driver: made, repaired, refused, erased."""

from pathlib import Path
from typing import Any

import pytest
from minio.commonconfig import Tags
from minio.versioningconfig import SUSPENDED, VersioningConfig
from pydantic import SecretStr

from tests.support.crashes import Recorded
from tests.support.objectstore_tenants import CENTRE, SECRET, Tenant
from tests.support.postgres import certificate
from yunzu import naming
from yunzu.clients.objectstore import BucketUser, ObjectStore, canonical, object_store
from yunzu.clients.objectstore_minio import sealed
from yunzu.clients.objectstore_s3 import S3Buckets
from yunzu.errors import NotFoundError, NotOursError, RefusedError, UnreachableError, UsageError


def test_second_run_changes_nothing(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    intents = len(tenant.intents.seen)
    assert tenant.ensure(secret=None) == ()
    assert tenant.store.inspect_user(tenant.user) == ()
    assert len(tenant.intents.seen) == intents


def test_intents_and_errors_do_not_tell_access_keys(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    assert tenant.user.access_key not in str(tenant.intents.seen)
    assert tenant.user.access_key not in repr(tenant.user)


def test_ensure_repairs_the_bucket(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    client, name = tenant.store.client, tenant.bucket.name
    client.set_bucket_versioning(bucket_name=name, config=VersioningConfig(SUSPENDED))
    assert tenant.ensure_bucket() == (f"bucket {name} has versioning off",)
    client.delete_bucket_tags(bucket_name=name)
    assert tenant.ensure_bucket() == (f"bucket {name} has lost its mark",)
    if tenant.store.enforces_quota:
        tenant.store.set_quota(name, None)
        assert tenant.ensure_bucket() == (f"bucket {name} has a quota of None bytes",)
    assert tenant.ensure_bucket() == ()


def test_ensure_repairs_a_minio_user(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    if tenant.store.address.driver != "minio":
        pytest.skip("versitygw has a test of its own")
    admin, user = tenant.store.admin, tenant.user
    loosened: dict[str, Any] = {
        "another policy": lambda: admin.policy_set("readwrite", user=user.access_key),
        "a second policy": lambda: admin.attach_policy(["readwrite"], user=user.access_key),
        "policy altered": lambda: admin.policy_add(
            user.binding,
            policy={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}],
            },
        ),
        "user disabled": lambda: admin.user_disable(user.access_key),
        "in a group": lambda: admin.group_add("a-group", [user.access_key]),
    }
    for name, loosen in loosened.items():
        loosen()
        assert tenant.store.inspect_user(user), name
        assert tenant.ensure(secret=None), name
        assert tenant.store.inspect_user(user) == (), name
        assert tenant.store.can_login(user.access_key, SECRET, tenant.bucket.name)


def test_ensure_repairs_a_versitygw_user(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    if tenant.store.address.driver != "versitygw":
        pytest.skip("MinIO has a test of its own")
    client, user = tenant.store.client, tenant.user
    client.delete_bucket_policy(bucket_name=tenant.bucket.name)
    assert tenant.store.inspect_user(user)
    assert not tenant.store.can_login(user.access_key, SECRET, tenant.bucket.name)
    assert tenant.ensure(secret=None)
    assert tenant.store.can_login(user.access_key, SECRET, tenant.bucket.name)
    second = BucketUser(tenant.bucket.name, user.access_key + "2", naming.policy(tenant.bucket.name, "b"))
    tenant.store.ensure_user(second, secret=SECRET, intents=tenant.intents)
    assert tenant.ensure(secret=None) == ()
    tenant.store.remove_user(second, intents=tenant.intents)
    assert not tenant.store.can_login(second.access_key, SECRET, tenant.bucket.name)
    assert tenant.store.can_login(user.access_key, SECRET, tenant.bucket.name)


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:*"])
def test_a_policy_that_names_another_tenant_is_drift(store: S3Buckets, action: str) -> None:
    """Alone or beside one's own key; what one's own key is allowed stays as it is."""
    if store.address.driver != "versitygw":
        pytest.skip("MinIO hears of its own users' policies only")
    tenant, stranger = Tenant(store), Tenant(store)
    tenant.ensure()
    stranger.ensure()
    wanted = store.policy(tenant.bucket.name)
    for names in ([stranger.user.access_key], [tenant.user.access_key, stranger.user.access_key]):
        bucket = f"arn:aws:s3:::{tenant.bucket.name}"
        opened = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": [action]}
        store.set_policy(tenant.bucket.name, [*wanted, {**opened, "Resource": [bucket, f"{bucket}/*"]}])
        assert tenant.ensure_bucket() == (f"bucket {tenant.bucket.name} is open to others",)
        assert canonical(store.policy(tenant.bucket.name)) == canonical(wanted)
        assert tenant.ensure(secret=None) == ()


def test_a_new_secret_replaces_the_old_one(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    tenant.ensure(secret="another-one-entirely")
    assert tenant.store.can_login(tenant.user.access_key, "another-one-entirely", tenant.bucket.name)
    assert not tenant.store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)


def test_removal_takes_every_version_and_is_idempotent(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    for _ in range(3):
        tenant.put("again")
    tenant.client().remove_object(bucket_name=tenant.bucket.name, object_name="again")
    tenant.remove()
    tenant.remove()
    assert tenant.store.bucket_facts(tenant.bucket.name) is None
    assert tenant.store.inspect_user(tenant.user) is None
    assert not tenant.store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
    with pytest.raises(NotFoundError):
        tenant.store.ensure_user(tenant.user, secret=None, intents=tenant.intents)


def test_a_foreign_bucket_is_refused_and_left_alone(store: S3Buckets) -> None:
    for mark in (None, naming.owner_mark(CENTRE, naming.mint_environment_uid())):
        tenant = Tenant(store)
        store.client.make_bucket(bucket_name=tenant.bucket.name)
        if mark is not None:
            tags = Tags.new_bucket_tags()
            tags["yunzu-owner"] = mark
            store.client.set_bucket_tags(bucket_name=tenant.bucket.name, tags=tags)
        before = store.bucket_facts(tenant.bucket.name)
        with pytest.raises(NotOursError):
            tenant.ensure_bucket()
        with pytest.raises(NotOursError):
            store.remove_bucket(tenant.bucket.name, mark=tenant.mark, intents=tenant.intents)
        assert store.bucket_facts(tenant.bucket.name) == before
        assert tenant.intents.seen == []


def test_an_unmarked_bucket_is_ours_where_we_meant_to_make_it(store: S3Buckets) -> None:
    tenant = Tenant(store)
    tenant.intents.intend("Bucket", tenant.bucket.name)
    store.client.make_bucket(bucket_name=tenant.bucket.name)
    tenant.ensure_bucket()
    facts = store.bucket_facts(tenant.bucket.name)
    assert facts is not None
    assert facts.mark == tenant.mark


def test_a_foreign_user_is_refused_and_left_alone(store: S3Buckets) -> None:
    tenant = Tenant(store)
    tenant.ensure_bucket()
    elsewhere = Tenant(store)
    elsewhere.ensure_bucket()
    stranger = BucketUser(elsewhere.bucket.name, tenant.user.access_key, "somebody-elses")
    tenant.store.ensure_user(stranger, secret=SECRET, intents=Recorded())
    with pytest.raises(NotOursError) as caught:
        tenant.ensure(secret="taken-over")
    assert tenant.user.access_key not in str(caught.value)
    with pytest.raises(NotOursError):
        tenant.store.remove_user(tenant.user, intents=tenant.intents)
    assert tenant.store.can_login(tenant.user.access_key, SECRET, elsewhere.bucket.name)


def test_a_certificate_of_another_authority_is_named(store: ObjectStore, tmp_path: Path) -> None:
    stranger = object_store(store.address.model_copy(update={"ca": certificate(tmp_path)[0]}))
    with pytest.raises(UnreachableError, match="not trusted"):
        stranger.bucket_facts("yz-nobody")


def test_servers_faults_are_our_errors(store: ObjectStore) -> None:
    nobody = object_store(store.address.model_copy(update={"endpoint": "https://127.0.0.1:1"}))
    with pytest.raises(UnreachableError, match="does not answer"):
        nobody.bucket_facts("yz-nobody")
    wrong = object_store(store.address.model_copy(update={"secret_key": SecretStr("wrong-one")}))
    with pytest.raises(RefusedError):
        wrong.version()
    with pytest.raises(RefusedError):
        Tenant(wrong).ensure()  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        object_store(store.address.model_copy(update={"driver": "ceph"}))
    for other in (nobody, wrong):
        other.close()


def test_a_payload_is_never_more_than_one_chunk() -> None:
    with pytest.raises(ValueError, match="chunk"):
        sealed(bytes(20_000), "password")
