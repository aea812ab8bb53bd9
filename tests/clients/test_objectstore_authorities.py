"""Whose certificates are trusted of an S3 server for which no CA is given: the same by all who ask it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.objectstore_tenants import SECRET, Tenant
from yunzu.clients import server_clock
from yunzu.clients.objectstore import object_store
from yunzu.clients.objectstore_s3 import S3Buckets
from yunzu.clients.objectstore_tenant import TenantKeys
from yunzu.embedded import outside
from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster, Connections, ObjectStore, Postgres


def _administrator(address: ObjectStore, tenant: Tenant) -> None:
    with closing(object_store(address)) as store:
        assert store.can_login(tenant.user.access_key, SECRET, tenant.bucket.name)


def _tenant(address: ObjectStore, tenant: Tenant) -> None:
    keys = TenantKeys(address, tenant.user.access_key, SECRET)
    assert keys.put_get_delete(tenant.bucket.name).endswith("deleted")


def _clock(address: ObjectStore, _: Tenant) -> None:
    server_clock.of_object_store(address)


def _status(address: ObjectStore, _: Tenant) -> None:
    nowhere = Postgres(host="127.0.0.1", port=1, user="none", password=SecretStr("none"))
    connections = Connections(
        centre="0badcafe",
        home=Path("/none"),
        tools={},
        cluster=Cluster(kubeconfig=Path("/none")),
        records=nowhere,
        pools={},
        object_store=address,
        identity_key=SecretStr("none"),
    )
    [server] = outside.servers(connections)
    server.version()


@pytest.mark.parametrize("ask", [_administrator, _tenant, _clock, _status])
def test_public_authorities_are_trusted_and_nobody_else(
    ask: Callable[[ObjectStore, Tenant], None],
    store: S3Buckets,
    bucket_tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = store.address.model_copy(update={"ca": None, "external": True})
    with pytest.raises(UnreachableError):
        ask(address, bucket_tenant)
    monkeypatch.setattr("certifi.where", lambda: str(store.address.ca))  # as if a public one had signed it
    ask(address, bucket_tenant)
