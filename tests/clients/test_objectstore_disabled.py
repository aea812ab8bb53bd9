"""A disabled S3 user: its next request is refused, whatever it holds; its secret key is kept."""

import re
from dataclasses import replace

import pytest
import urllib3
from minio import Minio
from minio.credentials import AssumeRoleProvider
from minio.error import S3Error

from tests.support.objectstore_tenants import SECRET, Tenant
from yunzu import naming
from yunzu.clients.objectstore import BucketUser, canonical

REFUSED = {"AccessDenied", "InvalidAccessKeyId"}


def _switch(tenant: Tenant, *, enabled: bool, secret: str | None = None) -> tuple[str, ...]:
    user = replace(tenant.user, enabled=enabled)
    done: tuple[str, ...] = tenant.store.ensure_user(user, secret=secret, intents=tenant.intents)
    return done


def _inspect(tenant: Tenant, *, enabled: bool) -> tuple[str, ...] | None:
    found: tuple[str, ...] | None = tenant.store.inspect_user(replace(tenant.user, enabled=enabled))
    return found


def test_the_next_request_of_an_open_session_is_refused(bucket_tenant: Tenant) -> None:
    tenant, name = bucket_tenant, bucket_tenant.bucket.name
    client = tenant.client()
    tenant.put("kept")
    assert _switch(tenant, enabled=False)
    for attempt in (
        lambda: client.get_object(bucket_name=name, object_name="kept"),
        lambda: client.remove_object(bucket_name=name, object_name="kept"),
        lambda: list(client.list_objects(bucket_name=name)),
        lambda: tenant.put("more"),
    ):
        with pytest.raises(S3Error) as caught:
            attempt()
        assert caught.value.code in REFUSED
    assert not tenant.store.can_login(tenant.user.access_key, SECRET, name)
    assert [one.object_name for one in tenant.store.client.list_objects(bucket_name=name)] == ["kept"]


def test_a_second_time_changes_nothing_and_intends_nothing(bucket_tenant: Tenant) -> None:
    _switch(bucket_tenant, enabled=False)
    intents = len(bucket_tenant.intents.seen)
    assert _inspect(bucket_tenant, enabled=False) == ()
    assert _switch(bucket_tenant, enabled=False) == ()
    assert len(bucket_tenant.intents.seen) == intents


def test_enabled_again_the_same_keys_work(bucket_tenant: Tenant) -> None:
    tenant, name = bucket_tenant, bucket_tenant.bucket.name
    before = canonical(tenant.store.policy(name))
    tenant.put("kept")
    _switch(tenant, enabled=False)
    assert _inspect(tenant, enabled=True)
    assert _switch(tenant, enabled=True)
    assert _inspect(tenant, enabled=True) == ()
    assert canonical(tenant.store.policy(name)) == before
    answer = tenant.client().get_object(bucket_name=name, object_name="kept")
    assert answer.read() == b"content"
    answer.close()


def test_what_is_opened_by_hand_is_seen_and_shut(bucket_tenant: Tenant) -> None:
    tenant, store = bucket_tenant, bucket_tenant.store
    policy = store.policy(tenant.bucket.name)
    _switch(tenant, enabled=False)
    if store.address.driver == "minio":
        store.admin.user_enable(tenant.user.access_key)
    else:
        store.set_policy(tenant.bucket.name, policy)
    assert store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
    assert _inspect(tenant, enabled=False)
    assert _switch(tenant, enabled=False)
    assert not store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)


def test_a_new_secret_leaves_it_disabled(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    login = (tenant.user.access_key, "another-one-entirely", tenant.bucket.name)
    _switch(tenant, enabled=False)
    _switch(tenant, enabled=False, secret="another-one-entirely")
    assert _inspect(tenant, enabled=False) == ()
    assert not tenant.store.can_login(*login)
    _switch(tenant, enabled=True)
    assert tenant.store.can_login(*login)


def test_the_other_slot_of_the_bucket_goes_on(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    other = BucketUser(
        tenant.bucket.name, tenant.user.access_key + "2", naming.policy(tenant.bucket.name, "b")
    )
    tenant.store.ensure_user(other, secret=SECRET, intents=tenant.intents)
    _switch(tenant, enabled=False)
    assert tenant.store.can_login(other.access_key, SECRET, tenant.bucket.name)
    assert tenant.ensure_bucket() == ()


def test_made_disabled_it_was_never_open_and_can_be_removed(bucket_tenant: Tenant) -> None:
    tenant = Tenant(bucket_tenant.store)
    tenant.ensure_bucket()
    _switch(tenant, enabled=False, secret=SECRET)
    assert _inspect(tenant, enabled=False) == ()
    assert not tenant.store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
    _switch(tenant, enabled=True)
    assert tenant.store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
    _switch(tenant, enabled=False)
    tenant.remove()
    assert _inspect(tenant, enabled=False) is None


def test_what_disables_and_binds_anew_ends_disabled(bucket_tenant: Tenant) -> None:
    """MinIO binds nobody who is disabled, so it is enabled for a moment on the way."""
    tenant, store = bucket_tenant, bucket_tenant.store
    if store.address.driver != "minio":
        pytest.skip("versitygw has no policies of users")
    store.admin.attach_policy(["readwrite"], user=tenant.user.access_key)
    for _ in range(2):
        _switch(tenant, enabled=False)
        assert _inspect(tenant, enabled=False) == ()
        assert not store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)
        store.admin.user_enable(tenant.user.access_key)
        store.admin.attach_policy(["readwrite"], user=tenant.user.access_key)
        store.admin.user_disable(tenant.user.access_key)


def test_a_link_signed_before_is_refused(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    tenant.put("shared")
    link = tenant.client().presigned_get_object(bucket_name=tenant.bucket.name, object_name="shared")
    pool: urllib3.PoolManager = tenant.store.pool
    assert pool.request("GET", link).status == 200
    _switch(tenant, enabled=False)
    answer = pool.request("GET", link)
    assert answer.status == 403
    assert re.search(r"<Code>(\w+)</Code>", answer.data.decode())[1] in REFUSED  # type: ignore[index]


def test_temporary_keys_taken_before_are_refused(bucket_tenant: Tenant) -> None:
    tenant = bucket_tenant
    if tenant.store.address.driver != "minio":
        pytest.skip("only MinIO gives out temporary keys")
    tenant.put("kept")
    lent = AssumeRoleProvider(
        sts_endpoint=tenant.store.address.endpoint,
        access_key=tenant.user.access_key,
        secret_key=SECRET,
        duration_seconds=3600,
        http_client=tenant.store.pool,
    )
    keys = lent.retrieve()
    client = Minio(
        tenant.store.host,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        session_token=keys.session_token,
        region="us-east-1",
        http_client=tenant.store.pool,
    )
    assert [one.object_name for one in client.list_objects(bucket_name=tenant.bucket.name)] == ["kept"]
    _switch(tenant, enabled=False)
    with pytest.raises(S3Error) as caught:
        list(client.list_objects(bucket_name=tenant.bucket.name))
    assert caught.value.code in REFUSED
