"""What was handed to a tenant, taken apart: the Secrets of an environment in Service Binding layout."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from yunzu.errors import NotFoundError, UnreachableError, YunzuError

Binding = Mapping[str, str]
Bindings = Mapping[str, Binding]
Connection = psycopg.Connection[tuple[Any, ...]]

_CONNECT_SECONDS = 10


def binding(environment_id: str, secret: str, bindings: Bindings, keys: tuple[str, ...]) -> Binding:
    """The Secret `secret`. Raises NotFoundError when it, or one of `keys` in it, is not there."""
    found = bindings.get(secret)
    advice = f"yunzu env apply {environment_id}"
    if found is None:
        raise NotFoundError(f"environment {environment_id}", f"has no Secret {secret}", advice)
    for key in keys:
        if not found.get(key):
            raise NotFoundError(f"Secret {secret} of {environment_id}", f"has no {key}", advice)
    return found


@contextmanager
def session(subject: str, login: Binding) -> Iterator[Connection]:
    """A transaction as the tenant: committed at the end, rolled back on any error.

    Raises UnreachableError when the login does not work, YunzuError for what the server refuses.
    """
    with TemporaryDirectory(prefix="yunzu-") as directory:
        try:
            connection = psycopg.connect(
                host=login["host"],
                port=login["port"],
                dbname=login["database"],
                user=login["username"],
                password=login["password"],
                connect_timeout=_CONNECT_SECONDS,
                application_name="yunzu-demo",
                options="-c TimeZone=UTC -c DateStyle=ISO -c client_min_messages=warning",
                **_protection(login, Path(directory)),
            )
        except psycopg.OperationalError as error:
            raise UnreachableError(subject, f"the handed login fails: {_fact(error)}") from error
        try:
            with connection:
                yield connection
        except psycopg.OperationalError as error:
            raise UnreachableError(subject, _fact(error), "run the command again") from error
        except psycopg.Error as error:
            raise YunzuError(subject, _fact(error)) from error


def _protection(login: Binding, directory: Path) -> dict[str, Any]:
    """TLS parameters. Without a CA in the binding its URI decides; where that is silent, a public CA."""
    if authority := login.get("ca.crt"):
        file = directory / "ca.crt"  # libpq takes a CA only from a file
        file.write_text(authority, "ascii")
        return {"sslmode": "verify-full", "sslrootcert": str(file)}
    said = parse_qs(urlsplit(login.get("uri", "")).query).get("sslmode", ["verify-full"])[0]
    return {"sslmode": said} | ({"sslrootcert": "system"} if said.startswith("verify-") else {})


def _fact(error: psycopg.Error) -> str:
    """The server's main sentence: details and context may quote rows."""
    said = error.diag.message_primary or str(error).strip()
    return said.splitlines()[-1].strip() if said else type(error).__name__
