"""The channels that the settings configure."""

from pathlib import Path

from yunzu.clients.smtp import MailChannel
from yunzu.clients.webhook import WebhookChannel
from yunzu.errors import UsageError
from yunzu.model.letters import Channel
from yunzu.model.message_channels import mail_server
from yunzu.model.message_preferences import MAIL
from yunzu.settings import Settings


def channels(settings: Settings) -> dict[str, Channel]:
    """By the name that preferences and messages give them.

    Raises UsageError when the mail server is not completely configured, or a CA's file is not there.
    """
    made: dict[str, Channel] = {}
    if settings.smtp_url is not None:
        _require_file("smtp_ca", settings.smtp_ca)
        made[MAIL] = MailChannel(mail_server(settings.smtp_url, settings.smtp_from, settings.smtp_ca))
    for name, target in settings.webhooks.items():
        _require_file(f"webhooks.{name}.ca", target.ca)
        made[f"webhook/{name}"] = WebhookChannel(name, target)
    return made


def _require_file(setting: str, ca: Path | None) -> None:
    if ca is not None and not ca.is_file():
        raise UsageError(setting, f"{ca} is not a file", "name the CA's certificate in PEM, or leave it out")
