"""A tenant's Secret: where its credentials lie, and the only place where they do.

The layout is that of Service Binding for Kubernetes, with its type `servicebinding.io/<type>`, so that
libraries that know the convention find everything by key. What comes back out of a Secret is a
tenant's data: a user and a password to be tried at the centre's own address, never an address.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import InvalidObjectError
from yunzu.clients.ownership import Intents, check_ours
from yunzu.clients.postgres import tls_parameters
from yunzu.errors import NotFoundError
from yunzu.model import connections

PROVIDER = "yunzu"


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A Secret as it is; `data` decoded, without what is not text."""

    labels: Mapping[str, str]
    data: Mapping[str, str] = field(repr=False)


class SecretStore(Protocol):
    """The one kind of Kubernetes object that this provider touches."""

    def read(self, namespace: str, name: str) -> StoredSecret | None:
        """The Secret; None if it, or its namespace, is not there."""

    def write(self, namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Make it, or put these labels and keys into it. Its type follows from `data["type"]`."""

    def delete(self, namespace: str, name: str) -> None:
        """Delete it; absent is no fault."""


class ClusterSecrets:
    """Secrets of a Kubernetes cluster.

    Whose a Secret is, callers decide from what they read. So the Secret that was read last is the only one
    that is written over or deleted: where another has its name meanwhile, the server refuses (ConflictError)
    and the other stays as it is.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._uids: dict[tuple[str, str], str] = {}  # of the Secrets as they were read last

    def read(self, namespace: str, name: str) -> StoredSecret | None:
        """See the protocol."""
        try:
            found = self._client.get("v1", "Secret", name, namespace)
        except NotFoundError:
            self._uids.pop((namespace, name), None)
            return None
        self._uids[namespace, name] = found["metadata"]["uid"]
        data = {key: text for key, value in (found.get("data") or {}).items() if (text := _text(value))}
        return StoredSecret(found["metadata"].get("labels") or {}, data)

    def write(self, namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str]) -> None:
        """See the protocol. One whose type differs or that was made immutable is made anew."""
        metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
        content = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": f"servicebinding.io/{data['type']}",
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
        }
        uid = self._uids.get((namespace, name))
        known = metadata | ({"uid": uid} if uid else {})
        try:
            self._client.apply({**content, "metadata": known}, field_manager=naming.FIELD_MANAGER)
        except InvalidObjectError:
            self.delete(namespace, name)
            self._client.apply({**content, "metadata": metadata}, field_manager=naming.FIELD_MANAGER)

    def delete(self, namespace: str, name: str) -> None:
        """See the protocol."""
        try:
            self._client.delete("v1", "Secret", name, namespace, uid=self._uids.pop((namespace, name), None))
        except NotFoundError:
            return


def check_secret(name: str, stored: StoredSecret | None, mark: str, intents: Intents) -> None:
    """Return if there is no such Secret or it is ours; raises NotOursError."""
    if stored is not None:
        check_ours("Secret", name, mark_of(stored.labels), mark, intents)


def mark_of(labels: Mapping[str, str]) -> str | None:
    """The owner's mark that labels amount to."""
    centre, uid = labels.get(naming.LABEL_CENTRE), labels.get(naming.LABEL_ENVIRONMENT_UID)
    return naming.owner_mark(centre, uid) if centre and uid else None


def secret_drift(
    name: str, stored: StoredSecret | None, labels: Mapping[str, str], wanted: Mapping[str, str]
) -> list[str]:
    """What differs, in sentences that hold no value. Labels and keys that others added are theirs."""
    if stored is None:
        return [f"Secret {name} is missing"]
    drift = [
        f"Secret {name}: label {key} was altered" for key in labels if stored.labels.get(key) != labels[key]
    ]
    drift += [
        f"Secret {name}: key {key} was altered" for key in wanted if stored.data.get(key) != wanted[key]
    ]
    return drift


def postgres_binding(
    address: connections.Postgres, database: str, user: str, password: str
) -> dict[str, str]:
    """Keys of a database's Secret."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    mode = tls_parameters(address)["sslmode"]
    binding = {
        "type": "postgresql",
        "provider": PROVIDER,
        "host": address.host,
        "port": str(address.port),
        "database": database,
        "username": user,
        "password": password,
        "uri": f"postgresql://{login}@{address.address}/{database}?sslmode={mode}",
    }
    return binding | ({"ca.crt": address.ca.read_text()} if address.ca else {})


def s3_binding(
    address: connections.ObjectStore, bucket: str, access_key: str, secret_key: str
) -> dict[str, str]:
    """Keys of a bucket's Secret."""
    binding = {
        "type": "s3",
        "provider": PROVIDER,
        "endpoint": address.endpoint,
        "region": address.region,
        "bucket": bucket,
        "access-key": access_key,
        "secret-key": secret_key,
        "uri": f"{address.endpoint.rstrip('/')}/{bucket}",
    }
    return binding | ({"ca.crt": address.ca.read_text()} if address.ca else {})


def _text(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
