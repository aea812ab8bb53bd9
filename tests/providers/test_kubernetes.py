"""The kubernetes provider, called as the engine calls it, against a real API server."""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.providers import (  # noqa: F401 - fixtures among them
    CENTRE,
    Effects,
    client,
    effects,
    kubeconfig,
    labels,
    namespace,
)
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.errors import FencedError, NotFoundError, NotOursError, RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import Cluster
from yunzu.providers.faults import InitFailedError
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.protocol import Urn
from yunzu.providers.values import UNKNOWN, SecretValue, reveal

# ruff: noqa: F811 - pytest's fixtures are named like their parameters

Object = dict[str, Any]
GROUPS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"} | dict.fromkeys(
    ("Role", "RoleBinding"), "rbac.authorization.k8s.io/v1"
)
GROUPS["NetworkPolicy"] = "networking.k8s.io/v1"
UID = "etest"


@pytest.fixture
def provider(client: Client, effects: Effects) -> KubernetesProvider:
    return KubernetesProvider(client, centre=CENTRE, effects=lambda _: effects)


def urn(kind: str, name: str = "one") -> Urn:
    version = GROUPS.get(kind, "core/v1")
    return Urn("dep--env", "yunzu", f"kubernetes:{version}:{kind}", name)


def inputs(kind: str, namespace: str | None, name: str = "one", **rest: Any) -> Object:
    metadata: Object = {"name": name, "labels": labels(UID)}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata, **rest}


class Resource:
    """One resource as the engine keeps it: inputs and outputs in state."""

    def __init__(self, provider: KubernetesProvider, wanted: Object) -> None:
        self.provider = provider
        self.urn = urn(wanted["kind"])
        checked, failures = provider.check(self.urn, None, wanted)
        assert failures == []
        self.inputs: Object = reveal(checked)
        self.identifier, outputs = provider.create(self.urn, self.inputs, preview=False, timeout=0)
        self.outputs: Object = reveal(outputs)

    def refresh(self) -> list[str]:
        """Read; returns the paths that drifted."""
        found = self.provider.read(self.urn, self.identifier, self.inputs, self.outputs)
        assert found is not None
        drift = self.provider.diff(self.urn, self.identifier, self.inputs, self.outputs, reveal(found[0]))
        self.inputs, self.outputs = reveal(found[0]), reveal(found[1])
        return drift.changed

    def update(self, wanted: Object) -> list[str]:
        """Bring it to `wanted`; returns the paths that changed, none if nothing was done."""
        checked, failures = self.provider.check(self.urn, self.inputs, wanted)
        assert failures == []
        new = reveal(checked)
        diff = self.provider.diff(self.urn, self.identifier, self.inputs, self.outputs, new)
        assert diff.replace == []
        if diff.changed:
            self.outputs = reveal(
                self.provider.update(
                    self.urn, self.identifier, self.inputs, self.outputs, new, preview=False, timeout=0
                )
            )
        self.inputs = new
        return diff.changed

    def delete(self, timeout: float = 20) -> None:
        self.provider.delete(self.urn, self.identifier, self.inputs, self.outputs, timeout=timeout)


QUOTA = {"hard": {"pods": "5", "requests.cpu": "0.5", "count/secrets": "9"}}


def live(client: Client, obj: Object) -> Object:
    metadata = obj["metadata"]
    return client.get(obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))


def test_a_resource_lives_and_goes(provider, client, namespace, effects) -> None:
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    resource = Resource(provider, wanted)
    assert resource.identifier == f"{namespace}/one"
    assert resource.outputs["__inputs"] == resource.inputs
    assert resource.outputs["__initialApiVersion"] == "v1"
    assert resource.outputs["__fieldManager"] == naming.FIELD_MANAGER
    assert resource.outputs["metadata"]["uid"] == live(client, wanted)["metadata"]["uid"]
    assert resource.refresh() == []
    assert resource.update(wanted) == []
    assert resource.update(wanted | {"data": {"a": "2"}}) == ["data.a"]
    assert live(client, wanted)["data"] == {"a": "2"}
    resource.delete()
    with pytest.raises(NotFoundError):
        live(client, wanted)
    resource.delete()
    assert (
        resource.provider.read(resource.urn, resource.identifier, resource.inputs, resource.outputs) is None
    )
    assert set(effects.intents) == {("ConfigMap", f"{namespace}/one")}


