"""What every object of an environment asks for, compared to the letter and, for the perimeter, in words."""

import dataclasses
from typing import Any

import pytest
import yaml

from tests.support import input_snapshots
from tests.support.blueprints import sample
from yunzu.components import perimeter
from yunzu.model.blueprints import Endpoint

ENDPOINTS = (
    Endpoint("pool.example", 5433, ("10.1.2.4", "10.1.2.3", "fd00::3")),
    Endpoint("10.9.8.7", 9001, ("10.9.8.7",)),
)


@pytest.mark.parametrize("name", input_snapshots.SNAPSHOTS)
def test_inputs_are_as_in_the_snapshot(name: str) -> None:
    """Meant to change? `python -m tests.support.input_snapshots` writes it anew."""
    kept = yaml.safe_load((input_snapshots.DATA / name).read_text("utf-8"))
    assert input_snapshots.SNAPSHOTS[name]() == kept


def test_the_snapshot_holds_every_kind_of_an_environment() -> None:
    kinds = [str(one.get("kind", one["type"])) for one in input_snapshots.environment().values()]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "LimitRange": 1,
        "Namespace": 1,
        "NetworkPolicy": 4,
        "ResourceQuota": 1,
        "RoleBinding": 4,
        "ServiceAccount": 1,
        "yunzu:postgres:Credential": 1,
        "yunzu:postgres:Database": 1,
        "yunzu:s3:Bucket": 1,
        "yunzu:s3:Credential": 1,
    }


def _opened(direction: str, key: str) -> list[tuple[dict[str, Any], tuple[tuple[str, int], ...]]]:
    """Each peer that some policy opens, with the ports (none: all of them)."""
    blueprint = dataclasses.replace(sample(), endpoints=ENDPOINTS)
    return [
        (peer, tuple((port["protocol"], port["port"]) for port in rule.get("ports", ())))
        for _, policy in perimeter.objects(blueprint)
        for rule in policy["spec"].get(direction, ())
        for peer in rule[key]
    ]


def test_the_way_out_leads_to_dns_the_namespace_and_the_own_data_servers_only() -> None:
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    servers = [
        ({"ipBlock": {"cidr": cidr}}, (("TCP", port),))
        for port, cidrs in ((5433, ["10.1.2.3/32", "10.1.2.4/32", "fd00::3/128"]), (9001, ["10.9.8.7/32"]))
        for cidr in cidrs
    ]
    found = _opened("egress", "to")
    assert sorted(map(str, found)) == sorted(
        map(str, [(dns, (("UDP", 53), ("TCP", 53))), ({"podSelector": {}}, ()), *servers])
    )


def test_the_way_in_leads_from_the_namespace_only() -> None:
    assert _opened("ingress", "from") == [({"podSelector": {}}, ())]
