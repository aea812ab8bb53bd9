"""Which kinds an API server serves and where, and the schemas it publishes for them."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from yunzu.clients.kubernetes_errors import UnknownKindError
from yunzu.clients.kubernetes_transport import Transport
from yunzu.errors import NotFoundError

_STALE = 2.0  # seconds after which a kind that was missing is looked for again (a new definition)

Document = dict[str, Any]

# Host and group's path -> address and document. A published schema never changes under one address (it
# carries a hash), so one process reads each once, and keeps the newest.
_documents: dict[tuple[str, str], tuple[str, Document]] = {}
_documents_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kind:
    """One served kind."""

    api_version: str
    name: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Path of an object, of a namespace's objects, or of all. Names must be checked before."""
        parts = [group_path(self.api_version)]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        return "/".join(parts if name is None else [*parts, name])


def group_path(api_version: str) -> str:
    """`v1` -> `/api/v1`, `apps/v1` -> `/apis/apps/v1`."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class Kinds:
    """The served kinds, read once for each group and version, again when one is missing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Kind]]] = {}
        self._index: tuple[float, dict[str, str]] = (0.0, {})

    def get(self, api_version: str, kind: str) -> Kind:
        """Raises UnknownKindError when the server does not serve it."""
        with self._lock:
            read, kinds = self._known.get(api_version, (0.0, {}))
            if kind not in kinds and time.monotonic() - read > _STALE:
                kinds = self._read(api_version)
                self._known[api_version] = (time.monotonic(), kinds)
        if kind not in kinds:
            raise UnknownKindError(f"{api_version} {kind}", "the server serves no such kind")
        return kinds[kind]

    def _read(self, api_version: str) -> dict[str, Kind]:
        try:
            listing = self._transport.request("GET", group_path(api_version), subject=api_version)
        except NotFoundError:
            return {}
        return {
            item["kind"]: Kind(api_version, item["kind"], item["name"], item["namespaced"])
            for item in listing["resources"]
            if "/" not in item["name"]
        }

    def schemas(self, api_version: str) -> Document:
        """The OpenAPI v3 document of a group and version, `{}` if none is published."""
        path = group_path(api_version).lstrip("/")
        with self._lock:
            read, index = self._index
            if path not in index and time.monotonic() - read > _STALE:
                listing = self._transport.request("GET", "/openapi/v3", subject="OpenAPI")
                index = {key: value["serverRelativeURL"] for key, value in listing["paths"].items()}
                self._index = (time.monotonic(), index)
        return self._document(path, index[path]) if path in index else {}

    def _document(self, path: str, address: str) -> Document:
        key = (self._transport.login.host, path)
        with _documents_lock:
            read, document = _documents.get(key, ("", {}))
            if read != address:
                document = self._transport.request("GET", address, subject="OpenAPI")
                _documents[key] = (address, document)
            return document
