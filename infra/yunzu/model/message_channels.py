"""The channels that an operator configures: the mail server and the webhooks, parsed where they enter."""

import base64
import binascii
import re
from email.utils import getaddresses
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from yunzu.errors import UsageError
from yunzu.model.message_preferences import WEBHOOK, mail_address
from yunzu.model.messages import presentable

_SECRET = "whsec_"  # noqa: S105 - the prefix that Standard Webhooks gives to secrets
_URL_FORM = "write smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465"


class MailServer(BaseModel):
    """An SMTP server that takes the centre's mails; the connection to it is always encrypted."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str
    port: int
    implicit_tls: bool  # otherwise STARTTLS
    user: str | None
    password: SecretStr
    sender: str  # mail address
    sender_name: str
    ca: Path | None = None  # None: the system's authorities


def mail_server(url: SecretStr, sender: str | None, ca: Path | None) -> MailServer:
    """From the settings. Raises UsageError; no error repeats the URL, which may hold a password."""
    try:
        parts = urlsplit(url.get_secret_value())
        port = parts.port
    except ValueError:
        raise UsageError("smtp_url", "is not a URL", _URL_FORM) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError("smtp_url", "is not the address of a mail server", _URL_FORM)
    implicit = parts.scheme == "smtps"
    name, address = _sender(sender)
    return MailServer(
        host=parts.hostname,
        port=port or (465 if implicit else 587),
        implicit_tls=implicit,
        user=unquote(parts.username) if parts.username else None,
        password=SecretStr(unquote(parts.password or "")),
        sender=address,
        sender_name=name,
        ca=ca.absolute() if ca else None,
    )


def _sender(sender: str | None) -> tuple[str, str]:
    """Whose name and address mails bear. Raises UsageError when it is missing or none."""
    advice = "write an address, or '云租 <yunzu@city.example>'"
    if not sender:
        raise UsageError("smtp_from", "is missing, and smtp_url is set", advice)
    try:
        ((name, address),) = getaddresses([sender])
        return presentable(name), mail_address(address)
    except ValueError:
        raise UsageError("smtp_from", "is not one mail address", advice) from None


def signing_secret(secret: SecretStr) -> SecretStr:
    """A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. Raises ValueError."""
    signing_key(secret)
    return secret


def signing_key(secret: SecretStr) -> bytes:
    """The key that a secret of Standard Webhooks stands for. Raises ValueError, which does not repeat it."""
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(_SECRET), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_SECRET) or not 24 <= len(key) <= 64:
        raise ValueError(
            "is not a webhook's secret: `whsec_` and 24 to 64 random bytes in base64, as "
            "`echo whsec_$(openssl rand -base64 32)` makes one"
        )
    return key


def target_url(url: SecretStr) -> SecretStr:
    """Where a webhook is. Secret, since many systems put a key into it. Raises ValueError."""
    fault = ValueError("is not https://host/path; messages go nowhere unencrypted")
    try:
        parts = urlsplit(url.get_secret_value())
        named = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise fault from None
    text = url.get_secret_value()
    if (
        parts.scheme != "https"
        or not named
        or "@" in parts.netloc
        or parts.fragment
        or re.search(r"\s", text)
    ):
        raise fault
    return url


class Webhook(BaseModel):
    """Another system that messages are posted to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(target_url)]
    secret: Annotated[SecretStr, AfterValidator(signing_secret)]
    ca: Path | None = None  # None: the public authorities

    @property
    def host(self) -> str:
        """What errors call it: its host, and no more of its address."""
        return urlsplit(self.url.get_secret_value()).hostname or ""


def webhook_name(name: str) -> str:
    """What an operator calls a webhook. Raises ValueError."""
    if not WEBHOOK.fullmatch(f"webhook/{name}"):
        raise ValueError("is not a webhook's name: at most 30 lower-case letters, digits and hyphens")
    return name
