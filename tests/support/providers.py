"""Fixtures for tests of the Kubernetes client and provider, on the shared centre's cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.errors import FencedError
from yunzu.model.connections import Cluster, Connections
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.protocol import Urn
from yunzu.providers.values import reveal

Object = dict[str, Any]

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


GROUPS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
} | dict.fromkeys(("Role", "RoleBinding"), "rbac.authorization.k8s.io/v1")
GROUPS["NetworkPolicy"] = "networking.k8s.io/v1"
UID = "etest"


def urn(kind: str, name: str = "one") -> Urn:
    version = GROUPS.get(kind, "core/v1")
    return Urn("dep--env", "yunzu", f"kubernetes:{version}:{kind}", name)


def inputs(kind: str, namespace: str | None, name: str = "one", **rest: Any) -> Object:
    metadata: Object = {"name": name, "labels": labels(UID)}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata, **rest}


class Resource:
    """One resource as the engine keeps it: inputs and outputs in state."""

    def __init__(self, provider: KubernetesProvider, wanted: Object) -> None:
        self.provider = provider
        self.urn = urn(wanted["kind"])
        checked, failures = provider.check(self.urn, None, wanted)
        assert failures == []
        self.inputs: Object = reveal(checked)
        self.identifier, outputs = provider.create(self.urn, self.inputs, preview=False, timeout=0)
        self.outputs: Object = reveal(outputs)

    def refresh(self) -> list[str]:
        """Read; returns the paths that drifted."""
        found = self.provider.read(self.urn, self.identifier, self.inputs, self.outputs)
        assert found is not None
        drift = self.provider.diff(self.urn, self.identifier, self.inputs, self.outputs, reveal(found[0]))
        self.inputs, self.outputs = reveal(found[0]), reveal(found[1])
        return drift.changed

    def update(self, wanted: Object) -> list[str]:
        """Bring it to `wanted`; returns the paths that changed, none if nothing was done."""
        checked, failures = self.provider.check(self.urn, self.inputs, wanted)
        assert failures == []
        new = reveal(checked)
        diff = self.provider.diff(self.urn, self.identifier, self.inputs, self.outputs, new)
        assert diff.replace == []
        if diff.changed:
            self.outputs = reveal(
                self.provider.update(
                    self.urn, self.identifier, self.inputs, self.outputs, new, preview=False, timeout=0
                )
            )
        self.inputs = new
        return diff.changed

    def delete(self, timeout: float = 20) -> None:
        self.provider.delete(self.urn, self.identifier, self.inputs, self.outputs, timeout=timeout)


QUOTA = {"hard": {"pods": "5", "requests.cpu": "0.5", "count/secrets": "9"}}


def live(client: Client, obj: Object) -> Object:
    metadata = obj["metadata"]
    return client.get(obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))


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


@pytest.fixture
def provider(client: Client, effects: Effects) -> KubernetesProvider:
    return KubernetesProvider(client, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID)
