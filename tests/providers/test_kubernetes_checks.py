"""What the kubernetes provider says before anything is changed: check, diff, preview."""

import pytest

from tests.support.providers import UID, Object, inputs, urn
from yunzu import naming
from yunzu.errors import RefusedError, YunzuError
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.protocol import Urn
from yunzu.providers.values import UNKNOWN


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
    provider = KubernetesProvider(
        client, centre=centre, effects=lambda _: effects, environment_of=lambda _: UID
    )
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


def test_a_preview_of_what_is_replaced_does_not_try_to_change_it(provider, client, namespace) -> None:
    def refers_to(name: str) -> Object:
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        return inputs("RoleBinding", namespace, roleRef=reference)

    token = urn("RoleBinding")
    _, outputs = provider.create(token, refers_to("view"), preview=False, timeout=0)
    wanted = refers_to("edit")
    # An object of ours that no state knows: the real run would try to change it, and so does the preview.
    with pytest.raises(YunzuError, match=r"roleRef.*immutable"):
        provider.create(token, wanted, preview=True, timeout=0)
    found = provider.diff(token, f"{namespace}/one", refers_to("view"), outputs, wanted)
    assert found.delete_before_replace
    provider.create(token, wanted, preview=True, timeout=0)
    assert provider.checks[str(token)].startswith("schema (")  # this centre's preview namespace is not there
    with pytest.raises(YunzuError, match=r"roleRef.*immutable"):
        provider.update(token, f"{namespace}/one", {}, outputs, wanted, preview=True, timeout=0)
    provider.begin()
    with pytest.raises(YunzuError, match=r"roleRef.*immutable"):
        provider.create(token, wanted, preview=True, timeout=0)


def test_a_replacement_that_would_be_refused_is_refused_in_the_preview(client, namespace, effects) -> None:
    centre = naming.mint_centre_id()
    empty = naming.preview_namespace(centre)
    client.create(inputs("Namespace", None, empty), field_manager="test")
    provider = KubernetesProvider(
        client, centre=centre, effects=lambda _: effects, environment_of=lambda _: UID
    )
    token, before = urn("Secret"), inputs("Secret", namespace, type="a.example/one")
    _, outputs = provider.create(token, before, preview=False, timeout=0)
    for wanted, fault in (("b.example/two", None), ("kubernetes.io/tls", r"data\[tls\.crt\]")):
        after = inputs("Secret", namespace, type=wanted)
        assert provider.diff(token, f"{namespace}/one", before, outputs, after).delete_before_replace
        if fault is None:
            provider.create(token, after, preview=True, timeout=0)
            assert provider.checks[str(token)] == f"dry run in {empty}"
        else:
            with pytest.raises(YunzuError, match=fault):
                provider.create(token, after, preview=True, timeout=0)
    client.delete("v1", "Namespace", empty)
