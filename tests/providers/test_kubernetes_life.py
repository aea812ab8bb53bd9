"""A resource's life through the kubernetes provider, against a real API server."""

import base64
import threading
import time

import pytest

from tests.support.providers import QUOTA, UID, Resource, inputs, labels, live, urn
from yunzu import naming
from yunzu.errors import NotFoundError, NotOursError, YunzuError
from yunzu.providers.protocol import Urn
from yunzu.providers.values import SecretValue


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
    neighbours = {**wanted, "metadata": {**foreign["metadata"], "name": "three", "labels": labels("eother")}}
    client.create(neighbours, field_manager="them")
    for name in ("two", "three"):  # nobody's, and another environment's of this centre
        with pytest.raises(NotOursError):
            provider.read(urn("ConfigMap"), f"{namespace}/{name}", {}, {})


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


def test_a_kind_and_its_first_object_are_made_in_one_run(provider, client, namespace) -> None:
    plural = f"w{naming.mint_environment_uid()}"
    group = f"{plural}.example"
    field = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": field}}}
    definition = inputs(
        "CustomResourceDefinition",
        None,
        f"{plural}.{group}",
        spec={
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": "thing", "kind": "Thing"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    )
    definition["apiVersion"] = "apiextensions.k8s.io/v1"
    token = Urn("s", "p", f"kubernetes:{group}/v1:Thing", "one")
    wanted = inputs("Thing", namespace, spec={"size": 1}) | {"apiVersion": f"{group}/v1"}
    assert provider.check(token, None, wanted)[1] == []
    provider.create(token, wanted, preview=True, timeout=0)
    assert provider.checks[str(token)] == "nothing (its kind is not served yet)"
    kind = Urn("s", "p", "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "kind")
    name, outputs = provider.create(kind, definition, preview=False, timeout=30)
    identifier, made = provider.create(token, wanted, preview=False, timeout=0)
    assert made["spec"] == {"size": 1}
    provider.delete(token, identifier, wanted, made, timeout=20)
    provider.delete(kind, name, definition, outputs, timeout=60)


def test_an_object_that_the_cluster_makes_anew_is_no_longer_ours(provider, client, namespace) -> None:
    wanted = inputs("ServiceAccount", namespace, "default")
    client.apply(wanted, field_manager="test")
    resource = Resource(provider, wanted)
    resource.delete(timeout=5)
    deadline = time.monotonic() + 10
    while not client.list("v1", "ServiceAccount", namespace):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert live(client, wanted)["metadata"]["uid"] != resource.outputs["metadata"]["uid"]
    assert provider.read(resource.urn, resource.identifier, resource.inputs, resource.outputs) is None
