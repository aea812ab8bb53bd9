"""Which data servers an environment's workloads may reach: its own, at every address they have."""

import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.blueprints import environment, plan
from yunzu.errors import UnreachableError
from yunzu.model.blueprints import Endpoint
from yunzu.model.connections import Cluster, Connections, ObjectStore, Postgres
from yunzu.model.manifests import Environment
from yunzu.services.centre import Centre

NONE: Any = None
POOL = Endpoint("10.0.0.5", 5433, ("10.0.0.5",))
STORE = Endpoint("10.0.0.6", 9000, ("10.0.0.6",))


def centre(pool: str = "10.0.0.5", store: str = "https://10.0.0.6:9000") -> Centre:
    """A centre of which only the addresses are there."""
    secret = SecretStr("x")
    connections = Connections(
        centre="1a2b3c4d",
        home=Path("/nowhere"),
        tools={},
        cluster=Cluster(kubeconfig=Path("/nowhere/kubeconfig")),
        records=Postgres(host="10.0.0.4", port=5432, user="x", password=secret),
        pools={"tenants-1": Postgres(host=pool, port=5433, user="x", password=secret)},
        object_store=ObjectStore(
            driver="minio", endpoint=store, region="x", access_key=secret, secret_key=secret
        ),
        identity_key=secret,
    )
    return Centre(connections, NONE, NONE, {}, lambda: NONE, lambda: NONE)


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver of its own, because tests ask nobody outside: it knows one name with three addresses."""

    def resolve(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        if host != "data.example":
            raise socket.gaierror(-2, "Name or service not known")
        answers = ["10.1.0.2", "10.1.0.1", "fd00::1", "10.1.0.2"]
        return [(0, 0, 0, "", (address, port)) for address in answers]

    monkeypatch.setattr("yunzu.services.centre.socket.getaddrinfo", resolve)


def endpoints(wanted: Environment, at: Centre) -> tuple[Endpoint, ...]:
    return at.endpoints(wanted, plan())


def test_an_environment_reaches_the_servers_of_what_it_has_and_no_other() -> None:
    assert endpoints(environment(), centre()) == (POOL, STORE)
    assert endpoints(environment(databases=[]), centre()) == (STORE,)
    assert endpoints(environment(buckets=[]), centre()) == (POOL,)
    assert endpoints(environment(databases=[], buckets=[]), centre()) == ()


def test_a_name_stands_for_all_its_addresses() -> None:
    found = endpoints(environment(), centre("data.example", "https://data.example:9000"))
    addresses = ("10.1.0.1", "10.1.0.2", "fd00::1")
    assert found == (Endpoint("data.example", 5433, addresses), Endpoint("data.example", 9000, addresses))


@pytest.mark.parametrize(
    ("store", "host", "port"),
    [
        ("https://10.0.0.6", "10.0.0.6", 443),
        ("https://10.0.0.6:9000/", "10.0.0.6", 9000),
        ("https://[fd00::6]:9000", "fd00::6", 9000),
        ("https://[fd00::6]", "fd00::6", 443),
        ("https://data.example", "data.example", 443),
    ],
)
def test_the_object_store_is_reached_at_its_port(store: str, host: str, port: int) -> None:
    (found,) = endpoints(environment(databases=[]), centre(store=store))
    assert (found.host, found.port) == (host, port)


def test_a_name_without_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"gone\.example: its name does not resolve") as caught:
        endpoints(environment(), centre("gone.example"))
    assert caught.value.exit_code == 5


def test_a_pool_that_the_centre_does_not_have_is_named_with_those_it_has() -> None:
    elsewhere = plan().model_copy(update={"pool": "tenants-9"})
    with pytest.raises(UnreachableError, match=r"tenants-9: is not one .* it has tenants-1"):
        centre().endpoints(environment(), elsewhere)
    assert centre().endpoints(environment(databases=[]), elsewhere) == (STORE,)
