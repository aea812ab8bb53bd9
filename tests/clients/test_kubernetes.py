"""The Kubernetes client against a real API server, and against one that misbehaves."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.support.providers import client, kubeconfig, namespace  # noqa: F401 - fixtures
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    UnknownKindError,
)
from yunzu.clients.kubernetes_login import load
from yunzu.clients.kubernetes_people import access_review, issue_certificate
from yunzu.errors import NotFoundError, RefusedError, UnreachableError
from yunzu.model.connections import Cluster

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


def test_a_kubeconfig_with_embedded_data_or_an_exec_plugin_works(kubeconfig: Path, tmp_path: Path) -> None:
    login = load(Cluster(kubeconfig=kubeconfig))
    assert login.authority
    assert login.certificate
    assert login.key
    cluster = {
        "server": login.host,
        "certificate-authority-data": base64.b64encode(login.authority).decode(),
    }
    user = {
        "client-certificate-data": base64.b64encode(login.certificate).decode(),
        "client-key-data": base64.b64encode(login.key).decode(),
    }
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": login.certificate.decode(),
            "clientKeyData": login.key.decode(),
        },
    }
    answer = tmp_path / "credential.json"
    answer.write_text(json.dumps(credential))
    plugin = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "cat",
            "args": [str(answer)],
            "interactiveMode": "Never",
        }
    }
    for person in (user, plugin):
        document = {
            "current-context": "t",
            "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
            "clusters": [{"name": "t", "cluster": cluster}],
            "users": [{"name": "t", "user": person}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(document))
        with_client = Client(Cluster(kubeconfig=path))
        assert with_client.version().startswith("v1.")
        with_client.close()


@pytest.mark.parametrize("text", ["", "[]", "a: [", "current-context: x\ncontexts: []\n"])
def test_a_broken_kubeconfig_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(UnreachableError, match="kubeconfig"):
        Client(Cluster(kubeconfig=path))
    with pytest.raises(UnreachableError, match="cannot be read"):
        Client(Cluster(kubeconfig=tmp_path / "none"))


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def misbehaving(
    answers: list[Answer], tmp_path: Path, *, patience: float
) -> Iterator[tuple[Client, list[str]]]:
    """A client of a server that gives these answers in turn, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path.partition('?')[0]}")
            answers[min(len(asked), len(answers)) - 1](self)

        do_GET = do_POST = do_PATCH = do_DELETE = _any

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    path = tmp_path / "kubeconfig"
    document = {
        "current-context": "t",
        "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
        "clusters": [{"name": "t", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "t", "user": {}}],
    }
    path.write_text(yaml.safe_dump(document))
    client = Client(Cluster(kubeconfig=path), timeout=2, patience=patience)
    try:
        yield client, asked
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


def reply(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def test_not_now_is_asked_again_after_the_pause(tmp_path: Path) -> None:
    answers = [reply(429, Retry_After="1"), reply(503), reply(200, b'{"ok": true}')]
    with misbehaving(answers, tmp_path, patience=10) as (client, asked):
        started = time.monotonic()
        assert client.raw("POST", "/x", body={}) == {"ok": True}
        assert time.monotonic() - started >= 1
    assert len(asked) == 3


def test_not_now_for_ever_ends_in_time(tmp_path: Path) -> None:
    with misbehaving([reply(429, Retry_After="1")], tmp_path, patience=1.5) as (client, asked):
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="try again later"):
            client.raw("GET", "/x")
        assert time.monotonic() - started < 3
    assert len(asked) == 2


def test_a_lost_answer_is_asked_again_unless_that_could_do_it_twice(tmp_path: Path) -> None:
    with misbehaving([hang_up, reply(200)], tmp_path, patience=5) as (client, asked):
        client.raw("GET", "/x")
        assert len(asked) == 2
    with misbehaving([hang_up, reply(200)], tmp_path, patience=5) as (client, asked):
        with pytest.raises(UnreachableError):
            client.raw("POST", "/x", body={})
        assert len(asked) == 1


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with misbehaving([reply(200)], tmp_path, patience=0.5) as (client, _):
        pass
    started = time.monotonic()
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+: does not answer"):
        client.raw("POST", "/x", body={})
    assert time.monotonic() - started < 3


def test_a_long_answer_is_cut(tmp_path: Path) -> None:
    endless = misbehaving([reply(500, b"x" * 100_000)], tmp_path, patience=0)
    with endless as (client, _), pytest.raises(UnreachableError) as caught:
        client.raw("GET", "/x")
    assert len(str(caught.value)) < 400
