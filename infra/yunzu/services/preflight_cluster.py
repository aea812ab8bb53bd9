"""What a Kubernetes cluster is, and what follows for a centre on it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from yunzu.clients import server_clock
from yunzu.clients.kubernetes import Client, Object
from yunzu.errors import NotFoundError, RefusedError, YunzuError
from yunzu.model.connections import Cluster
from yunzu.services.preflight_admission import Webhook, admission, webhooks
from yunzu.services.preflight_checks import Check, Examined, clock, unreadable
from yunzu.services.preflight_rights import rights

AREA = "cluster"
OLDEST, NEWEST = (
    30,
    37,
)  # minors of Kubernetes 1: the oldest has ValidatingAdmissionPolicy, the newest is ours

_ENFORCING = (
    "calico",
    "cilium",
    "antrea",
    "kube-router",
    "weave-net",
    "canal",
    "kube-ovn",
    "ovnkube",
    "azure-npm",
)
_NOT_ENFORCING = ("flannel",)
_SIMULATED = "yunzu.io/simulated"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """A cluster as an identity sees it; an error stands for what it may not see."""

    version: str
    groups: frozenset[str]
    admission_resources: frozenset[str]
    storage_classes: dict[str, bool] | YunzuError  # name -> whether it is the default
    daemonsets: tuple[str, ...] | YunzuError
    nodes: tuple[int, int] | YunzuError  # how many, and how many of them simulated
    webhooks: tuple[Webhook, ...] | YunzuError
    clock_offset: float | None


def examine(cluster: Cluster, administrator: Cluster, centre: str) -> Examined:
    """`cluster` is the platform's identity, whose rights count; `administrator` may be shown more.

    Raises UnreachableError when the API server does not answer, RefusedError when it knows neither.
    """
    looking = Client(administrator, patience=3.0, timeout=15.0)
    platform = Client(cluster, patience=3.0, timeout=15.0)
    try:
        facts = _facts(looking, administrator)
        rights_found, missing = rights(platform, looking, centre)
    finally:
        looking.close()
        platform.close()
    checks = [*judged(facts, external=cluster.external), *rights_found, clock(AREA, facts.clock_offset)]
    return Examined(tuple(checks), {"kubernetes": missing} if missing else {})


def judged(facts: ClusterFacts, *, external: bool) -> list[Check]:
    """All checks on facts."""
    return [
        version(facts.version),
        pod_security(facts.version),
        admission_policies(facts.admission_resources),
        encryption(external=external),
        nodes(facts.nodes),
        storage_classes(facts.storage_classes),
        network_policies(facts.daemonsets, facts.nodes),
        *admission(facts.groups, facts.webhooks),
        signer(facts.groups, facts.version, external=external),
        metrics(facts.groups),
    ]


def minor(version: str) -> int | None:
    """31 for `v1.31.4-eks-a1b2c3`; None for what is no version of Kubernetes 1."""
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None


def version(text: str) -> Check:
    """Whether the server's version is one that this yunzu was made for."""
    number, range_ = minor(text), f"1.{OLDEST} to 1.{NEWEST}"
    if number is None or number < OLDEST:
        fix = f"upgrade the cluster to {range_}"
        return Check(AREA, "version", "red", text, f"supported are {range_}", fix)
    if number > NEWEST:
        return Check(
            AREA, "version", "amber", text, f"newer than this yunzu was tried with ({range_})", "update yunzu"
        )
    return Check(AREA, "version", "green", text)


def pod_security(text: str) -> Check:
    """Pod Security admission is built in from 1.25, unless the operator of the cluster took it out."""
    if (minor(text) or 0) < 25:
        consequence = "tenants' pods could take over nodes: labels of a namespace mean nothing"
        return Check(
            AREA, "pod security", "red", "is not in this version", consequence, "upgrade the cluster"
        )
    return Check(AREA, "pod security", "green", "namespace labels are understood by this version")


def admission_policies(resources: frozenset[str]) -> Check:
    """Whether ValidatingAdmissionPolicy is served."""
    name = "admission policies"
    if "validatingadmissionpolicies" in resources:
        return Check(AREA, name, "green", "ValidatingAdmissionPolicy is served")
    consequence = "what roles allow cannot be narrowed: tenants may open NodePorts and foreign endpoints"
    return Check(
        AREA, name, "amber", "ValidatingAdmissionPolicy is not served", consequence, "upgrade to 1.30"
    )


def encryption(*, external: bool) -> Check:
    """Encryption of Secrets at rest is a file of the API server's, which no API tells."""
    name = "encryption at rest"
    if not external:
        return Check(AREA, name, "green", "Secrets are encrypted in etcd by this centre's own key")
    return Check(
        AREA,
        name,
        "amber",
        "unknown: no API tells it",
        "without it a copy of etcd or of its backup holds every tenant's passwords",
        "ask the cluster's operator for --encryption-provider-config",
    )


def nodes(found: tuple[int, int] | YunzuError) -> Check:
    """How many there are, and whether they are real."""
    if isinstance(found, YunzuError):
        return unreadable(AREA, "nodes", found, "capacity is not known")
    count, simulated = found
    if not count:
        return Check(
            AREA, "nodes", "amber", "none", "pods stay pending; databases and buckets work", "add nodes"
        )
    if simulated:
        fact = f"{count}, of which {simulated} simulated"
        return Check(AREA, "nodes", "amber", fact, "no pod on a simulated node really runs", "add real nodes")
    return Check(AREA, "nodes", "green", str(count))


