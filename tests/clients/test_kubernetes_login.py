"""What kubeconfigs the Kubernetes client takes."""

import base64
import json
from pathlib import Path

import pytest
import yaml

from tests.support.providers import kubeconfig  # noqa: F401 - a fixture
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.clients.kubernetes_login import load
from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster

# ruff: noqa: F811 - pytest's fixtures are named like their parameters


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


def test_a_renewed_login_is_picked_up(kubeconfig: Path, tmp_path: Path) -> None:
    login = load(Cluster(kubeconfig=kubeconfig))
    authority = tmp_path / "ca.crt"
    authority.write_bytes(login.authority or b"")
    server = {"server": login.host, "certificate-authority": "ca.crt"}
    document = {
        "current-context": "t",
        "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
        "clusters": [{"name": "t", "cluster": server}],
        "users": [{"name": "t", "user": {"token": "expired"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    client = Client(Cluster(kubeconfig=path))
    with pytest.raises(ForbiddenError):
        client.list("v1", "Namespace")
    (tmp_path / "new.crt").write_bytes(login.certificate or b"")
    (tmp_path / "new.key").write_bytes(login.key or b"")
    document["users"] = [{"name": "t", "user": {"client-certificate": "new.crt", "client-key": "new.key"}}]
    path.write_text(yaml.safe_dump(document))
    assert client.list("v1", "Namespace")
    client.close()


@pytest.mark.parametrize("text", ["", "[]", "a: [", "current-context: x\ncontexts: []\n"])
def test_a_broken_kubeconfig_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(UnreachableError, match="kubeconfig"):
        Client(Cluster(kubeconfig=path))
    with pytest.raises(UnreachableError, match="cannot be read"):
        Client(Cluster(kubeconfig=tmp_path / "none"))
