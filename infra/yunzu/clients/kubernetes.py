"""A Kubernetes API server as plain calls: objects are dicts, refusals are typed errors.

Every method may raise, besides what it names: UnreachableError (no answer, or "not now" for too long),
ForbiddenError (may not, or admission says no) and UnknownKindError. Safe to use from several threads.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from yunzu.clients.kubernetes_errors import InvalidObjectError
from yunzu.clients.kubernetes_kinds import Document, Kind, Kinds
from yunzu.clients.kubernetes_login import Login, load
from yunzu.clients.kubernetes_transport import Transport
from yunzu.model.connections import Cluster

Object = dict[str, Any]
Propagation = Literal["Foreground", "Background", "Orphan"]
PatchType = Literal["merge", "json", "strategic"]

_SEGMENT = re.compile(r"[^/%]+")  # what the API server takes as a name in a path, `.` and `..` aside
_PATCHES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


class Client:
    """One identity at one API server. `timeout` in seconds for one answer, `patience` for all attempts."""

    def __init__(self, cluster: Cluster | Login, *, timeout: float = 30.0, patience: float = 20.0) -> None:
        self._timeout = timeout
        self._patience = patience
        if isinstance(cluster, Login):
            self._transport = Transport(cluster, timeout=timeout, patience=patience)
        else:
            self._transport = Transport(
                load(cluster), timeout=timeout, patience=patience, renew=lambda: load(cluster)
            )
        self.kinds = Kinds(self._transport)

    @property
    def host(self) -> str:
        """`https://address:port` of the server."""
        return self._transport.login.host

    @property
    def authority(self) -> bytes | None:
        """PEM certificate that the server's is verified with; None for the system's own."""
        return self._transport.login.authority

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._transport.close()

    def as_user(self, certificate: bytes, key: bytes) -> "Client":
        """A client of the same server as whom the PEM certificate names."""
        login = self._transport.login.as_certificate(certificate, key)
        return Client(login, timeout=self._timeout, patience=self._patience)

    def anonymous(self) -> "Client":
        """A client of the same server that proves nothing about itself."""
        login = self._transport.login.anonymous()
        return Client(login, timeout=self._timeout, patience=self._patience)

    def raw(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Any request with JSON or no body; for what has no method here."""
        return self._transport.request(method, path, subject=path, query=query, body=body)

    def version(self) -> str:
        """The server's version, e.g. `v1.37.2`."""
        return str(self.raw("GET", "/version")["gitVersion"])

    def kind(self, api_version: str, kind: str) -> Kind:
        """Where a kind is served."""
        return self.kinds.get(api_version, kind)

    def schemas(self, api_version: str) -> Document:
        """The OpenAPI v3 document of a group and version."""
        return self.kinds.schemas(api_version)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        """The object. Raises NotFoundError."""
        path = self._path(api_version, kind, namespace, name)
        return self._objects("GET", path, subject(kind, name, namespace))

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
    ) -> list[Object]:
        """The objects of a namespace, or of all, that the selectors choose."""
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        query = {key: value for key, value in selectors.items() if value}
        path = self._path(api_version, kind, namespace)
        items = self._objects("GET", path, subject(kind, "", namespace), query)["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def create(self, obj: Object, *, field_manager: str, dry_run: bool = False) -> Object:
        """Create it; returns the live object. Raises AlreadyExistsError, InvalidObjectError.

        After UnreachableError the object may exist: look before asking again.
        """
        api_version, kind, name, namespace = identity(obj)
        query = _writing(field_manager, dry_run)
        return self._objects(
            "POST", self._path(api_version, kind, namespace), subject(kind, name, namespace), query, obj
        )

    def apply(self, obj: Object, *, field_manager: str, force: bool = True, dry_run: bool = False) -> Object:
        """Server-side apply; returns the live object. Raises ConflictError (unforced, or another's
        resourceVersion), InvalidObjectError."""
        api_version, kind, name, namespace = identity(obj)
        query = _writing(field_manager, dry_run) | {"force": "true" if force else "false"}
        path = self._path(api_version, kind, namespace, name)
        about = subject(kind, name, namespace)
        return self._objects("PATCH", path, about, query, obj, "application/apply-patch+yaml")

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None,
        patch: Any,
        *,
        field_manager: str,
        patch_type: PatchType = "merge",
        subresource: str = "",
    ) -> Object:
        """Change part of it; returns the live object. Raises NotFoundError, ConflictError,
        InvalidObjectError."""
        path = self._path(api_version, kind, namespace, name) + (f"/{subresource}" if subresource else "")
        query = _writing(field_manager, dry_run=False)
        return self._objects(
            "PATCH", path, subject(kind, name, namespace), query, patch, _PATCHES[patch_type]
        )

    def replace(self, obj: Object, *, field_manager: str, subresource: str = "") -> Object:
        """Put it in the place of the one with its resourceVersion. Raises NotFoundError, ConflictError."""
        api_version, kind, name, namespace = identity(obj)
        path = self._path(api_version, kind, namespace, name) + (f"/{subresource}" if subresource else "")
        query = _writing(field_manager, dry_run=False)
        return self._objects("PUT", path, subject(kind, name, namespace), query, obj)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: Propagation = "Background",
        grace: int | None = None,
    ) -> None:
        """Begin deleting it; a pod has `grace` seconds to end, None as many as it asks for itself.

        Raises NotFoundError, ConflictError (it is not the one of that uid).
        """
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        path = self._path(api_version, kind, namespace, name)
        self._objects("DELETE", path, subject(kind, name, namespace), None, options)

    def _path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str:
        for segment in (namespace, name):
            if segment is not None and (not _SEGMENT.fullmatch(segment) or segment in (".", "..")):
                raise InvalidObjectError(f"{kind} {segment[:100]!r}", "is no name of a Kubernetes object")
        return self.kind(api_version, kind).path(namespace, name)

    def _objects(
        self,
        method: str,
        path: str,
        about: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Object:
        answer: Object = self._transport.request(
            method, path, subject=about, query=query, body=body, content_type=content_type
        )
        return answer


def _writing(field_manager: str, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": field_manager, "fieldValidation": "Strict"}
    return query | {"dryRun": "All"} if dry_run else query


def subject(kind: str, name: str, namespace: str | None) -> str:
    """How an object is named in sentences: `Secret health--beds/database-main`."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def identity(obj: Object) -> tuple[str, str, str, str | None]:
    """apiVersion, kind, name and namespace of an object."""
    metadata = obj["metadata"]
    return obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace")
