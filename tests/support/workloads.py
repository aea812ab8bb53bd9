"""Workloads of a department, as its developers would run them."""

from typing import Any

from yunzu.clients.kubernetes import Client

_REQUEST = {"cpu": "10m", "memory": "16Mi"}


def pod_spec(**changes: Any) -> dict[str, Any]:
    """A pod that the restricted profile lets in, small enough for any plan."""
    container = {
        "name": "main",
        "image": "registry.invalid/main:1",
        "resources": {"requests": _REQUEST, "limits": _REQUEST},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    fields = {"serviceAccountName": "workload", "securityContext": security, "containers": [container]}
    return fields | changes


def pod(namespace: str, name: str, **changes: Any) -> dict[str, Any]:
    """A pod by itself, that nobody makes anew."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec(**changes)}


def workload(kind: str, namespace: str, name: str, replicas: int, **changes: Any) -> dict[str, Any]:
    """A Deployment or StatefulSet."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod_spec(**changes)}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def pods(client: Client, namespace: str) -> list[str]:
    """Names of the pods there are, up to the random part."""
    return sorted(one["metadata"]["name"].split("-")[0] for one in client.list("v1", "Pod", namespace))
