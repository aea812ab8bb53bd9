"""The Kubernetes client against a real API server."""

import time

import pytest

from tests.support.providers import client, kubeconfig, namespace  # noqa: F401 - fixtures
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    UnknownKindError,
)
from yunzu.clients.kubernetes_people import access_review, issue_certificate
from yunzu.errors import NotFoundError, RefusedError

# ruff: noqa: F811 - pytest's fixtures are named like their parameters


def config_map(namespace: str, name: str = "one", **data: str) -> dict:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_an_object_lives_and_goes(client: Client, namespace: str) -> None:
    made = client.create(config_map(namespace, a="1", b="2"), field_manager="x")
    assert client.get("v1", "ConfigMap", "one", namespace)["metadata"]["uid"] == made["metadata"]["uid"]
    changed = client.patch("v1", "ConfigMap", "one", namespace, {"data": {"a": "3"}}, field_manager="x")
    assert changed["data"] == {"a": "3", "b": "2"}
    applied = client.apply(config_map(namespace, "two", c="4"), field_manager="y")
    assert applied["metadata"]["managedFields"][0]["operation"] == "Apply"
    names = {item["metadata"]["name"] for item in client.list("v1", "ConfigMap", namespace)}
    assert {"one", "two"} <= names
    client.delete("v1", "ConfigMap", "one", namespace, uid=made["metadata"]["uid"])
    with pytest.raises(NotFoundError):
        client.get("v1", "ConfigMap", "one", namespace)


def test_dry_run_leaves_nothing(client: Client, namespace: str) -> None:
    client.create(config_map(namespace), field_manager="x", dry_run=True)
    client.apply(config_map(namespace), field_manager="x", dry_run=True)
    with pytest.raises(NotFoundError):
        client.get("v1", "ConfigMap", "one", namespace)


def test_refusals_are_typed(client: Client, namespace: str) -> None:
    client.create(config_map(namespace), field_manager="x")
    with pytest.raises(AlreadyExistsError):
        client.create(config_map(namespace), field_manager="x")
    with pytest.raises(ConflictError):
        client.delete("v1", "ConfigMap", "one", namespace, uid="00000000-0000-0000-0000-000000000000")
    with pytest.raises(UnknownKindError):
        client.get("v1", "Nonsense", "one", namespace)
    with pytest.raises(UnknownKindError):
        client.get("nowhere.example/v1", "Nonsense", "one", namespace)
    with pytest.raises(InvalidObjectError) as caught:
        client.create(config_map(namespace, name="No_Good"), field_manager="x")
    assert [cause.field for cause in caught.value.causes] == ["metadata.name"]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a%2fb", ""])
def test_a_name_cannot_leave_its_place(client: Client, namespace: str, name: str) -> None:
    with pytest.raises(InvalidObjectError):
        client.get("v1", "ConfigMap", name, namespace)


def test_no_error_quotes_a_secret(client: Client, namespace: str) -> None:
    metadata = {"name": "s", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"p": ["hunter2"]}}
    with pytest.raises(InvalidObjectError) as caught:
        client.create(secret, field_manager="x")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(InvalidObjectError) as caught:
        client.raw("POST", f"/api/v1/namespaces/{namespace}/secrets", body=secret)
    assert "hunter2" not in str(caught.value)
    secret["stringData"] = {"bad key hunter2": "x"}
    with pytest.raises(InvalidObjectError) as caught:
        client.create(secret, field_manager="x")
    assert "Invalid" in str(caught.value)


def test_a_person_gets_a_certificate_and_only_their_rights(client: Client, namespace: str) -> None:
    user = f"yunzu:test:person:{namespace}"
    certificate, key = issue_certificate(client, user, seconds=600)
    person = client.as_user(certificate, key)
    with pytest.raises(ForbiddenError) as caught:
        person.list("v1", "ConfigMap", namespace)
    assert user in str(caught.value)
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "r", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    client.create(role, field_manager="x")
    deadline = time.monotonic() + 5
    while not access_review(client, user, verb="list", resource="configmaps", namespace=namespace).allowed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    person.list("v1", "ConfigMap", namespace)
    assert not access_review(client, user, verb="list", resource="secrets", namespace=namespace).allowed
    assert client.list("certificates.k8s.io/v1", "CertificateSigningRequest") == []
    with pytest.raises(RefusedError):
        issue_certificate(client, user, seconds=86400)


def test_a_new_kind_is_found(client: Client) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.test.example"},
        "spec": {
            "group": "test.example",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    with pytest.raises(UnknownKindError):
        client.kind("test.example/v1", "Widget")
    client.create(definition, field_manager="x")
    deadline = time.monotonic() + 20
    while True:
        try:
            assert client.kind("test.example/v1", "Widget").path("n", "w").endswith("/n/widgets/w")
            break
        except UnknownKindError:
            assert time.monotonic() < deadline
            time.sleep(0.3)
    client.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.test.example")
