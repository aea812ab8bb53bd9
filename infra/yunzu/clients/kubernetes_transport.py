"""Requests to an API server over connections that are kept open.

Retries. An answer of 429 or 503 means "not now" and is asked again after its Retry-After, or a jittered,
growing pause. A lost connection is asked again only where asking twice does no harm: not for POST, whose
caller must look whether the object exists. A server that has just started forbids everything until it has
read its rules: 403 soon after a lost connection is "not now", too. The last attempt of a request starts at
most `patience` seconds after the first.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3

from yunzu.clients.kubernetes_errors import from_response, shortened
from yunzu.clients.kubernetes_login import Login
from yunzu.errors import UnreachableError

_FIRST_PAUSE = 0.1  # seconds
_LONGEST_PAUSE = 5.0  # seconds
_CONNECTIONS = 32  # kept open, one for each thread that asks at once
_RETRYABLE = (429, 503)
_STARTING = 10.0  # seconds after a lost connection in which a server may not know its rules yet
_AGENT = {"User-Agent": "yunzu", "Accept": "application/json"}


class Transport:
    """Authenticated JSON requests. Safe to use from several threads."""

    def __init__(
        self,
        login: Login,
        *,
        timeout: float,
        patience: float,
        renew: Callable[[], Login] | None = None,
    ) -> None:
        self._patience = patience
        self._timeout = urllib3.Timeout(connect=min(timeout, 5.0), read=timeout)
        self._renew = renew
        self.login = login
        self._pool = _pool(login)
        self._lost_at = -_STARTING

    def close(self) -> None:
        self._pool.clear()

    def request(
        self,
        method: str,
        path: str,
        *,
        subject: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Any:
        """The answer's JSON document, or text if it is none.

        `subject` names the object in errors. Raises what `from_response` makes of a refusal, and
        UnreachableError when the server does not answer.
        """
        content = (
            None if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        )
        answer = self._persist(method, path, query, content, content_type)
        if answer.status == 401 and self._log_in_again():
            answer = self._persist(method, path, query, content, content_type)
        if answer.status >= 400:
            raise from_response(subject, answer.status, answer.data)
        return _document(answer)

    def _log_in_again(self) -> bool:
        """Whether there is another login to try: a certificate that has expired may have been renewed."""
        login = self._renew() if self._renew else self.login
        if login == self.login:
            return False
        self._pool = _pool(login)
        self.login = login
        return True

    def _persist(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes | None,
        content_type: str,
    ) -> urllib3.BaseHTTPResponse:
        until = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while True:
            wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
            try:
                answer = self._send(method, path, query, content, content_type)
                if not self._is_not_now(answer):
                    return answer
                wait = max(wait, _retry_after(answer))
                if time.monotonic() + wait > until:
                    return answer
            except urllib3.exceptions.HTTPError as error:
                self._lost_at = time.monotonic()
                harmless = method != "POST" or _never_sent(error)
                if not harmless or time.monotonic() + wait > until:
                    raise _unreachable(self.login.host, error) from error
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _is_not_now(self, answer: urllib3.BaseHTTPResponse) -> bool:
        starting = time.monotonic() - self._lost_at < _STARTING
        return answer.status in _RETRYABLE or (answer.status == 403 and starting)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes | None,
        content_type: str,
    ) -> urllib3.BaseHTTPResponse:
        headers = dict(_AGENT)
        if authorization := self.login.authorization():
            headers["Authorization"] = authorization
        if content is not None:
            headers["Content-Type"] = content_type
        url = self.login.host + path + ("?" + urlencode(query) if query else "")
        return self._pool.request(
            method, url, body=content, headers=headers, timeout=self._timeout, redirect=False
        )


def _pool(login: Login) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": _CONNECTIONS, "block": False, "retries": False}
    if login.host.startswith("https:"):
        options |= {"ssl_context": login.tls(), "assert_hostname": login.server_name}
        if login.server_name:
            options["server_hostname"] = login.server_name
    return urllib3.ProxyManager(login.proxy, **options) if login.proxy else urllib3.PoolManager(**options)


def _document(answer: urllib3.BaseHTTPResponse) -> Any:
    if answer.data[:1] in (b"{", b"["):  # OpenAPI documents come as text/plain
        return json.loads(answer.data)
    return answer.data.decode(errors="replace")


def _retry_after(answer: urllib3.BaseHTTPResponse) -> float:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0


def _never_sent(error: Exception) -> bool:
    """Whether the request cannot have reached the server."""
    refused = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return isinstance(error, refused)


def _unreachable(host: str, error: Exception) -> UnreachableError:
    fact = f"does not answer ({type(error).__name__}: {shortened(_without_pool(str(error)))})"
    return UnreachableError(host, fact, "check that the API server runs")


def _without_pool(message: str) -> str:
    """urllib3 begins its messages with an object's repr."""
    return message.rsplit(">: ", 1)[-1] if message.startswith("<") else message
