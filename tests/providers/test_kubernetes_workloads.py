"""Workloads are ready when their pods are: on simulated nodes that run pods, and by what a status says."""

from typing import Any

import pytest

from tests.support.providers import Object, Resource, inputs, urn
from yunzu.providers.faults import InitFailedError
from yunzu.providers.kubernetes_readiness import BrokenError, unready

POD = {"containers": [{"name": "app", "image": "example/app:1"}]}
TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": POD}
SELECTED = {"selector": {"matchLabels": {"app": "a"}}, "template": TEMPLATE}


def _bounded(kind: str, namespace: str, **spec: Any) -> Object:
    wanted = inputs(kind, namespace, spec=spec)
    wanted["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "90"}
    return wanted


def test_a_stateful_set_is_awaited_pod_after_pod(provider, namespace) -> None:
    resource = Resource(provider, _bounded("StatefulSet", namespace, **SELECTED, serviceName="s", replicas=2))
    assert resource.outputs["status"]["readyReplicas"] == 2
    newer = {**SELECTED, "template": {**TEMPLATE, "spec": {"containers": [{"name": "app", "image": "a:2"}]}}}
    resource.update(_bounded("StatefulSet", namespace, **newer, serviceName="s", replicas=2))
    status = resource.outputs["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 2)
    resource.delete(timeout=90)


def test_a_daemon_set_is_awaited_on_every_node(provider, client, namespace) -> None:
    everywhere = {
        **SELECTED,
        "template": {**TEMPLATE, "spec": {**POD, "tolerations": [{"operator": "Exists"}]}},
    }
    resource = Resource(provider, _bounded("DaemonSet", namespace, **everywhere))
    status = resource.outputs["status"]
    assert status["numberAvailable"] == status["desiredNumberScheduled"] == len(client.list("v1", "Node"))
    assert status["desiredNumberScheduled"] > 0
    resource.delete(timeout=90)


def test_a_pod_is_awaited(provider, client, namespace) -> None:
    resource = Resource(provider, _bounded("Pod", namespace, **POD))
    conditions = {one["type"]: one["status"] for one in resource.outputs["status"]["conditions"]}
    assert (resource.outputs["status"]["phase"], conditions["Ready"]) == ("Running", "True")
    nowhere = _bounded("Pod", namespace, **POD, nodeSelector={"test.example/no": "such-node"})
    nowhere["metadata"]["name"] = "two"
    with pytest.raises(InitFailedError, match=r"is not ready after 2 s: its phase is Pending; .*node"):
        provider.create(urn("Pod"), nowhere, preview=False, timeout=2)
    resource.delete()


def test_a_job_is_awaited_until_it_has_succeeded(provider, namespace) -> None:
    template = {"spec": {**POD, "restartPolicy": "Never"}}
    resource = Resource(provider, _bounded("Job", namespace, template=template, completions=2))
    status = resource.outputs["status"]
    assert status["succeeded"] == 2
    assert {"type": "Complete", "status": "True"}.items() <= status["conditions"][-1].items()
    resource.delete(timeout=90)


def _seen(kind: str, spec: Object, generation: int = 2, **status: Any) -> Object:
    """An object of two replicas as a server shows it; its controller has seen `generation` of two."""
    obj = inputs(kind, "n", spec={"replicas": 2} | spec, status={"observedGeneration": generation} | status)
    obj["metadata"]["generation"] = 2
    return obj


ROLLING = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
NOT_READY = {"conditions": [{"type": "Ready", "status": "False"}]}
COMPLETE = {"conditions": [{"type": "Complete", "status": "True"}]}
DAEMONS: Object = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}

STATES: list[tuple[Object, str | None]] = [
    (_seen("StatefulSet", {}, 1, readyReplicas=2, updatedReplicas=2), "its controller has not seen it"),
    (_seen("StatefulSet", {}, readyReplicas=1, updatedReplicas=2), "1 of 2 pods are ready"),
    (_seen("StatefulSet", {}, readyReplicas=2, updatedReplicas=1), "1 of 2 pods are of this version"),
    (_seen("StatefulSet", ROLLING, readyReplicas=2), "0 of 1 pods are of this version"),
    (_seen("StatefulSet", ROLLING, readyReplicas=2, updatedReplicas=1), None),
    (_seen("StatefulSet", ON_DELETE, readyReplicas=2), None),
    (_seen("DaemonSet", {}, 1, **DAEMONS), "its controller has not seen it"),
    (_seen("DaemonSet", {}, **{**DAEMONS, "updatedNumberScheduled": 2}), "2 of 3 pods are of this version"),
    (_seen("DaemonSet", ON_DELETE, **{**DAEMONS, "updatedNumberScheduled": 2}), None),
    (_seen("DaemonSet", ON_DELETE, **{**DAEMONS, "numberAvailable": 2}), "2 of 3 pods are available"),
    (_seen("DaemonSet", {}, **DAEMONS), None),
    (_seen("Pod", {}, phase="Pending"), "its phase is Pending"),
    (_seen("Pod", {}, phase="Running", **NOT_READY), "its phase is Running"),
    (_seen("Pod", {}, phase="Running", **READY), None),
    (_seen("Pod", {}, phase="Succeeded", **NOT_READY), None),
    (_seen("Job", {}, active=1, succeeded=1), "1 pods run, 1 succeeded"),
    (_seen("Job", {"suspend": True}), None),
    (_seen("Job", {}, **COMPLETE), None),
]


@pytest.mark.parametrize(("seen", "reason"), STATES)
def test_what_a_workload_waits_for_is_read_from_its_status(seen: Object, reason: str | None) -> None:
    assert unready(seen) == reason


@pytest.mark.parametrize("kind", ["Pod", "Job"])
def test_what_has_failed_is_not_waited_for(kind: str) -> None:
    failed = [{"type": "Failed", "status": "True", "message": "evicted"}]
    with pytest.raises(BrokenError, match="evicted"):
        unready(_seen(kind, {}, phase="Failed", message="evicted", conditions=failed))
