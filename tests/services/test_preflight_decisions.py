"""From facts to levels: each decision of preflight as a table, without a server."""

import pytest

from yunzu.clients.server_clock import offset_of
from yunzu.errors import RefusedError
from yunzu.services import preflight_cluster as cluster
from yunzu.services.preflight import Report
from yunzu.services.preflight_admission import Webhook, _concerns, engines, hooks
from yunzu.services.preflight_checks import Check, clock
from yunzu.services.preflight_rights import Right, granting, rights_check, roles_check, wanted

HIDDEN = RefusedError("DaemonSet", "may not be listed")


@pytest.mark.parametrize(
    ("offset", "level"),
    [
        (0.0, "green"),
        (5.0, "green"),
        (-5.1, "amber"),
        (60.0, "amber"),
        (60.1, "red"),
        (-61, "red"),
        (None, "amber"),
    ],
)
def test_clock(offset: float | None, level: str) -> None:
    assert clock("x", offset).level == level


def test_date_header_of_whole_seconds_is_no_offset() -> None:
    date = "Mon, 23 Nov 2026 19:41:27 GMT"
    told = 1795462887.0
    assert offset_of(date, told + 0.9, told + 0.95) == 0.0
    assert offset_of(date, told - 119.5, told - 119.5) == pytest.approx(120.0)
    assert offset_of(date, told + 120.5, told + 120.5) == pytest.approx(-120.0)
    assert offset_of(None, told, told) is None
    assert offset_of("yesterday", told, told) is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("v1.29.9", "red"),
        ("v1.30.0", "green"),
        ("v1.37.2", "green"),
        ("v1.38.0", "amber"),
        ("v1.31.4-eks-a1b2", "green"),
        ("v2.0.0", "red"),
        ("", "red"),
    ],
)
def test_version_of_the_cluster(text: str, level: str) -> None:
    assert cluster.version(text).level == level


@pytest.mark.parametrize(("text", "level"), [("v1.24.1", "red"), ("v1.25.0", "green"), ("?", "red")])
def test_pod_security(text: str, level: str) -> None:
    assert cluster.pod_security(text).level == level


@pytest.mark.parametrize(
    ("daemonsets", "nodes", "level"),
    [
        (("calico-node",), (3, 0), "green"),
        (("kube-proxy", "cilium"), (3, 0), "green"),
        (("kube-flannel-ds",), (3, 0), "red"),
        (("kube-flannel-ds", "canal"), (3, 0), "green"),
        (("kube-proxy",), (3, 0), "amber"),
        ((), (3, 0), "amber"),
        (HIDDEN, (3, 0), "amber"),
        (("calico-node",), (2, 2), "amber"),
        (("calico-node",), HIDDEN, "green"),
    ],
)
def test_network_policies(daemonsets: object, nodes: object, level: str) -> None:
    assert cluster.network_policies(daemonsets, nodes).level == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "level"),
    [((0, 0), "amber"), ((2, 2), "amber"), ((3, 1), "amber"), ((3, 0), "green"), (HIDDEN, "amber")],
)
def test_nodes(found: object, level: str) -> None:
    assert cluster.nodes(found).level == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "level"),
    [({}, "amber"), ({"fast": False}, "amber"), ({"fast": True, "slow": False}, "green"), (HIDDEN, "amber")],
)
def test_storage_classes(found: object, level: str) -> None:
    assert cluster.storage_classes(found).level == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("groups", "version", "external", "level"),
    [
        ({"certificates.k8s.io"}, "v1.37.2", False, "green"),
        ({"certificates.k8s.io"}, "v1.37.2", True, "amber"),
        ({"certificates.k8s.io"}, "v1.31.0-eks-1", True, "red"),
        (set(), "v1.37.2", True, "red"),
    ],
)
def test_signer(groups: set[str], version: str, external: bool, level: str) -> None:
    assert cluster.signer(frozenset(groups), version, external=external).level == level


def test_what_no_api_tells_is_never_green_on_a_foreign_cluster() -> None:
    assert cluster.encryption(external=True).level == "amber"
    assert cluster.encryption(external=False).level == "green"
    assert cluster.admission_policies(frozenset()).level == "amber"
    assert cluster.metrics(frozenset()).level == "amber"
    assert cluster.metrics(frozenset({"metrics.k8s.io"})).level == "green"


@pytest.mark.parametrize(
    ("group", "seen"),
    [
        ("constraints.gatekeeper.sh", "Gatekeeper"),
        ("kyverno.io", "Kyverno"),
        ("networking.istio.io", "Istio"),
        ("notkyverno.io", ""),
        ("apps", ""),
    ],
)
def test_admission_engines(group: str, seen: str) -> None:
    check = engines(frozenset({group}))
    assert (check.level, check.fact) == (("amber", seen) if seen else ("green", "none that is known"))


@pytest.mark.parametrize(
    ("mutating", "closed", "everywhere", "words"),
    [
        (False, True, True, "fail closed in every namespace: w"),
        (True, True, False, "change objects: w"),
        (True, False, True, "change objects: w"),
        (False, False, True, "w"),
    ],
)
def test_webhooks(mutating: bool, closed: bool, everywhere: bool, words: str) -> None:
    check = hooks([Webhook("w", mutating, closed, everywhere)])
    assert (check.level, check.fact) == ("amber", words)


def test_webhooks_on_others_objects_are_not_in_the_way() -> None:
    assert not _concerns({"rules": [{"apiGroups": ["cert-manager.io"]}]})
    assert _concerns({"rules": [{"apiGroups": ["cert-manager.io"]}, {"apiGroups": [""]}]})
    assert _concerns({"rules": [{"apiGroups": ["*"]}]})
    assert hooks([]).level == "green"
    assert hooks(HIDDEN).level == "amber"


def test_rights_name_what_is_missing() -> None:
    missing = [Right("apps", "deployments", "scale", "", "get"), Right("", "nodes", "", "", "list")]
    check = rights_check("someone", 78, missing)
    assert check.level == "red"
    assert check.fact == "someone lacks 2 of 78: get deployments/scale.apps, list nodes"
    assert rights_check("someone", 78, []).level == "green"
    assert (roles_check(["a"]).level, roles_check([]).level) == ("amber", "green")


def test_rights_asked_for_are_exactly_the_platforms_rules() -> None:
    asked = wanted("1a2b3c4d")
    assert Right("certificates.k8s.io", "certificatesigningrequests", "approval", "", "update") in asked
    assert (
        Right("rbac.authorization.k8s.io", "clusterroles", "", "yunzu:1a2b3c4d:tenant-admin", "bind") in asked
    )
    assert not [right for right in asked if right.verb in {"escalate", "impersonate", "*"}]


def test_a_service_account_is_bound_as_one() -> None:
    _, binding = granting("1a2b3c4d", "system:serviceaccount:ops:yunzu")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "namespace": "ops", "name": "yunzu"}]


def test_whatever_is_not_green_says_what_follows() -> None:
    hidden = cluster.ClusterFacts("v1.20.1", frozenset(), frozenset(), HIDDEN, HIDDEN, HIDDEN, HIDDEN, None)
    checks = [*cluster.judged(hidden, external=True), clock("x", 90.0)]
    assert [check for check in checks if check.level != "green" and not check.consequence] == []


def test_amber_is_ok_and_red_is_not() -> None:
    def report(level: str) -> Report:
        return Report((Check("a", "b", level, "fact"),), {}, reached=True)  # type: ignore[arg-type]

    assert (report("green").ok, report("amber").ok, report("red").ok) == (True, True, False)