def test_what_the_program_takes_away_is_gone(provider, client, namespace) -> None:
    wanted = inputs("ResourceQuota", namespace, spec=QUOTA)
    wanted["metadata"]["labels"] = labels(UID, extra="x")
    resource = Resource(provider, wanted)
    fewer = inputs("ResourceQuota", namespace, spec={"hard": {"pods": "5", "requests.cpu": "0.5"}})
    assert resource.update(fewer) == ["metadata.labels.extra", 'spec.hard["count/secrets"]']
    now = live(client, wanted)
    assert now["metadata"]["labels"] == labels(UID)
    assert now["spec"]["hard"] == {"pods": "5", "requests.cpu": "500m"}
    managers = [
        (e["manager"], e["operation"]) for e in now["metadata"]["managedFields"] if "subresource" not in e
    ]
    assert managers == [(naming.FIELD_MANAGER, "Apply")]


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


def test_a_foreign_object_stays_as_it_is(provider, client, namespace) -> None:
    for theirs in ({}, labels("eother"), {naming.LABEL_CENTRE: CENTRE}):
        wanted = inputs("ConfigMap", namespace, data={"a": "ours"})
        foreign = {**wanted, "metadata": {**wanted["metadata"], "labels": theirs}, "data": {"a": "theirs"}}
        made = client.create(foreign, field_manager="them")
        for preview in (False, True):
            with pytest.raises(NotOursError) as caught:
                provider.create(urn("ConfigMap"), wanted, preview=preview, timeout=0)
            assert caught.value.exit_code == 3
        stale = {"metadata": {"uid": "gone"}}
        with pytest.raises(NotOursError):
            provider.update(urn("ConfigMap"), "", wanted, stale, wanted, preview=False, timeout=0)
        provider.delete(urn("ConfigMap"), f"{namespace}/one", wanted, stale, timeout=5)
        assert provider.read(urn("ConfigMap"), f"{namespace}/one", wanted, stale) is None
        assert live(client, wanted)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
        client.delete("v1", "ConfigMap", "one", namespace)


def test_inputs_without_labels_own_nothing(provider, client, namespace) -> None:
    wanted = inputs("ConfigMap", namespace)
    wanted["metadata"]["labels"] = {}
    client.create(wanted, field_manager="them")
    with pytest.raises(NotOursError):
        provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)


def test_a_retry_adopts_what_a_crash_left_and_brings_it_up_to_date(provider, client, namespace) -> None:
    old = inputs("ConfigMap", namespace, data={"a": "1", "b": "2"})
    provider.create(urn("ConfigMap"), old, preview=False, timeout=0)
    wanted = inputs("ConfigMap", namespace, data={"a": "3"})
    identifier, outputs = provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    assert identifier == f"{namespace}/one"
    assert outputs["data"] == live(client, wanted)["data"] == {"a": "3"}


class LosesAnswers(Client):
    """A client whose next creation reaches the server while its answer is lost."""

    losses = 0

    def create(self, obj: Object, *, field_manager: str, dry_run: bool = False) -> Object:
        made = super().create(obj, field_manager=field_manager, dry_run=dry_run)
        if self.losses > 0:
            self.losses -= 1
            raise UnreachableError(self.host, "does not answer")
        return made


def test_a_lost_answer_is_looked_up(kubeconfig, namespace, effects, client) -> None:
    losing = LosesAnswers(Cluster(kubeconfig=kubeconfig))
    losing.losses = 1
    provider = KubernetesProvider(losing, centre=CENTRE, effects=lambda _: effects)
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    _, outputs = provider.create(urn("ConfigMap"), wanted, preview=False, timeout=0)
    assert outputs["metadata"]["uid"] == live(client, wanted)["metadata"]["uid"]
    losing.close()


def test_a_fenced_writer_changes_nothing(provider, client, namespace, effects) -> None:
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    resource = Resource(provider, wanted)
    version = live(client, wanted)["metadata"]["resourceVersion"]
    effects.fenced = True
    with pytest.raises(FencedError):
        resource.update(wanted | {"data": {"a": "2"}})
    with pytest.raises(FencedError):
        resource.delete()
    with pytest.raises(FencedError):
        provider.create(urn("ConfigMap"), inputs("ConfigMap", namespace, "two"), preview=False, timeout=0)
    assert live(client, wanted)["metadata"]["resourceVersion"] == version
    assert [
        item["metadata"]["name"]
        for item in client.list("v1", "ConfigMap", namespace, labels=naming.LABEL_CENTRE)
    ] == ["one"]


