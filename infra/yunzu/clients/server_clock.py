"""How far an HTTP server's clock is from ours, told by the Date header of any answer."""

import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3

from yunzu.clients.kubernetes_login import load
from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster, ObjectStore

_SECONDS = 5.0


def told(ask: Callable[[], float | None]) -> float | None:
    """What `ask` answers; None where the server falls silent, which its other facts are not to suffer for."""
    try:
        return ask()
    except UnreachableError:
        return None


def of_cluster(cluster: Cluster) -> float | None:
    """Seconds that the API server is ahead; None if it does not say. Raises UnreachableError."""
    login = load(cluster)
    if login.proxy:
        return None
    context = login.tls() if login.host.startswith("https:") else None
    return _offset(login.host + "/version", context, login.server_name)


def of_object_store(store: ObjectStore) -> float | None:
    """Seconds that the S3 server is ahead; None if it does not say. Raises UnreachableError."""
    try:
        context = ssl.create_default_context(cafile=str(store.authorities))
    except (OSError, ssl.SSLError) as error:
        raise UnreachableError(
            store.endpoint, "its CA certificate cannot be read", "set YUNZU_S3_CA"
        ) from error
    return _offset(store.endpoint, context, None)


def _offset(url: str, context: ssl.SSLContext | None, server_name: str | None) -> float | None:
    options: dict[str, Any] = (
        {"assert_hostname": server_name, "server_hostname": server_name} if server_name else {}
    )
    with urllib3.PoolManager(ssl_context=context, retries=False, timeout=_SECONDS, **options) as pool:
        try:
            pool.request("GET", url, redirect=False)  # the second answer comes without the handshake's time
            before = time.time()
            answer = pool.request("GET", url, redirect=False)
            after = time.time()
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(url, f"does not answer ({type(error).__name__})") from error
    return offset_of(answer.headers.get("Date"), before, after)


def offset_of(date: str | None, before: float, after: float) -> float | None:
    """Seconds ahead. The header has whole seconds, cut, so its moment is taken half a second later."""
    if not date:
        return None
    try:
        told = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    if before - 1 <= told <= after:
        return 0.0
    return told + 0.5 - (before + after) / 2
