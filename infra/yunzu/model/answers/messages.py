"""A person's messages, and how they want to be told, as the centre takes and answers it."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from yunzu.model.answers.common import Answer, Moment, Words
from yunzu.model.message_preferences import SendingChannel, mail_address
from yunzu.model.messages import Event, Language


class PreferenceWords(Words):
    """What changes; what is left out stays as it is.

    `mail`: address, null for none. `channels`: event -> what is sent besides the feed; an empty list is
    nothing. An event that is not in it keeps its channels.
    """

    mail: Annotated[str, AfterValidator(mail_address)] | None = None
    language: Language = "zh"
    channels: Mapping[Event, Annotated[tuple[SendingChannel, ...], Field(max_length=20)]] = {}


class MessageAnswer(Answer):
    """One message in its reader's language. `id`: that of its entry in the feed; `text` has several lines."""

    id: str
    event: Event
    title: str
    text: str
    created_at: Moment
    link: str | None


class MessagesAnswer(Answer):
    """Messages, newest first."""

    items: tuple[MessageAnswer, ...]


class PreferencesAnswer(Answer):
    """How somebody is told. `channels`: of every event, what is sent besides the feed; mail only where there
    is an address. `configured`: by which channels this centre sends."""

    account: str
    mail: str | None
    language: Language
    channels: Mapping[Event, tuple[str, ...]]
    configured: tuple[str, ...]
    dry_run: bool
