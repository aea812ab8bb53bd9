"""The centre's own API, as the command and other programs of ours ask it."""

import base64
import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from pydantic import SecretStr, ValidationError

from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.answers.common import Answer
from yunzu.model.answers.problem import Problem, error_of

_PREFIX = "/api/v1"
_JSON = "application/json"
_CONNECT_S, _READ_S = 10.0, 120.0  # a filing waits for those that decide before it
_AGAIN_AFTER_S = (0.3, 1.0, 2.0, 4.0, 8.0)  # the API is restarted in less than that, also on a busy machine
_NOT_BEGUN = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.SSLError)
_SENDABLE = re.compile("[!-~]+")

Method = Literal["GET", "POST"]
Understood = TypeVar("Understood", bound=Answer)
Query = Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class Proof:
    """Value of the header Authorization."""

    header: SecretStr


def understood(model: type[Understood], body: Any) -> Understood:
    """A document as what it says. Raises YunzuError for one of a centre that speaks differently."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fact = f"is not as this yunzu knows it ({error.error_count()} differences)"
        raise YunzuError("answer of the API", fact, "use the version of the centre, or --json") from error


def path_part(text: str) -> str:
    """Text of somebody as one part of a path."""
    return quote(text, safe="")


def bearer(token: str) -> Proof:
    """By a personal token. Text that no header can carry is no token either: the API says so."""
    return Proof(SecretStr(f"Bearer {token if _SENDABLE.fullmatch(token) else '-'}"))


def operator(login: str, key: SecretStr) -> Proof:
    """By the key in the home of a centre on this machine."""
    text = base64.b64encode(f"{login}:{key.get_secret_value()}".encode()).decode()
    return Proof(SecretStr(f"Operator {text}"))


class Api:
    """A connection to one API, kept open between calls. Errors of the API are raised again as what they
    were there; UnreachableError where it does not answer."""

    def __init__(self, url: str, *, ca: Path | None, proof: Proof | None) -> None:
        """`ca`: certificate of its authority; None: whom the system trusts. Raises YunzuError for a file
        that holds none."""
        self.url = url.rstrip("/")
        self._headers = {"User-Agent": "yunzu"}
        if proof is not None:
            self._headers["Authorization"] = proof.header.get_secret_value()
        self._base = urlsplit(self.url).path + _PREFIX
        self._pool = urllib3.connection_from_url(
            self.url,
            ssl_context=_trusting(ca),
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S),
            retries=False,
        )

    def close(self) -> None:
        self._pool.close()

    def get(self, path: str, query: Query | None = None) -> Any:
        """A document."""
        return json.loads(self._asked("GET", path, query, repeat=True).data)

    def text(self, path: str, query: Query | None, media_type: str) -> str:
        """What a document says, in another form."""
        headers = {"Accept": media_type}
        return self._asked("GET", path, query, headers=headers, repeat=True).data.decode()

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, query: Query | None = None, *, key: str = ""
    ) -> Any:
        """Something is done; the document of how it then is. With a `key` that was never used before, it is
        done once, however often it has to be said."""
        headers = {"Idempotency-Key": key} if key else {}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = _JSON
        answer = self._asked("POST", path, query, headers=headers, content=content, repeat=bool(key))
        return json.loads(answer.data)

    def _asked(
        self,
        method: Method,
        path: str,
        query: Query | None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        repeat: bool,
    ) -> urllib3.BaseHTTPResponse:
        address = self._base + path
        if given := {name: _written(value) for name, value in (query or {}).items() if value is not None}:
            address += "?" + urlencode(given)
        sent = {"Accept": _JSON, **self._headers, **(headers or {})}
        for wait in (*_AGAIN_AFTER_S, None):
            try:
                answer = self._pool.request(method, address, headers=sent, body=content, redirect=False)
                break
            except urllib3.exceptions.HTTPError as error:
                begun = not isinstance(error, _NOT_BEGUN)
                if wait is None or _is_final(error) or (begun and not repeat):
                    raise self._unreachable(error, begun=begun and method == "POST") from error
                time.sleep(wait)
        if answer.status >= 400:
            raise self._error(answer)
        return answer

    def _unreachable(self, error: Exception, *, begun: bool) -> UnreachableError:
        reason = getattr(error, "reason", None) or error
        said = type(reason).__name__
        if isinstance(reason, ssl.SSLCertVerificationError) or isinstance(error, urllib3.exceptions.SSLError):
            fact = f"shows no certificate that is trusted ({getattr(reason, 'verify_message', said) or said})"
            return UnreachableError(f"API {self.url}", fact, "see YUNZU_CA_FILE")
        if begun:
            fact = f"broke off ({said}), and may have done it or not"
            return UnreachableError(f"API {self.url}", fact, "look at what is there before you say it again")
        advice = "see `yunzu status` on the centre's machine"
        return UnreachableError(f"API {self.url}", f"does not answer ({said})", advice)

    def _error(self, answer: urllib3.BaseHTTPResponse) -> YunzuError:
        try:
            return error_of(Problem.model_validate_json(answer.data))
        except ValidationError:  # a proxy's, or a server that is none of ours
            fact = f"answers {answer.status} and does not say why"
            return UnreachableError(f"API {self.url}", fact, "is YUNZU_URL that of a centre?")


def _is_final(error: urllib3.exceptions.HTTPError) -> bool:
    """Whether another try would change nothing, or take too long."""
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # refused: is it being restarted?
        return isinstance(error, urllib3.exceptions.NameResolutionError)
    return isinstance(error, urllib3.exceptions.SSLError | urllib3.exceptions.TimeoutError)


def _trusting(ca: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except ssl.SSLError as error:
        raise YunzuError(f"file {ca}", "holds no certificate", "see YUNZU_CA_FILE") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _written(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value
