"""What concerns persons in Kubernetes: short-lived certificates, and what somebody may do.

A certificate cannot be revoked, so it lives an hour at most; taking away the RoleBinding ends access at
the next request.
"""

import base64
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import shortened
from yunzu.errors import NotFoundError, RefusedError, UnreachableError

_SIGNER = "kubernetes.io/kube-apiserver-client"
_CERTIFICATES = "certificates.k8s.io/v1"
_KIND = "CertificateSigningRequest"
_SHORTEST = 600  # seconds; the API server takes no less
_LONGEST = 3600
_ISSUED_WITHIN = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may do something, and the authorizer's reason."""

    allowed: bool
    reason: str


def issue_certificate(
    client: Client, user: str, *, seconds: int = _LONGEST, labels: dict[str, str] | None = None
) -> tuple[bytes, bytes]:
    """PEM certificate and PEM key that log in as `user`, in no group, for `seconds` (600 to 3600).

    Raises RefusedError when the request is denied or the lifetime is out of bounds, UnreachableError when
    nothing signs it in time.
    """
    if not _SHORTEST <= seconds <= _LONGEST:
        raise RefusedError(user, f"a certificate lives {_SHORTEST} to {_LONGEST} s, not {seconds}")
    key = ec.generate_private_key(ec.SECP256R1())
    subject_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject_name).sign(key, hashes.SHA256())
    request = _request(user, csr.public_bytes(serialization.Encoding.PEM), seconds, labels or {})
    created = client.create(request, field_manager=naming.FIELD_MANAGER)
    try:
        certificate = _approve(client, created, user)
    finally:
        _forget(client, created["metadata"]["name"])
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate, pem


def valid_until(certificate: bytes) -> datetime:
    """When a PEM certificate ends, in UTC. Raises ValueError for what is none."""
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def _request(user: str, csr: bytes, seconds: int, labels: dict[str, str]) -> dict[str, Any]:
    del user  # the name must not tell: listing requests is a lesser right than reading who logs in
    return {
        "apiVersion": _CERTIFICATES,
        "kind": _KIND,
        "metadata": {"name": f"yunzu-{secrets.token_hex(8)}", "labels": labels},
        "spec": {
            "request": base64.b64encode(csr).decode(),
            "signerName": _SIGNER,
            "usages": ["client auth"],
            "expirationSeconds": seconds,
        },
    }


def _approve(client: Client, request: dict[str, Any], user: str) -> bytes:
    name = request["metadata"]["name"]
    condition = {
        "type": "Approved",
        "status": "True",
        "reason": "Yunzu",
        "message": "asked for by the platform",
    }
    request["status"] = {"conditions": [condition]}
    client.replace(request, field_manager=naming.FIELD_MANAGER, subresource="approval")
    until = time.monotonic() + _ISSUED_WITHIN
    while time.monotonic() < until:
        status = client.get(_CERTIFICATES, _KIND, name).get("status", {})
        if certificate := status.get("certificate"):
            return base64.b64decode(certificate)
        for found in status.get("conditions", []):
            if found["type"] in ("Denied", "Failed"):
                raise RefusedError(f"certificate of {user}", shortened(found.get("message", found["type"])))
        time.sleep(0.05)
    raise UnreachableError(
        f"certificate of {user}",
        f"was not signed within {_ISSUED_WITHIN:.0f} s",
        "check that kube-controller-manager runs",
    )


def _forget(client: Client, name: str) -> None:
    try:
        client.delete(_CERTIFICATES, _KIND, name)
    except NotFoundError:
        return


def access_review(
    client: Client,
    user: str,
    *,
    verb: str,
    resource: str,
    namespace: str | None = None,
    group: str = "",
    name: str | None = None,
    groups: Sequence[str] = (),
) -> Answer:
    """Whether `user` may `verb` the `resource` (plural, `pods/exec` for a subresource)."""
    plural, _, subresource = resource.partition("/")
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "groups": list(groups),
            "resourceAttributes": {key: value for key, value in attributes.items() if value},
        },
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    status = client.raw("POST", path, body=review)["status"]
    return Answer(bool(status.get("allowed")), str(status.get("reason", "")))
