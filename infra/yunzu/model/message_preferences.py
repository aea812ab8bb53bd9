"""How a person wants to be told: by which channels about which event, and in which language.

Every message stands in the person's Atom feed, whatever they chose, so that nobody misses one because a
mail address is wrong. What is chosen here is what is sent besides.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from yunzu.model.identifiers import Identifier
from yunzu.model.messages import Event, Language

FEED = "feed"
MAIL = "mail"
WEBHOOK = re.compile(r"webhook/[a-z][a-z0-9-]{0,29}")

# HTML's `valid e-mail address` (4.10.5.1.5), with the lengths of RFC 5321 4.5.3.1.
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def mail_address(value: str) -> str:
    """An address such as `wang@health.example`, ASCII only. Raises ValueError."""
    if len(value) > 254 or not _MAIL.fullmatch(value):
        raise ValueError("is not a mail address, for example 'wang@health.example'")
    return value


def sending_channel(value: str) -> str:
    """`mail`, or `webhook/` and the name the operator gave it. Raises ValueError."""
    if value != MAIL and not WEBHOOK.fullmatch(value):
        raise ValueError("is not a channel: write 'mail', or 'webhook/office' for the webhook called office")
    return value


SendingChannel = Annotated[str, AfterValidator(sending_channel)]


class Preferences(BaseModel):
    """One person's choice. `channels` says, for an event, what is sent besides the feed; an event that is
    not in it goes by mail, if there is an address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Identifier
    mail: Annotated[str, AfterValidator(mail_address)] | None = None
    language: Language = "zh"
    channels: Mapping[Event, tuple[SendingChannel, ...]] = {}

    def chosen_for(self, event: Event) -> tuple[str, ...]:
        """What is sent besides the feed, if it can be: mail where nothing was chosen."""
        return self.channels.get(event, (MAIL,))

    def channels_for(self, event: Event) -> tuple[str, ...]:
        """Each channel once, the feed first; mail only where there is an address."""
        wanted = dict.fromkeys((FEED, *self.chosen_for(event)))
        return tuple(channel for channel in wanted if channel != MAIL or self.mail is not None)