def test_a_secret_is_secret_and_its_keys_go(provider, client, namespace) -> None:
    wanted = inputs("Secret", namespace, stringData={"password": "hunter2", "old": "x"})
    checked, failures = provider.check(urn("Secret"), None, wanted)
    assert failures == []
    assert checked["stringData"]["password"] == SecretValue("hunter2")
    _, outputs = provider.create(urn("Secret"), wanted, preview=False, timeout=0)
    encoded = base64.b64encode(b"hunter2").decode()
    assert outputs["data"]["password"] == SecretValue(encoded)
    assert "hunter2" not in str(outputs)
    assert encoded not in str(outputs)
    resource = Resource(provider, wanted)
    assert resource.refresh() == []
    resource.update(inputs("Secret", namespace, stringData={"password": "hunter3"}))
    assert live(client, wanted)["data"] == {"password": base64.b64encode(b"hunter3").decode()}
    client.patch("v1", "Secret", "one", namespace, {"data": {"password": "eA=="}}, field_manager="z")
    assert resource.refresh() == ["stringData.password"]
    client.patch("v1", "Secret", "one", namespace, {"data": {"more": "eA=="}}, field_manager="z")
    assert "data" in " ".join(resource.refresh())
    resource.update(inputs("Secret", namespace, stringData={"password": "hunter3"}))
    assert live(client, wanted)["data"] == {"password": base64.b64encode(b"hunter3").decode()}


def test_an_import_reads_what_is_ours_only(provider, client, namespace) -> None:
    wanted = inputs("ConfigMap", namespace, data={"a": "1"})
    Resource(provider, wanted)
    found = provider.read(urn("ConfigMap"), f"{namespace}/one", {}, {})
    assert found is not None
    assert found[0] == wanted
    assert found[1]["__inputs"] == wanted
    foreign = {**wanted, "metadata": {"name": "two", "namespace": namespace}}
    client.create(foreign, field_manager="them")
    with pytest.raises(NotOursError):
        provider.read(urn("ConfigMap"), f"{namespace}/two", {}, {})


def test_check_finds_every_fault_with_its_path(provider, namespace) -> None:
    wanted = inputs(
        "NetworkPolicy",
        namespace,
        spec={
            "podSelector": {},
            "policyTypes": "Ingress",
            "ingres": [],
            "egress": [{"ports": [{"port": True}]}],
        },
    )
    wanted["kind"] = "Role"
    _, failures = provider.check(urn("NetworkPolicy"), None, wanted)
    assert {(f.property, f.reason) for f in failures} == {
        ("kind", "must be NetworkPolicy, as the resource's type says"),
        ("spec.policyTypes", "expected array, got string"),
        ("spec.ingres", "unknown field"),
        ("spec.egress[0].ports[0].port", "expected integer or string, got boolean"),
    }
    _, failures = provider.check(urn("Deployment"), None, {"spec": {"replicas": "3"}})
    assert {f.property for f in failures} == {"spec.replicas", "spec.selector", "spec.template"}


def test_check_fills_in_what_the_program_leaves_out(provider) -> None:
    checked, failures = provider.check(urn("ConfigMap", "Settings"), None, {"data": {"a": None, "b": "1"}})
    assert failures == []
    assert checked["apiVersion"] == "v1"
    assert checked["kind"] == "ConfigMap"
    assert checked["data"] == {"b": "1"}
    assert checked["metadata"]["namespace"] == "default"
    assert checked["metadata"]["name"].startswith("settings-")
    again, _ = provider.check(urn("ConfigMap", "Settings"), checked, {"data": {}})
    assert again["metadata"] == checked["metadata"]
    namespace, _ = provider.check(urn("Namespace", "home"), None, {})
    assert "namespace" not in namespace["metadata"]
    unknown, failures = provider.check(
        urn("ConfigMap"), None, {"metadata": {"name": UNKNOWN}, "data": UNKNOWN}
    )
    assert failures == []
    assert unknown["metadata"]["name"] == UNKNOWN


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:helm.sh/v4:Chart",
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:yaml/v2:ConfigGroup",
        "kubernetes:kustomize:Directory",
        "kubernetes:core/v1:NamespacePatch",
        "kubernetes:core/v1:ConfigMapList",
    ],
)
def test_what_is_no_plain_resource_is_refused(provider, token) -> None:
    with pytest.raises(RefusedError, match="not offered"):
        provider.check(Urn("s", "p", token, "x"), None, {})


