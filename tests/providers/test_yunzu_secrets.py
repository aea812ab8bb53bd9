"""A tenant's Secret in a real cluster: written, read back as a tenant's data, renewed, deleted."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ConflictError
from yunzu.clients.ownership import NoIntents
from yunzu.errors import NotFoundError, NotOursError
from yunzu.model.connections import Connections, Postgres
from yunzu.providers.yunzu_secrets import (
    ClusterSecrets,
    check_secret,
    mark_of,
    postgres_binding,
    secret_drift,
)

CENTRE, UID = "0badcafe", "eaaaaaaaaaab"
LABELS = naming.labels(CENTRE, UID, "dep", "env")
DATA = {"type": "postgresql", "username": "u", "password": "p", "uri": "postgresql://x"}


@pytest.fixture(scope="module")
def client(centre: Connections) -> Iterator[Client]:
    with closing(Client(centre.cluster)) as made:
        yield made


@pytest.mark.parametrize("host", ["db.example", "10.0.0.5", "fd00::5", "::1"])
def test_its_uri_is_understood_by_clients_also_with_ipv6(host: str) -> None:
    address = Postgres(host=host, port=5433, user="a", password=SecretStr("p"))
    binding = postgres_binding(address, "yz_d", "yz_d_owner_a", "p@ss/w:rd")
    understood = conninfo_to_dict(binding["uri"])
    assert (understood["host"], understood["port"], understood["dbname"]) == (host, "5433", "yz_d")
    assert (understood["user"], understood["password"]) == ("yz_d_owner_a", "p@ss/w:rd")
    assert (binding["host"], binding["port"]) == (host, "5433")
    split = urlsplit(binding["uri"])
    assert (split.hostname, split.port, split.path) == (host, 5433, "/yz_d")


@pytest.fixture
def namespace(client: Client) -> Iterator[str]:
    name = f"yunzu-test-{secrets.token_hex(4)}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, field_manager="test")
    yield name
    client.delete("v1", "Namespace", name)


def test_what_is_written_is_read_and_deleted_again(client: Client, namespace: str) -> None:
    store = ClusterSecrets(client)
    assert store.read(namespace, "database-main") is None
    store.write(namespace, "database-main", LABELS, DATA)
    found = store.read(namespace, "database-main")
    assert found is not None
    assert secret_drift("s", found, LABELS, DATA) == []
    assert mark_of(found.labels) == naming.owner_mark(CENTRE, UID)
    live = client.get("v1", "Secret", "database-main", namespace)
    assert live["type"] == "servicebinding.io/postgresql"
    store.write(namespace, "database-main", LABELS, {**DATA, "password": "another"})
    found = store.read(namespace, "database-main")
    assert found is not None
    assert found.data["password"] == "another"
    store.delete(namespace, "database-main")
    store.delete(namespace, "database-main")
    assert store.read(namespace, "database-main") is None


@pytest.mark.parametrize(
    "change", [{"immutable": True, "type": "servicebinding.io/postgresql"}, {"type": "Opaque"}]
)
def test_one_that_cannot_be_changed_is_made_anew(
    client: Client, namespace: str, change: dict[str, object]
) -> None:
    metadata = {"name": "database-main", "namespace": namespace, "labels": LABELS}
    held = {"password": base64.b64encode(b"old").decode(), "odd": base64.b64encode(b"\xff").decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": held, **change}
    client.create(secret, field_manager="a-tenant")
    store = ClusterSecrets(client)
    found = store.read(namespace, "database-main")
    assert found is not None
    assert found.data == {"password": "old"}
    assert len(secret_drift("s", found, LABELS, DATA)) == len(DATA)
    store.write(namespace, "database-main", LABELS, DATA)
    found = store.read(namespace, "database-main")
    assert secret_drift("s", found, LABELS, DATA) == []


def test_without_its_namespace_there_is_none(client: Client) -> None:
    store = ClusterSecrets(client)
    assert store.read("yunzu-test-nowhere", "database-main") is None
    store.delete("yunzu-test-nowhere", "database-main")
    with pytest.raises(NotFoundError):
        store.write("yunzu-test-nowhere", "database-main", LABELS, DATA)


def test_one_that_took_the_place_of_what_was_read_stays(client: Client, namespace: str) -> None:
    store = ClusterSecrets(client)
    store.write(namespace, "database-main", LABELS, DATA)
    for change in (
        lambda: store.delete(namespace, "database-main"),
        lambda: store.write(namespace, "database-main", LABELS, DATA),
    ):
        assert store.read(namespace, "database-main") is not None
        client.delete("v1", "Secret", "database-main", namespace)
        metadata = {"name": "database-main", "namespace": namespace}
        theirs = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"a": "eA=="}}
        theirs["type"] = "servicebinding.io/postgresql"
        made = client.create(theirs, field_manager="a-tenant")
        with pytest.raises(ConflictError):
            change()
        assert client.get("v1", "Secret", "database-main", namespace) == made


def test_a_strangers_secret_is_not_ours(client: Client, namespace: str) -> None:
    metadata = {"name": "database-main", "namespace": namespace}
    client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}, field_manager="a-tenant")
    found = ClusterSecrets(client).read(namespace, "database-main")
    with pytest.raises(NotOursError):
        check_secret("s", found, naming.owner_mark(CENTRE, UID), NoIntents())
