"""What is changed behind our back, in a real API server, and what only looks so."""

from collections.abc import Callable

import pytest

from tests.support.providers import QUOTA, Object, Resource, inputs, live
from yunzu import naming


def test_a_spelling_the_server_changes_is_no_drift(provider, namespace) -> None:
    resource = Resource(provider, inputs("ResourceQuota", namespace, spec=QUOTA))
    assert resource.refresh() == []
    assert resource.update(inputs("ResourceQuota", namespace, spec=QUOTA)) == []


def _policy(namespace: str) -> Object:
    egress = [{"ports": [{"port": 53}], "to": [{"podSelector": {}}]}]
    spec = {"podSelector": {}, "ingress": [], "egress": egress, "policyTypes": ["Ingress", "Egress"]}
    return inputs("NetworkPolicy", namespace, spec=spec)


def _binding(namespace: str) -> Object:
    return inputs(
        "RoleBinding",
        namespace,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        subjects=[{"kind": "User", "name": "li"}],
    )


def _role(namespace: str) -> Object:
    return inputs("Role", namespace, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])


def _quota(namespace: str) -> Object:
    return inputs("ResourceQuota", namespace, spec=QUOTA)


def _limits(namespace: str) -> Object:
    return inputs(
        "LimitRange", namespace, spec={"limits": [{"type": "Container", "default": {"cpu": "0.5"}}]}
    )


def _map(namespace: str) -> Object:
    return inputs("ConfigMap", namespace, data={"a": "1"})


def _account(namespace: str) -> Object:
    return inputs("ServiceAccount", namespace, automountServiceAccountToken=False)


DRIFT: list[tuple[Callable[[str], Object], Object, list[str]]] = [
    (_quota, {"spec": {"hard": {"pods": "6"}}}, ["spec.hard.pods"]),
    (_quota, {"spec": {"hard": {"services": "6"}}}, ["spec.hard.services"]),
    (_quota, {"spec": {"hard": {"pods": None}}}, ["spec.hard.pods"]),
    (_policy, {"spec": {"ingress": [{}]}}, ["spec.ingress"]),
    (_policy, {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}, ["spec.podSelector.matchLabels"]),
    (_policy, {"spec": {"egress": [{}]}}, ["spec.egress[0].ports", "spec.egress[0].to"]),
    (_binding, {"subjects": [{"kind": "User", "name": "li"}, {"kind": "User", "name": "eve"}]}, ["subjects"]),
    (_binding, {"subjects": None}, ["subjects"]),
    (
        _role,
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]}]},
        ["rules[0].verbs"],
    ),
    (_limits, {"spec": {"limits": []}}, ["spec.limits"]),
    (_map, {"data": {"b": "2"}}, ["data.b"]),
    (_map, {"data": {"status": "2"}}, ["data.status"]),
    (
        _map,
        {"metadata": {"labels": {naming.LABEL_CENTRE: None}}},
        [f'metadata.labels["{naming.LABEL_CENTRE}"]'],
    ),
    (_account, {"automountServiceAccountToken": True}, ["automountServiceAccountToken"]),
    (_account, {"automountServiceAccountToken": None}, ["automountServiceAccountToken"]),
    # What is not ours to manage is no drift.
    (_map, {"metadata": {"labels": {"somebody": "else"}}}, []),
    (_map, {"metadata": {"annotations": {"somebody": "else"}}}, []),
]


@pytest.mark.parametrize(("make", "patch", "paths"), DRIFT)
def test_what_is_changed_behind_our_back_is_seen_and_put_right(
    provider, client, namespace, make, patch, paths
) -> None:
    wanted = make(namespace)
    resource = Resource(provider, wanted)
    before = live(client, wanted)
    client.patch(wanted["apiVersion"], wanted["kind"], "one", namespace, patch, field_manager="somebody")
    assert resource.refresh() == paths
    assert resource.update(make(namespace)) == paths
    after = live(client, wanted)
    for key in ("spec", "subjects", "rules", "data", "automountServiceAccountToken"):
        assert after.get(key) == before.get(key)
    assert after["metadata"]["labels"].items() >= before["metadata"]["labels"].items()
    assert resource.refresh() == []
    assert resource.update(make(namespace)) == []