def test_replacing_is_said_where_changing_is_impossible(provider, namespace) -> None:
    def diff(kind: str, old: Object, new: Object):
        base = inputs(kind, namespace)
        return provider.diff(urn(kind), "id", base | old, {}, base | new)

    found = diff("RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}})
    assert (found.replace, found.delete_before_replace) == (["roleRef.name"], True)
    assert diff("Secret", {"type": "a"}, {"type": "b"}).replace == ["type"]
    assert diff("Job", {"spec": {"template": 1}}, {"spec": {"template": 2}}).replace == ["spec.template"]
    assert diff("Job", {"spec": {"parallelism": 1}}, {"spec": {"parallelism": 2}}).replace == []
    assert diff("Deployment", {"spec": {"selector": 1}}, {"spec": {"selector": 2}}).replace == [
        "spec.selector"
    ]
    stateful = diff(
        "StatefulSet",
        {"spec": {"serviceName": "a", "replicas": 1}},
        {"spec": {"serviceName": "b", "replicas": 2}},
    )
    assert stateful.replace == ["spec.serviceName"]
    assert stateful.changed == ["spec.replicas", "spec.serviceName"]
    claim = diff(
        "PersistentVolumeClaim",
        {"spec": {"resources": 1, "volumeMode": 1}},
        {"spec": {"resources": 2, "volumeMode": 2}},
    )
    assert claim.replace == ["spec.volumeMode"]
    moved = provider.diff(urn("ConfigMap"), "id", inputs("ConfigMap", "a"), {}, inputs("ConfigMap", "b"))
    assert (moved.replace, moved.delete_before_replace) == (["metadata.namespace"], False)


def test_a_preview_changes_nothing_and_says_how_it_checked(client, namespace, effects) -> None:
    centre = naming.mint_centre_id()
    provider = KubernetesProvider(client, centre=centre, effects=lambda _: effects)
    provider.create(urn("ConfigMap"), inputs("ConfigMap", namespace), preview=True, timeout=0)
    assert provider.checks[str(urn("ConfigMap"))] == "dry run"
    nowhere = inputs("ConfigMap", "nowhere")
    provider.create(urn("ConfigMap"), nowhere, preview=True, timeout=0)
    assert "schema" in provider.checks[str(urn("ConfigMap"))]
    empty = naming.preview_namespace(centre)
    client.apply(inputs("Namespace", None, empty), field_manager="test")
    provider.create(urn("ConfigMap"), nowhere, preview=True, timeout=0)
    assert provider.checks[str(urn("ConfigMap"))] == f"dry run in {empty}"
    bad = inputs("ConfigMap", "nowhere", "UPPER")
    with pytest.raises(YunzuError, match="RFC 1123"):
        provider.create(urn("ConfigMap"), bad, preview=True, timeout=0)
    client.delete("v1", "Namespace", empty)
    assert effects.intents == []
    assert client.list("v1", "ConfigMap", namespace, labels=naming.LABEL_CENTRE) == []


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
    provider = KubernetesProvider(uncounted, centre=CENTRE, effects=lambda _: effects)
    with pytest.raises(InitFailedError, match="does kube-controller-manager run"):
        provider.create(urn("ResourceQuota"), _quota(namespace), preview=False, timeout=1)
    uncounted.close()


def test_what_holds_a_deletion_is_named(provider, client, namespace) -> None:
    wanted = inputs("ConfigMap", namespace)
    wanted["metadata"]["finalizers"] = ["test.example/stuck"]
    resource = Resource(provider, wanted)
    with pytest.raises(YunzuError, match=r"is not gone after 1 s: finalizers test\.example/stuck"):
        resource.delete(timeout=1)
    client.patch("v1", "ConfigMap", "one", namespace, {"metadata": {"finalizers": None}}, field_manager="z")
    resource.delete()


def test_a_namespace_is_gone_when_delete_returns(provider, client) -> None:
    name = f"t--{naming.mint_environment_uid()}"
    resource = Resource(provider, inputs("Namespace", None, name))
    Resource(provider, inputs("ConfigMap", name))
    resource.delete(timeout=60)
    with pytest.raises(NotFoundError):
        client.get("v1", "Namespace", name)


def test_an_object_of_ours_that_is_going_is_waited_for(provider, client, namespace) -> None:
    wanted = inputs("ConfigMap", namespace)
    wanted["metadata"]["finalizers"] = ["test.example/stuck"]
    first = Resource(provider, wanted)
    client.delete("v1", "ConfigMap", "one", namespace)

    def release() -> None:
        time.sleep(0.5)
        client.patch(
            "v1", "ConfigMap", "one", namespace, {"metadata": {"finalizers": None}}, field_manager="z"
        )

    thread = threading.Thread(target=release)
    thread.start()
    _, outputs = provider.create(urn("ConfigMap"), inputs("ConfigMap", namespace), preview=False, timeout=0)
    thread.join()
    assert outputs["metadata"]["uid"] != first.outputs["metadata"]["uid"]
