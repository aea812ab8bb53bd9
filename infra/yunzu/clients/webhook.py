"""Messages posted to another system, signed as Standard Webhooks 1.0 describe.

Signed is `<webhook-id>.<webhook-timestamp>.<body>` with HMAC-SHA256; the id is the same at each attempt, the
timestamp is the attempt's. Redirects are not followed: whoever answers for the configured address may not
pass messages on to another. Addresses inside the office network are what this is for, so they are allowed;
only the operator's settings name any. Source: github.com/standard-webhooks/standard-webhooks, spec.
"""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import certifi
import urllib3

from yunzu import naming
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.letters import Letter
from yunzu.model.message_channels import Webhook, signing_key

_TIMEOUT_S = 15.0  # to connect, and for each part of the answer
_OVERLOADED = (429, 502, 503, 504)


def body(letter: Letter) -> bytes:
    """The JSON document: the facts, and the text in the recipient's language for who only passes it on."""
    document = {
        "type": letter.event,
        "timestamp": letter.created_at.astimezone(UTC).isoformat(),
        "data": {
            "subject": letter.subject,
            "recipient": letter.recipient,
            "language": letter.language,
            "title": letter.title,
            "text": letter.text,
            "payload": dict(letter.payload),
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signature(key: bytes, identifier: str, timestamp: int, content: bytes) -> str:
    """Value of the header `webhook-signature`; `timestamp` in seconds since the epoch."""
    signed = f"{identifier}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class WebhookChannel:
    """Posts letters to one configured address."""

    def __init__(self, name: str, target: Webhook, *, timeout: float = _TIMEOUT_S) -> None:
        self._name = f"webhook {name} at {target.host}"
        self._target = target
        self._key = signing_key(target.secret)
        self._pool = urllib3.PoolManager(
            ca_certs=certifi.where() if target.ca is None else str(target.ca),
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
            retries=False,
        )

    def send(self, letter: Letter, now: datetime) -> None:
        """Returns when the other system has answered 2xx. Raises as `Channel.send` does."""
        content, identifier, timestamp = (
            body(letter),
            naming.delivery_id(letter.delivery),
            int(now.timestamp()),
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "yunzu",
            "webhook-id": identifier,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._key, identifier, timestamp, content),
        }
        url = self._target.url.get_secret_value()
        with self._translated():
            answer = self._pool.urlopen(
                "POST", url, body=content, headers=headers, redirect=False, preload_content=False
            )
            answer.close()  # what it says besides its status is of no use to us, however long it is
        self._raise_for(answer.status)

    def _raise_for(self, status: int) -> None:
        if 200 <= status < 300:
            return
        if status in _OVERLOADED:
            raise UnreachableError(self._name, f"answered {status}: not now")
        if 300 <= status < 400:
            raise YunzuError(
                self._name, f"answered {status}, a redirect", "configure the address it leads to"
            )
        raise YunzuError(self._name, f"answered {status}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(self._name, f"does not answer ({_cause(error)})") from error


def _cause(error: BaseException | None) -> str:
    """What the system said, or else the error's class: urllib3's own texts hold the address."""
    seen = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {seen.verify_message}"
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__
