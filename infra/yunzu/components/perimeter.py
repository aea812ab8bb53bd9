"""Perimeter: nothing in, nothing out, but DNS, the namespace itself, the environment's own data servers and
what it was let reach for a time.

NetworkPolicies only ever add up, so the first denies everything and each other opens one thing.
"""

import ipaddress
from collections.abc import Iterator, Sequence

import pulumi

from yunzu import naming
from yunzu.components.home import inside_namespace
from yunzu.components.kubernetes_object import KubernetesObject, Object
from yunzu.model.blueprints import Blueprint
from yunzu.model.manifests import EgressException

_BOTH = ["Ingress", "Egress"]


def _policy(blueprint: Blueprint, name: str, spec: Object) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": blueprint.namespace, "labels": blueprint.labels},
        "spec": {"podSelector": {}, **spec},
    }


def _dns() -> Object:
    """Namespace and pod selector stand in one peer: as two peers they would mean `or`."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"policyTypes": ["Egress"], "egress": [{"to": [peer], "ports": ports}]}


def _data(blueprint: Blueprint) -> Object:
    rules = []
    for endpoint in blueprint.endpoints:
        blocks = [ipaddress.ip_network(address).with_prefixlen for address in endpoint.addresses]
        peers = [{"ipBlock": {"cidr": block}} for block in sorted(blocks)]
        rules.append({"to": peers, "ports": [{"protocol": "TCP", "port": endpoint.port}]})
    return {"policyTypes": ["Egress"], "egress": rules}


def _exceptions(exceptions: Sequence[EgressException]) -> Object:
    rules = [
        {
            "to": [{"ipBlock": {"cidr": one.to}}],
            "ports": [{"protocol": one.protocol, "port": port} for port in sorted(one.ports)],
        }
        for one in sorted(exceptions, key=lambda one: (one.to, one.protocol, sorted(one.ports)))
    ]
    return {"policyTypes": ["Egress"], "egress": rules}


def objects(blueprint: Blueprint) -> Iterator[tuple[str, Object]]:
    """The policies, as (role in the stack, object)."""
    same: list[Object] = [{"podSelector": {}}]
    yield "deny-all", _policy(blueprint, "deny-all", {"policyTypes": _BOTH})
    yield "allow-dns", _policy(blueprint, "allow-dns", _dns())
    inside = {"policyTypes": _BOTH, "ingress": [{"from": same}], "egress": [{"to": same}]}
    yield "allow-same-namespace", _policy(blueprint, "allow-same-namespace", inside)
    if blueprint.endpoints:
        yield "allow-own-data", _policy(blueprint, "allow-own-data", _data(blueprint))
    if egress := blueprint.environment.egress:
        name = naming.EGRESS_EXCEPTIONS
        yield name, _policy(blueprint, name, _exceptions(egress))


class Perimeter(pulumi.ComponentResource):
    """The environment's network policies."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("yunzu:environment:Perimeter", name, None, opts)
        inside = inside_namespace(self, namespace)
        for role, manifest in objects(blueprint):
            KubernetesObject(f"{name}-{role}", manifest, inside)
        self.register_outputs({})
