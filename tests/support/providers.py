"""A real API server with its controllers for tests of the Kubernetes client and provider.

`YUNZU_TEST_KUBECONFIG` names a cluster to use instead; otherwise etcd, kube-apiserver and
kube-controller-manager (from `YUNZU_BIN_DIR` or PATH) are started in a directory of their own, with
throwaway certificates, and ended when the session ends.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.errors import FencedError, YunzuError
from yunzu.model.connections import Cluster

CENTRE = "0badcafe"


class Effects:
    """Intents kept in memory; `fence()` makes every later one refused."""

    def __init__(self) -> None:
        self.intents: list[tuple[str, str]] = []
        self.fenced = False

    def intend(self, kind: str, name: str) -> None:
        if self.fenced:
            raise FencedError("test", 1, 2)
        self.intents.append((kind, name))

    def intended(self, kind: str, name: str) -> bool:
        return (kind, name) in self.intents


def labels(uid: str, **extra: str) -> dict[str, str]:
    """Labels of an object of the test centre's environment `uid`."""
    return {naming.LABEL_CENTRE: CENTRE, naming.LABEL_ENVIRONMENT_UID: uid, **extra}


def tool(name: str) -> str:
    """Path of a server binary; the test is skipped where there is none."""
    directory = os.environ.get("YUNZU_BIN_DIR")
    path = shutil.which(name, path=directory) if directory else shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} in YUNZU_BIN_DIR or on PATH")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Pki:
    """A throwaway authority and its certificates, as files."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test-ca")])
        basic = x509.BasicConstraints(ca=True, path_length=None)
        builder = self._builder(self._name, self._key).add_extension(basic, critical=True)
        self._write("ca", builder.sign(self._key, hashes.SHA256()), self._key)
        self._write("sa", None, ec.generate_private_key(ec.SECP256R1()))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )

    def _write(
        self, name: str, certificate: x509.Certificate | None, key: ec.EllipticCurvePrivateKey
    ) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (self.directory / f"{name}.key").write_bytes(pem)
        if certificate:
            (self.directory / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, user: str, group: str = "") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
        if group:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        builder = self._builder(x509.Name(attributes), key).add_extension(addresses, critical=False)
        self._write(name, builder.sign(self._key, hashes.SHA256()), key)

    def kubeconfig(self, server: str, name: str) -> Path:
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": "ca.crt"}}],
            "users": [
                {"name": "test", "user": {"client-certificate": f"{name}.crt", "client-key": f"{name}.key"}}
            ],
        }
        path = self.directory / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path


@contextmanager
def process(directory: Path, name: str, *arguments: str) -> Iterator[None]:
    """A server while the context lasts, its output in `<name>.log`."""
    with (directory / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(  # the binary is ours, the arguments are too
            [tool(name), *arguments], stdout=log, stderr=log, cwd=directory, start_new_session=True
        )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)


def _await_ready(kubeconfig: Path) -> None:
    until = time.monotonic() + 60
    while True:
        client = Client(Cluster(kubeconfig=kubeconfig), patience=0)
        try:
            client.raw("GET", "/readyz")
            client.get("v1", "Namespace", "default")
            return
        except YunzuError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        finally:
            client.close()


@contextmanager
def control_plane(directory: Path, *, controllers: bool = True) -> Iterator[Path]:
    """A kubeconfig of a new cluster's administrator."""
    pki = Pki(directory)
    for name, user, group in (
        ("server", "kube-apiserver", ""),
        ("admin", "test-admin", "system:masters"),
        ("controllers", "system:kube-controller-manager", ""),
    ):
        pki.issue(name, user, group)
    etcd, peer, api = free_port(), free_port(), free_port()
    server = f"https://127.0.0.1:{api}"
    admin = pki.kubeconfig(server, "admin")
    with ExitStack() as stack:
        start = stack.enter_context
        start(process(directory, "etcd", *_etcd_flags(directory, etcd, peer)))
        start(process(directory, "kube-apiserver", *_api_flags(etcd, api)))
        _await_ready(admin)
        if controllers:
            kubeconfig = pki.kubeconfig(server, "controllers")
            start(process(directory, "kube-controller-manager", *_controller_flags(kubeconfig)))
        yield admin


def _etcd_flags(directory: Path, client: int, peer: int) -> list[str]:
    url, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]


def _api_flags(etcd: int, port: int) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--client-ca-file=ca.crt",
        "--tls-cert-file=server.crt",
        "--tls-private-key-file=server.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=sa.key",
        "--service-account-signing-key-file=sa.key",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=Node,RBAC",
    ]


def _controller_flags(kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--root-ca-file=ca.crt",
        "--cluster-signing-cert-file=ca.crt",
        "--cluster-signing-key-file=ca.key",
        "--service-account-private-key-file=sa.key",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An administrator's kubeconfig of a running cluster with controllers."""
    if given := os.environ.get("YUNZU_TEST_KUBECONFIG"):
        yield Path(given)
        return
    with control_plane(tmp_path_factory.mktemp("cluster")) as path:
        yield path


@pytest.fixture(scope="session")
def client(kubeconfig: Path) -> Iterator[Client]:
    """The administrator's client."""
    client = Client(Cluster(kubeconfig=kubeconfig))
    yield client
    client.close()


@pytest.fixture
def namespace(client: Client) -> Iterator[str]:
    """A new namespace of environment `etest`, begun to be deleted afterwards."""
    name = f"t--{naming.mint_environment_uid()}"
    metadata = {"name": name, "labels": labels("etest")}
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, field_manager="test")
    yield name
    client.delete("v1", "Namespace", name)


@pytest.fixture
def effects() -> Effects:
    return Effects()
