"""Requests that the embedded room makes itself: HTTPS with a client certificate, PostgreSQL logins.

Few and small: readiness of servers and the simulated nodes. The platform's clients live above.
"""

import contextlib
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yunzu.embedded.pki import Pair
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import Postgres

TIMEOUT = 5.0  # seconds for one request of a probe


@dataclass(frozen=True, slots=True)
class Door:
    """Where an HTTPS server is and how to be trusted by it."""

    name: str
    url: str
    ca: Path | None
    login: Pair | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        if self.login:
            context.load_cert_chain(self.login.certificate, self.login.key)
        return context


def ask(
    door: Door,
    path: str,
    *,
    method: str = "GET",
    body: Mapping[str, Any] | None = None,
    content_type: str = "application/json",
    timeout: float = TIMEOUT,
) -> tuple[int, bytes]:
    """Status and body. Raises UnreachableError when the server does not answer."""
    parts = urlsplit(door.url)
    try:
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=timeout, context=door.context()
        )
        with contextlib.closing(connection):
            headers = {"Content-Type": content_type} if body is not None else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(door.name, f"does not answer at {door.url} ({_said(error)})") from error


def expect_ok(door: Door, path: str) -> bytes:
    """Body of a 2xx answer. Raises UnreachableError for any other."""
    status, body = ask(door, path)
    if not 200 <= status < 300:
        raise UnreachableError(door.name, f"answers {status} at {door.url}{path}")
    return body


def apply(door: Door, path: str, manifest: Mapping[str, Any]) -> None:
    """Server-side apply of one Kubernetes object. Raises YunzuError when it is refused."""
    status, body = ask(
        door,
        f"{path}?fieldManager=yunzu-embedded&force=true",
        method="PATCH",
        body=manifest,
        content_type="application/apply-patch+yaml",
    )
    _accept(door, path, status, body)


def delete(door: Door, path: str) -> None:
    """Delete one Kubernetes object, if it is there. Raises YunzuError when it is refused."""
    status, body = ask(door, path, method="DELETE")
    if status != 404:
        _accept(door, path, status, body)


def _accept(door: Door, path: str, status: int, body: bytes) -> None:
    if not 200 <= status < 300:
        raise YunzuError(f"{door.name} {path}", f"answers {status}: {body.decode(errors='replace')[:300]}")


def log_in(name: str, server: Postgres) -> str:
    """Log in to PostgreSQL with an administrator's login; the server's version. Raises UnreachableError."""
    import psycopg

    try:
        with psycopg.connect(**login(server), connect_timeout=5, autocommit=True) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.Error as error:
        fact = f"refuses a login at {server.address} ({_said(error)})"
        raise UnreachableError(name, fact) from error
    return str(row[0]).split(" ")[0] if row else ""


def login(server: Postgres) -> dict[str, Any]:
    """Keyword arguments of `psycopg.connect`."""
    parameters: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password.get_secret_value(),
        "dbname": server.database,
        "sslmode": server.sslmode,
        "application_name": "yunzu",
    }
    if server.ca:
        parameters["sslrootcert"] = str(server.ca)
    return parameters


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
