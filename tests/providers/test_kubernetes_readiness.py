"""When an object is ready, on a cluster whose simulated nodes run pods."""

import threading
import time

import pytest

from tests.support.providers import CENTRE, QUOTA, UID, Object, Resource, inputs, live, urn
from yunzu.clients.kubernetes import Client
from yunzu.model.connections import Cluster
from yunzu.providers.faults import InitFailedError
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.kubernetes_readiness import patience


def _deployment(namespace: str, **annotations: str) -> Object:
    container = {"name": "app", "image": "example/app:1"}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container]}},
    }
    wanted = inputs("Deployment", namespace, spec=spec)
    wanted["metadata"]["annotations"] = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    return wanted


def _unschedulable(wanted: Object) -> Object:
    wanted["spec"]["template"]["spec"]["nodeSelector"] = {"test.example/no": "such-node"}
    return wanted


def test_a_deployment_is_awaited(provider, client, namespace) -> None:
    resource = Resource(provider, _deployment(namespace, timeoutSeconds="60"))
    assert resource.outputs["status"]["availableReplicas"] == 1
    assert resource.refresh() == []
    more = _deployment(namespace, timeoutSeconds="60")
    more["spec"]["replicas"] = 2
    assert resource.update(more) == ["spec.replicas"]
    assert resource.outputs["status"]["availableReplicas"] == 2
    resource.delete(timeout=90)
    assert client.list("v1", "Pod", namespace) == []


def test_what_is_not_ready_in_time_is_kept_and_said(provider, client, namespace) -> None:
    wanted = _unschedulable(_deployment(namespace, timeoutSeconds="2"))
    said = (
        r"is not ready after 2 s: 0 of 1 pods are available, 1 are of this version; .*didn't match Pod's node"
    )
    with pytest.raises(InitFailedError, match=said) as caught:
        provider.create(urn("Deployment"), wanted, preview=False, timeout=0)
    assert caught.value.identifier == f"{namespace}/one"
    assert caught.value.outputs["metadata"]["uid"] == live(client, wanted)["metadata"]["uid"]
    skipped = _unschedulable(_deployment(namespace, skipAwait="true"))
    provider.create(urn("Deployment"), skipped, preview=False, timeout=0)


def test_a_cancelled_wait_ends_and_keeps_the_object(provider, namespace) -> None:
    threading.Timer(0.5, provider.cancelled.set).start()
    started = time.monotonic()
    wanted = _unschedulable(_deployment(namespace))
    with pytest.raises(InitFailedError, match="was interrupted"):
        provider.create(urn("Deployment"), wanted, preview=False, timeout=0)
    assert time.monotonic() - started < 5


def test_a_failed_job_is_said_at_once(provider, namespace) -> None:
    containers = [{"name": "app", "image": "example/app:1"}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    spec = {"activeDeadlineSeconds": 1, "template": template}
    wanted = _unschedulable(inputs("Job", namespace, spec=spec))
    with pytest.raises(InitFailedError, match="failed: Job was active longer than specified deadline"):
        provider.create(urn("Job"), wanted, preview=False, timeout=60)


class NoController(Client):
    """A client of a cluster in which nobody counts quotas."""

    def create(self, obj: Object, *, field_manager: str, dry_run: bool = False) -> Object:
        return super().create(obj, field_manager=field_manager, dry_run=dry_run) | {"status": {}}

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        return super().get(api_version, kind, name, namespace) | {"status": {}}


def test_a_quota_that_nobody_counts_is_said_with_its_cause(kubeconfig, namespace, effects) -> None:
    uncounted = NoController(Cluster(kubeconfig=kubeconfig))
    provider = KubernetesProvider(
        uncounted, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID
    )
    with pytest.raises(InitFailedError, match="does kube-controller-manager run"):
        provider.create(
            urn("ResourceQuota"), inputs("ResourceQuota", namespace, spec=QUOTA), preview=False, timeout=1
        )
    uncounted.close()


def test_how_long_is_waited() -> None:
    assert patience(_deployment("n"), 0) == 600
    assert patience(_deployment("n", timeoutSeconds="7"), 0) == 7
    assert patience(_deployment("n", timeoutSeconds="7"), 9) == 9
    assert patience(inputs("ResourceQuota", "n", spec=QUOTA), 0) == 45


def test_a_claim_that_waits_for_its_first_pod_is_ready(provider, client, namespace) -> None:
    name = f"late-{namespace[3:]}"
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    late = {"provisioner": "test.example/none", "volumeBindingMode": "WaitForFirstConsumer"}
    client.create(storage | late, field_manager="test")
    size = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": name, "resources": size}
    claim = inputs("PersistentVolumeClaim", namespace, spec=spec)
    _, outputs = provider.create(urn("PersistentVolumeClaim"), claim, preview=False, timeout=20)
    assert outputs["status"]["phase"] == "Pending"
    client.delete("storage.k8s.io/v1", "StorageClass", name)
