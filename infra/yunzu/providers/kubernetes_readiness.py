"""When an object is ready, as users of Pulumi expect.

`unready` says what an object is still waiting for. Kinds that are not here are ready once they exist.
"""

from collections.abc import Callable
from typing import Any

from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import shortened
from yunzu.errors import NotFoundError
from yunzu.providers.kubernetes_objects import Object, without_nulls

SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
_USUALLY = 600.0  # seconds, what Pulumi's own provider waits
_QUOTA = 45.0  # seconds; the controller answers in well under one, but up to 30 after an API server's outage
_REASONS = 3  # pods' troubles that are told


class BrokenError(Exception):
    """The object will not become ready by waiting; the text says why."""


def _status(obj: Object) -> dict[str, Any]:
    return obj.get("status") or {}


def _condition(obj: Object, kind: str) -> dict[str, Any]:
    found = (item for item in _status(obj).get("conditions", []) if item["type"] == kind)
    return next(found, {})


def _observed(obj: Object) -> bool:
    return bool(_status(obj).get("observedGeneration", 0) >= obj["metadata"].get("generation", 0))


def _deployment(obj: Object) -> str | None:
    status, wanted = _status(obj), obj["spec"].get("replicas", 1)
    if not _observed(obj):
        return "its controller has not seen it"
    if obj["spec"].get("paused"):
        return None
    progressing = _condition(obj, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        raise BrokenError(shortened(progressing.get("message", "it makes no progress")))
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted or available < wanted:
        return f"{available} of {wanted} pods are available, {updated} are of this version"
    old = status.get("replicas", 0) - updated
    return f"{old} pods of the old version still run" if old > 0 else None


def _stateful_set(obj: Object) -> str | None:
    status, wanted = _status(obj), obj["spec"].get("replicas", 1)
    if not _observed(obj):
        return "its controller has not seen it"
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready < wanted:
        return f"{ready} of {wanted} pods are ready"
    strategy = obj["spec"].get("updateStrategy", {})
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    if strategy.get("type") != "OnDelete" and updated < wanted - partition:
        return f"{updated} of {wanted - partition} pods are of this version"
    return None


def _replica_set(obj: Object) -> str | None:
    wanted, available = obj["spec"].get("replicas", 1), _status(obj).get("availableReplicas", 0)
    if not _observed(obj):
        return "its controller has not seen it"
    return None if available >= wanted else f"{available} of {wanted} pods are available"


def _daemon_set(obj: Object) -> str | None:
    if not _observed(obj):
        return "its controller has not seen it"
    status = _status(obj)
    wanted = status.get("desiredNumberScheduled", 0)
    for key, words in (
        ("updatedNumberScheduled", "are of this version"),
        ("numberAvailable", "are available"),
    ):
        count = status.get(key, 0)
        if count < wanted and not (key.startswith("updated") and _on_delete(obj)):
            return f"{count} of {wanted} pods {words}"
    return None


def _on_delete(obj: Object) -> bool:
    return bool(obj["spec"].get("updateStrategy", {}).get("type") == "OnDelete")


def _job(obj: Object) -> str | None:
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        raise BrokenError(shortened(failed.get("message", "it failed")))
    if _condition(obj, "Complete").get("status") == "True" or obj["spec"].get("suspend"):
        return None
    status = _status(obj)
    return f"{status.get('active', 0)} pods run, {status.get('succeeded', 0)} succeeded"


def _pod(obj: Object) -> str | None:
    phase = _status(obj).get("phase", "Pending")
    if phase == "Failed":
        raise BrokenError(shortened(_status(obj).get("message") or "it failed"))
    ready = _condition(obj, "Ready").get("status") == "True"
    return None if phase == "Succeeded" or ready else f"its phase is {phase}{_trouble(obj)}"


def _volume_claim(obj: Object) -> str | None:
    phase = _status(obj).get("phase", "Pending")
    return None if phase == "Bound" else f"its phase is {phase}; is there a storage class that serves it"


def _service(obj: Object) -> str | None:
    if obj["spec"].get("type") != "LoadBalancer" or _status(obj).get("loadBalancer", {}).get("ingress"):
        return None
    return "no load balancer has given it an address"


def _quota(obj: Object) -> str | None:
    if _status(obj).get("hard") == obj["spec"].get("hard"):
        return None
    return "its limits are not counted yet; does kube-controller-manager run"


def _definition(obj: Object) -> str | None:
    names = _condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        raise BrokenError(shortened(names.get("message", "its names are taken")))
    return None if _condition(obj, "Established").get("status") == "True" else "it is not served yet"


_CHECKS: dict[tuple[str, str], Callable[[Object], str | None]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _volume_claim,
    ("", "Service"): _service,
    ("", "ResourceQuota"): _quota,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}


def _key(obj: Object) -> tuple[str, str]:
    return obj["apiVersion"].rpartition("/")[0], obj["kind"]


def is_awaited(obj: Object) -> bool:
    """Whether there is anything to wait for."""
    annotations = obj["metadata"].get("annotations") or {}
    return _key(obj) in _CHECKS and str(annotations.get(SKIP_AWAIT, "")).lower() != "true"


def patience(obj: Object, asked: float) -> float:
    """Seconds to wait: what the program asked for, the annotation, or the usual."""
    said = str((obj["metadata"].get("annotations") or {}).get(TIMEOUT_SECONDS, ""))
    if asked > 0:
        return asked
    if said.isdecimal():
        return float(said)
    return _QUOTA if obj["kind"] == "ResourceQuota" else _USUALLY


def unready(obj: Object) -> str | None:
    """What the object waits for, None if it is ready. Raises BrokenError."""
    # A status that nobody has written yet holds nulls where a list will be.
    return _CHECKS[_key(obj)](without_nulls(obj)) if _key(obj) in _CHECKS else None


def binds_at_first_use(client: Client, obj: Object) -> bool:
    """Whether a PersistentVolumeClaim waits, as it should, for its first pod."""
    name = obj["spec"].get("storageClassName")
    if obj["kind"] != "PersistentVolumeClaim" or not name:
        return False
    try:
        storage_class = client.get("storage.k8s.io/v1", "StorageClass", name)
    except NotFoundError:
        return False
    return bool(storage_class.get("volumeBindingMode") == "WaitForFirstConsumer")


def troubles(client: Client, obj: Object) -> str:
    """What the pods of a workload complain about, for a sentence; empty if nothing is known."""
    selector = (obj.get("spec") or {}).get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    namespace = obj["metadata"].get("namespace")
    if _key(obj)[0] not in ("apps", "batch") or not labels or not namespace:
        return ""
    query = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    pods = client.list("v1", "Pod", namespace, labels=query)
    return "".join(sorted({trouble for pod in pods if (trouble := _trouble(pod))})[:_REASONS])


def _trouble(pod: Object) -> str:
    status = _status(without_nulls(pod))
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] != "ContainerCreating":
            return f"; {container['name']}: {shortened(waiting['reason'] + ' ' + waiting.get('message', ''))}"
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"; {shortened(scheduled.get('message', 'not scheduled'))}"
    return ""
