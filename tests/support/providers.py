"""Fixtures for tests of the Kubernetes client and provider, on the shared centre's cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.errors import FencedError
from yunzu.model.connections import Cluster, Connections

CENTRE = "0badcafe"


class Effects:
    """Intents kept in memory; `fence()` makes every later one refused."""

    def __init__(self) -> None:
        self.intents: list[tuple[str, str]] = []
        self.fenced = False

    def intend(self, kind: str, name: str) -> None:
        if self.fenced:
            raise FencedError("test", 1, 2)
        self.intents.append((kind, name))

    def intended(self, kind: str, name: str) -> bool:
        return (kind, name) in self.intents


def labels(uid: str, **extra: str) -> dict[str, str]:
    """Labels of an object of the test centre's environment `uid`."""
    return {naming.LABEL_CENTRE: CENTRE, naming.LABEL_ENVIRONMENT_UID: uid, **extra}


@pytest.fixture(scope="session")
def kubeconfig(centre: Connections) -> Path:
    """The cluster's break-glass identity: the platform's own may make no workloads and definitions."""
    return centre.home / "pki" / "admin.kubeconfig"


@pytest.fixture(scope="session")
def client(kubeconfig: Path) -> Iterator[Client]:
    """The administrator's client."""
    client = Client(Cluster(kubeconfig=kubeconfig))
    yield client
    client.close()


@pytest.fixture
def namespace(client: Client) -> Iterator[str]:
    """A new namespace of environment `etest`, begun to be deleted afterwards."""
    name = f"t--{naming.mint_environment_uid()}"
    metadata = {"name": name, "labels": labels("etest")}
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, field_manager="test")
    yield name
    client.delete("v1", "Namespace", name)


@pytest.fixture
def effects() -> Effects:
    return Effects()
