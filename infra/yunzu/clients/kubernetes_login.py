"""How to reach an API server and prove who we are, read from a kubeconfig.

A plain kubeconfig (certificates, token) is read here, because importing the `kubernetes` package takes
0.8 s of a command. One that asks for more (exec plugins, auth providers, proxies) goes through it.
"""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster

_PLAIN_USER = {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token"}
_PLAIN_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "tls-server-name"}


def _no_header() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Login:
    """An API server's address and one identity. `authorization` gives the header's value, fresh each time."""

    host: str
    authority: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    authorization: Callable[[], str | None] = field(default=_no_header, repr=False)
    verify: bool = True
    server_name: str | None = None
    proxy: str | None = None

    def as_certificate(self, certificate: bytes, key: bytes) -> "Login":
        """The same server, as whom the certificate names."""
        return replace(self, certificate=certificate, key=key, authorization=_no_header)

    def anonymous(self) -> "Login":
        """The same server, as nobody."""
        return replace(self, certificate=None, key=None, authorization=_no_header)

    def tls(self) -> ssl.SSLContext:
        """Raises UnreachableError when a certificate or key cannot be used."""
        try:
            authority = self.authority.decode() if self.authority else None
            context = ssl.create_default_context(cadata=authority)
            if not self.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.certificate and self.key:
                # OpenSSL takes a key from a file only: 0600, and gone before the first request.
                with tempfile.NamedTemporaryFile(prefix="yunzu-", suffix=".pem") as file:
                    file.write(self.certificate + b"\n" + self.key)
                    file.flush()
                    context.load_cert_chain(file.name)
        except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
            raise UnreachableError(
                self.host, f"its kubeconfig has an unusable certificate or key ({type(error).__name__})"
            ) from error
        return context


def load(cluster: Cluster) -> Login:
    """Raises UnreachableError when the kubeconfig cannot be read or says too little."""
    subject = f"kubeconfig {cluster.kubeconfig}"
    try:
        document = yaml.safe_load(cluster.kubeconfig.read_bytes())
        context = _named(document, "context", cluster.context or document["current-context"])
        server = _named(document, "cluster", context["cluster"])
        user = _named(document, "user", context["user"])
        if set(user) <= _PLAIN_USER and set(server) <= _PLAIN_CLUSTER:
            return _plain(server, user, cluster.kubeconfig.parent)
    except OSError as error:
        raise UnreachableError(subject, f"cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, KeyError, TypeError, binascii.Error) as error:
        raise UnreachableError(subject, "is no valid kubeconfig", "see `kubectl config view`") from error
    return _by_package(cluster, subject)


def _named(document: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    for item in document[f"{kind}s"]:
        if item["name"] == name:
            return dict(item[kind])
    raise KeyError(name)


def _plain(server: dict[str, Any], user: dict[str, Any], directory: Path) -> Login:
    token = user.get("token")
    return Login(
        host=server["server"].rstrip("/"),
        authority=_content(server, "certificate-authority", directory),
        certificate=_content(user, "client-certificate", directory),
        key=_content(user, "client-key", directory),
        authorization=(lambda: f"Bearer {token}") if token else _no_header,
        server_name=server.get("tls-server-name"),
    )


def _content(section: dict[str, Any], key: str, directory: Path) -> bytes | None:
    if data := section.get(f"{key}-data"):
        return base64.b64decode(data)
    path = section.get(key)
    return (directory / path).read_bytes() if path else None


def _by_package(cluster: Cluster, subject: str) -> Login:
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            str(cluster.kubeconfig), cluster.context, client_configuration=configuration, persist_config=False
        )
    except config.ConfigException as error:
        raise UnreachableError(subject, "is no valid kubeconfig", "see `kubectl config view`") from error

    def read(path: str | None) -> bytes | None:
        return Path(path).read_bytes() if path else None

    def authorization() -> str | None:
        value = configuration.get_api_key_with_prefix("BearerToken")
        return str(value) if value else None

    return Login(
        host=configuration.host.rstrip("/"),
        authority=read(configuration.ssl_ca_cert),
        certificate=read(configuration.cert_file),
        key=read(configuration.key_file),
        authorization=authorization,
        verify=configuration.verify_ssl,
        server_name=configuration.tls_server_name,
        proxy=configuration.proxy,
    )
