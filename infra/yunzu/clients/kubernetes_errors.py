"""An API server's refusals, typed by what a caller can do about them.

The server's own words are kept, cut at 300 characters. A fault that quotes a value of an object may
quote a secret, so for Secrets only the reason and the fields' names are kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yunzu.errors import NotFoundError, RefusedError, UnreachableError, YunzuError

_MOST = 300  # characters of a server's message


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault of an object: `field` as a path, empty if it is about the whole."""

    field: str
    message: str


class ConflictError(YunzuError):
    """The object was changed meanwhile, or a precondition (uid, resourceVersion) does not hold."""


class AlreadyExistsError(ConflictError):
    """An object of that name exists."""


class ForbiddenError(RefusedError):
    """Our identity may not, or admission (quota, Pod Security, policy) says no."""


class InvalidObjectError(YunzuError):
    """The server does not accept the object; sending it again does not help."""

    def __init__(self, subject: str, fact: str, causes: Sequence[Cause] = ()) -> None:
        super().__init__(subject, fact)
        self.causes = tuple(causes)


class UnknownKindError(NotFoundError):
    """The server serves no such kind."""


def from_response(subject: str, status: int, body: bytes) -> YunzuError:
    """The error that an answer of 400 and above means."""
    document = _status_object(body)
    fact = _fact(subject, status, document, body)
    if status == 404:
        return NotFoundError(subject, fact)
    if status == 409:
        exists = document.get("reason") == "AlreadyExists"
        return AlreadyExistsError(subject, fact) if exists else ConflictError(subject, fact)
    if status in (401, 403):
        return ForbiddenError(subject, fact)
    if status in (400, 413, 415, 422):
        return InvalidObjectError(subject, fact, _causes(subject, document))
    if status == 429 or status >= 500:
        return UnreachableError(subject, fact, "try again later")
    return YunzuError(subject, fact)


def _status_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _fact(subject: str, status: int, document: dict[str, Any], body: bytes) -> str:
    if _may_quote_a_secret(subject):
        fields = ", ".join(cause.field for cause in _causes(subject, document) if cause.field)
        reason = document.get("reason") or f"HTTP {status}"
        return f"the server refuses it ({reason}{': ' + fields if fields else ''})"
    message = document.get("message") or body.decode(errors="replace").strip() or f"HTTP {status}"
    return shortened(str(message))


def shortened(message: str) -> str:
    """A server's message in one line of at most 300 characters."""
    line = " ".join(message.split())
    return line if len(line) <= _MOST else line[: _MOST - 1] + "…"


def _may_quote_a_secret(subject: str) -> bool:
    return subject.startswith("Secret ") or "/secrets" in subject


def _causes(subject: str, document: dict[str, Any]) -> list[Cause]:
    details = document.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    quiet = _may_quote_a_secret(subject)
    return [
        Cause(str(cause.get("field", "")), "" if quiet else shortened(str(cause.get("message", ""))))
        for cause in causes or []
        if isinstance(cause, dict)
    ]
