"""A bucket's user on real S3 servers: everything its bucket is for, nothing else and nobody else's."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from minio import Minio, MinioAdmin
from minio.commonconfig import Tags
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException, S3Error
from minio.versioningconfig import SUSPENDED, VersioningConfig

from tests.support.objectstore_tenants import SECRET, Tenant
from yunzu.clients.objectstore_s3 import S3Buckets


def test_a_user_can_do_what_a_bucket_is_for(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    tenant.put("a/b", b"first")
    tenant.put("a/b", b"second")
    client, name = tenant.client(), tenant.bucket.name
    assert client.get_object(bucket_name=name, object_name="a/b").data == b"second"
    versions = list(client.list_objects(bucket_name=name, recursive=True, include_version=True))
    assert len(versions) == 2
    content = bytes(6 * 1024 * 1024)
    client.put_object(
        bucket_name=name,
        object_name="big",
        data=io.BytesIO(content),
        length=len(content),
        part_size=5 * 1024 * 1024,
    )
    client.remove_object(bucket_name=name, object_name="a/b")
    assert [item.object_name for item in client.list_objects(bucket_name=name, recursive=True)] == ["big"]


def test_tenants_cannot_reach_each_other(store: S3Buckets) -> None:
    tenants = [Tenant(store, claim) for claim in ("dept-a", "dept-a-2", "dept-a")]
    for tenant in tenants:
        tenant.ensure()
        tenant.put("mine")
    for tenant in tenants:
        client = tenant.client()
        assert [bucket.name for bucket in client.list_buckets()] in ([tenant.bucket.name], [])
        for other in tenants:
            if other is tenant:
                continue
            bucket = other.bucket.name
            for attempt in _attempts(client, bucket):
                with pytest.raises(S3Error) as caught:
                    attempt()
                assert caught.value.code == "AccessDenied"


def _attempts(client: Minio, bucket: str) -> list[Callable[[], Any]]:
    return [
        lambda: client.get_object(bucket_name=bucket, object_name="mine"),
        lambda: client.remove_object(bucket_name=bucket, object_name="mine"),
        lambda: list(client.list_objects(bucket_name=bucket)),
        lambda: client.get_bucket_tags(bucket_name=bucket),
        lambda: client.put_object(bucket_name=bucket, object_name="theirs", data=io.BytesIO(b"x"), length=1),
    ]


def test_a_tenant_cannot_loosen_its_own_bucket(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    client, name = tenant.client(), tenant.bucket.name
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    suspended = VersioningConfig(SUSPENDED)
    attempts: list[Any] = [
        lambda: client.set_bucket_policy(bucket_name=name, policy=policy),
        lambda: client.delete_bucket_policy(bucket_name=name),
        lambda: client.set_bucket_versioning(bucket_name=name, config=suspended),
        lambda: client.set_bucket_tags(bucket_name=name, tags=Tags.new_bucket_tags()),
        lambda: client.delete_bucket_tags(bucket_name=name),
        lambda: client.remove_bucket(bucket_name=name),
        lambda: client.make_bucket(bucket_name=f"{name}-more"),
    ]
    for attempt in attempts:
        with pytest.raises(S3Error):
            attempt()
    assert tenant.ensure(secret=None) == ()


def test_minio_tenant_cannot_administer_itself(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    if tenant.store.address.driver != "minio":
        pytest.skip("only MinIO lets users administer themselves")
    admin = MinioAdmin(
        endpoint=tenant.store.host,
        credentials=StaticProvider(tenant.user.access_key, SECRET),
        http_client=tenant.store.pool,
    )
    attempts: list[Any] = [
        lambda: admin.add_service_account(
            access_key="a-service-account", secret_key="secret-of-that-account"
        ),
        lambda: admin.user_add(tenant.user.access_key, "a-new-secret-key"),
        lambda: admin.user_add("another", "a-new-secret-key"),
        lambda: admin.policy_set("readwrite", user=tenant.user.access_key),
        lambda: admin.bucket_quota_set(tenant.bucket.name, 0),
        admin.info,
    ]
    for attempt in attempts:
        with pytest.raises(MinioAdminException):
            attempt()
    assert tenant.store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
