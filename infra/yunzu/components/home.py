"""Home: the namespace with its quota, its default limits and the identity its workloads run as."""

from collections.abc import Iterator

import pulumi

from yunzu.components.kubernetes_object import KubernetesObject, Object
from yunzu.model.blueprints import Blueprint

# The Pod Security rules of this version, whatever the cluster's: an upgrade must not change them by itself.
POD_SECURITY_VERSION = "v1.37"
WORKLOAD_SERVICE_ACCOUNT = "workload"
# What is begun under these keys runs. Jobs are among them because a CronJob would pile them up for months,
# and all of them would start at once on the day of return.
RUNS = frozenset({"pods", "count/pods", "count/jobs.batch"})


def namespace(blueprint: Blueprint) -> Object:
    """Namespace with Pod Security `restricted`, enforced, audited and warned about."""
    security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", POD_SECURITY_VERSION))
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": blueprint.namespace, "labels": blueprint.labels | security},
    }


def quota(blueprint: Blueprint) -> Object:
    """ResourceQuota: the plan as hard limits; nothing new runs in a suspended environment."""
    plan = blueprint.plan
    hard = {
        "requests.cpu": plan.requests.cpu,
        "requests.memory": plan.requests.memory,
        "limits.cpu": plan.limits.cpu,
        "limits.memory": plan.limits.memory,
        "requests.storage": plan.storage,
        "requests.ephemeral-storage": plan.ephemeral_storage,
        "limits.ephemeral-storage": plan.ephemeral_storage,
        "pods": str(plan.pods),
    }
    hard |= {key: str(count) for key, count in plan.objects.items()}
    if blueprint.suspended:
        hard |= dict.fromkeys(RUNS & hard.keys(), "0")
    return _in_namespace(blueprint, "v1", "ResourceQuota", "plan") | {"spec": {"hard": hard}}


def limits(blueprint: Blueprint) -> Object:
    """LimitRange: what a container gets that asks for nothing, and the most it may ask for."""
    container = blueprint.plan.container
    limit = {
        "type": "Container",
        "defaultRequest": {**container.request.model_dump(), "ephemeral-storage": "100Mi"},
        "default": {**container.default.model_dump(), "ephemeral-storage": "1Gi"},
        "max": container.maximum.model_dump(),
    }
    return _in_namespace(blueprint, "v1", "LimitRange", "plan") | {"spec": {"limits": [limit]}}


def service_account(blueprint: Blueprint) -> Object:
    """ServiceAccount of the workloads, whose token is not mounted."""
    account = _in_namespace(blueprint, "v1", "ServiceAccount", WORKLOAD_SERVICE_ACCOUNT)
    return account | {"automountServiceAccountToken": False}


def _in_namespace(blueprint: Blueprint, api_version: str, kind: str, name: str) -> Object:
    metadata = {"name": name, "namespace": blueprint.namespace, "labels": blueprint.labels}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def objects(blueprint: Blueprint) -> Iterator[tuple[str, Object]]:
    """Everything of the home but the namespace, as (role in the stack, object)."""
    yield "quota", quota(blueprint)
    yield "limits", limits(blueprint)
    yield "workload", service_account(blueprint)


class Home(pulumi.ComponentResource):
    """The environment's place in the cluster."""

    namespace: KubernetesObject

    def __init__(self, name: str, blueprint: Blueprint, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("yunzu:environment:Home", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.namespace = KubernetesObject(f"{name}-namespace", namespace(blueprint), own)
        inside = inside_namespace(self, self.namespace)
        for role, manifest in objects(blueprint):
            KubernetesObject(f"{name}-{role}", manifest, inside)
        self.register_outputs({})


def inside_namespace(parent: pulumi.Resource, namespace: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options of an object in the namespace: made after it, and gone with it without a call of its own."""
    return pulumi.ResourceOptions(parent=parent, depends_on=[namespace], deleted_with=namespace)
