"""Who asks: the bearer of a personal token, or whoever works on the centre's machine and reads its home."""

import base64
import binascii
import hashlib
import hmac
import re
import socket
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request
from fastapi.security import HTTPBearer
from pydantic import SecretStr

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, local_operator
from yunzu.services.requests.office import Office, actor_of_token

Key = TypeVar("Key")
Value = TypeVar("Value")

OPERATOR_SCHEME = "Operator"
_TOKEN = re.compile(r"yunzu_[A-Za-z0-9_-]{43}")
_LOGIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REMEMBERED = 10_000  # addresses, and tokens


class UnknownActorError(RefusedError):
    """Nobody has proved who they are. The same sentence for every reason."""

    def __init__(self) -> None:
        super().__init__("token", "is not valid", "an operator, or `yunzu token new`, makes another")


class TooManyAttemptsError(RefusedError):
    """An address has tried too many that are not valid; `wait`: until it may try others."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        subject = "token or one-time code"
        super().__init__(subject, "is one of too many that are not valid", "try again in a minute")


@dataclass
class Attempts:
    """Tokens and one-time codes that were not valid, by address; past `most` in `window` the records are not
    asked any more.

    One that was valid once is looked at all the same, so that nobody behind the same address is shut out
    by a stranger's attempts.
    """

    most: int = 60
    window: timedelta = timedelta(minutes=1)
    _failed: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)
    _known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def admit(self, origin: str, token: str, now: datetime) -> None:
        """Raises TooManyAttemptsError."""
        with self._lock:
            failed = self._failed.get(origin, deque())
            while failed and now - failed[0] >= self.window:
                failed.popleft()
            if len(failed) >= self.most and _digest(token) not in self._known:
                raise TooManyAttemptsError(self.window - (now - failed[0]))

    def note(self, origin: str, token: str, now: datetime, *, valid: bool) -> None:
        """What came of a token or code."""
        with self._lock:
            if valid:
                _remember(self._known, _digest(token), None)
            else:
                failed = self._failed.get(origin, deque(maxlen=self.most))
                failed.append(now)
                _remember(self._failed, origin, failed)


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class Portal:
    """What the application answers from."""

    office: Office
    operator_key: SecretStr
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True)
class Desk:
    """The office, and who comes to it."""

    office: Office
    actor: Actor

    @contextmanager
    def rehearsing(self, dry_run: bool) -> Iterator["Desk"]:
        """The desk itself; on a dry run one at which everything happens, and is undone at the end."""
        if not dry_run:
            yield self
            return
        with self.office.records.rehearsal() as records:
            yield replace(self, office=replace(self.office, records=records))


@dataclass(frozen=True)
class Stranger:
    """The office, and somebody who has yet to prove who they are, at an address."""

    office: Office
    origin: str
    attempts: Attempts

    @contextmanager
    def counted(self, code: str) -> Iterator[None]:
        """What is done with a one-time code: where that is refused, it counts as a wrong token does.

        Raises TooManyAttemptsError before anything is done.
        """
        now = self.office.now()
        self.attempts.admit(self.origin, code, now)
        try:
            yield
        except RefusedError:
            self.attempts.note(self.origin, code, now, valid=False)
            raise
        self.attempts.note(self.origin, code, now, valid=True)


def stranger(request: Request) -> Stranger:
    """Whoever asks, whatever they say of themselves."""
    portal: Portal = request.app.state.portal
    return Stranger(portal.office, _origin(request), portal.attempts)


def desk(request: Request) -> Desk:
    """Raises RefusedError for whoever does not prove who they are."""
    portal: Portal = request.app.state.portal
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == OPERATOR_SCHEME.lower():
        return Desk(portal.office, _operator(request, portal.operator_key, credentials))
    if scheme.lower() == "basic":
        credentials = _password(credentials) if request.method == "GET" else ""
    return Desk(portal.office, _bearer(portal, credentials, _origin(request)))


def _password(credentials: str) -> str:
    """The token where a feed reader has it: in HTTP Basic, under any name. To look only, since browsers send
    that again by themselves, for whatever page asks them to."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _bearer(portal: Portal, token: str, origin: str) -> Actor:
    now = portal.office.now()
    portal.attempts.admit(origin, token, now)
    actor = None
    if _TOKEN.fullmatch(token):
        try:
            actor = actor_of_token(portal.office, token, origin=origin)
        except RefusedError:
            actor = None
    portal.attempts.note(origin, token, now, valid=actor is not None)
    if actor is None:
        raise UnknownActorError
    return actor


def _operator(request: Request, key: SecretStr, credentials: str) -> Actor:
    """The operator of the machine: knows the key that lies in the home, and asks from the machine itself."""
    try:
        login, _, given = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise UnknownActorError from None
    known = hmac.compare_digest(given.encode(), key.get_secret_value().encode())
    server = request.scope.get("server") or ("", None)
    here = _origin(request) in {"127.0.0.1", "::1", server[0]}
    if not (known and here and _LOGIN.fullmatch(login)):
        raise UnknownActorError
    return local_operator(login, socket.gethostname())


def _origin(request: Request) -> str:
    """The caller's address. What a proxy says of others' is not believed."""
    return request.client.host if request.client else ""


Visitor = Annotated[Desk, Depends(desk)]
Caller = Annotated[Stranger, Depends(stranger)]
SECURITY = [Depends(HTTPBearer(auto_error=False, description="A personal token."))]
DryRun = Annotated[bool, Query(description="Answer with what would be, and change nothing.")]