def storage_classes(found: dict[str, bool] | YunzuError) -> Check:
    """What volumes a tenant's claims can get."""
    name, consequence = "storage classes", "tenants' volume claims stay pending; databases and buckets work"
    if isinstance(found, YunzuError):
        return unreadable(AREA, name, found, consequence)
    if not found:
        return Check(AREA, name, "amber", "none", consequence, "install a storage provisioner")
    fact = ", ".join(f"{key} (default)" if default else key for key, default in sorted(found.items()))
    if not any(found.values()):
        return Check(
            AREA, name, "amber", fact, "claims that name no class stay pending", "mark one as default"
        )
    return Check(AREA, name, "green", fact)


def network_policies(daemonsets: tuple[str, ...] | YunzuError, nodes: tuple[int, int] | YunzuError) -> Check:
    """Whether something enforces NetworkPolicies: told by the names of network plugins' DaemonSets."""
    name, consequence = "network policies", "if nothing enforces them, tenants' pods reach each other"
    fix = "ask the cluster's operator which network plugin it has; test with two pods"
    if isinstance(nodes, tuple) and nodes[0] == nodes[1]:
        fact = "no real node, so nothing runs that they could hold"
        return Check(AREA, name, "amber", fact, "their enforcement cannot be shown here", "add real nodes")
    if isinstance(daemonsets, YunzuError):
        return unreadable(AREA, name, daemonsets, consequence)
    if enforcing := _named(daemonsets, _ENFORCING):
        return Check(AREA, name, "green", f"{enforcing} enforces them")
    if not_enforcing := _named(daemonsets, _NOT_ENFORCING):
        return Check(
            AREA,
            name,
            "red",
            f"{not_enforcing} alone ignores them",
            "tenants' pods reach each other",
            "install a network plugin that enforces them (Calico, Cilium, Antrea)",
        )
    return Check(AREA, name, "amber", "unknown: no known network plugin is seen", consequence, fix)


def _named(daemonsets: Iterable[str], known: tuple[str, ...]) -> str | None:
    return next((name for name in sorted(daemonsets) if any(word in name for word in known)), None)


def signer(groups: frozenset[str], version: str, *, external: bool) -> Check:
    """Whether certificates for people will be signed. Only asking for one would prove it."""
    name, consequence = "certificates for people", "`yunzu env kubeconfig` cannot hand out logins"
    if "certificates.k8s.io" not in groups:
        return Check(AREA, name, "red", "certificates.k8s.io is not served", consequence, "enable that API")
    if "-eks-" in version:
        fact = "EKS does not sign kubernetes.io/kube-apiserver-client"
        return Check(AREA, name, "red", fact, consequence, "give people logins of the provider's own")
    if external:
        fact = (
            "the API is served; whether it signs kubernetes.io/kube-apiserver-client shows with the first one"
        )
        fix = "check that kube-controller-manager has --cluster-signing-cert-file"
        return Check(AREA, name, "amber", fact, f"if it does not, {consequence}", fix)
    return Check(AREA, name, "green", "signed by this centre's own controller-manager")


def metrics(groups: frozenset[str]) -> Check:
    """Whether use of CPU and memory is measured."""
    if "metrics.k8s.io" in groups:
        return Check(AREA, "metrics", "green", "metrics.k8s.io is served")
    consequence = "use of CPU and memory is not measured: usage reports say so"
    return Check(
        AREA, "metrics", "amber", "metrics.k8s.io is not served", consequence, "install metrics-server"
    )


def _facts(client: Client, cluster: Cluster) -> ClusterFacts:
    text = client.version()
    groups = frozenset(str(group["name"]) for group in client.raw("GET", "/apis")["groups"])
    return ClusterFacts(
        version=text,
        groups=groups,
        admission_resources=_admission_resources(client),
        storage_classes=_attempt(lambda: _storage_classes(client)),
        daemonsets=_attempt(lambda: _names(client.list("apps/v1", "DaemonSet"))),
        nodes=_attempt(lambda: _nodes(client.list("v1", "Node"))),
        webhooks=_attempt(lambda: webhooks(client)),
        clock_offset=server_clock.told(lambda: server_clock.of_cluster(cluster)),
    )


def _attempt(look: Callable[[], _T]) -> _T | YunzuError:
    try:
        return look()
    except (RefusedError, NotFoundError) as error:
        return error


def _admission_resources(client: Client) -> frozenset[str]:
    try:
        document: dict[str, Any] = client.raw("GET", "/apis/admissionregistration.k8s.io/v1")
    except NotFoundError:
        return frozenset()
    return frozenset(str(resource["name"]) for resource in document["resources"])


def _storage_classes(client: Client) -> dict[str, bool]:
    default = "storageclass.kubernetes.io/is-default-class"
    return {
        item["metadata"]["name"]: (item["metadata"].get("annotations") or {}).get(default) == "true"
        for item in client.list("storage.k8s.io/v1", "StorageClass")
    }


def _names(items: list[Object]) -> tuple[str, ...]:
    return tuple(str(item["metadata"]["name"]) for item in items)


def _nodes(items: list[Object]) -> tuple[int, int]:
    simulated = [node for node in items if _is_simulated(node["metadata"])]
    return len(items), len(simulated)


def _is_simulated(metadata: Object) -> bool:
    annotations = metadata.get("annotations") or {}
    return annotations.get(_SIMULATED) == "true" or annotations.get("kwok.x-k8s.io/node") == "fake"
