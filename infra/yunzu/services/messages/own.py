"""Everybody's own: the messages to them, and how they want to be told. There is no way to another's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yunzu.errors import InvalidInputError, NotFoundError, RefusedError
from yunzu.findings import Finding
from yunzu.model.actors import Actor
from yunzu.model.message_preferences import MAIL, Preferences
from yunzu.model.messages import Event
from yunzu.model.proof import refusal_of_change
from yunzu.records import centre, message_preferences, outbox
from yunzu.services.messages.feed import atom, readable
from yunzu.services.messages.rendering import Templates
from yunzu.services.requests.office import Office


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as its reader sees it; `created_at` in UTC."""

    id: str
    event: Event
    title: str
    text: str
    created_at: datetime
    link: str | None


def feed(address: str, *, actor: Actor, office: Office) -> str:
    """The actor's Atom feed; `address`: where it is served. Raises NotFoundError for who has no account."""
    return atom(
        office.records,
        _account(actor),
        centre=centre.identity(office.records),
        address=address,
        templates=Templates(office.zone),
        now=office.now(),
    )


def listed(*, actor: Actor, office: Office) -> list[Shown]:
    """The actor's hundred newest messages, newest first. Raises NotFoundError for who has no account."""
    templates = Templates(office.zone)
    found = []
    for message in outbox.listed(office.records, _account(actor)):
        text = readable(message, templates)
        link = message.payload.get("link")
        found.append(
            Shown(message.delivery.urn, message.event, text.title, text.body, message.created_at, link)
        )
    return found


def preferences(*, actor: Actor, office: Office) -> Preferences:
    """How the actor is told. Raises NotFoundError for who has no account."""
    with office.records.transaction() as connection:
        return message_preferences.find(connection, _account(actor))


def prefer(changes: Mapping[str, Any], *, actor: Actor, office: Office) -> Preferences:
    """Change some of `mail`, `language`, `channels`; of the channels those of the events that are named.

    The values are checked already. Raises InvalidInputError for webhooks that this centre has not,
    NotFoundError for who has no account, RefusedError for who may only look.
    """
    account = _account(actor)
    if why := refusal_of_change(actor):
        raise RefusedError("message preferences", why, "nothing was changed")
    chosen: Mapping[Event, tuple[str, ...]] = changes.get("channels", {})
    if faults := _not_configured(chosen, office.channels):
        raise InvalidInputError("message preferences", faults)
    with office.records.transaction() as connection:
        before = message_preferences.find(connection, account)
        channels = {event: tuple(dict.fromkeys(given)) for event, given in chosen.items()}
        after = before.model_copy(update={**changes, "channels": {**before.channels, **channels}})
        message_preferences.save(connection, after)
    return after


def _not_configured(chosen: Mapping[Event, tuple[str, ...]], configured: frozenset[str]) -> list[Finding]:
    """Mail may be chosen before the centre has a mail server; a webhook that is not there is a slip."""
    known = ", ".join(sorted(configured - {MAIL})) or "none"
    return [
        Finding(
            "body", f"channels.{event}", "unknown-channel", f"{one} is no webhook here; there are: {known}"
        )
        for event, given in chosen.items()
        for one in dict.fromkeys(given)
        if one != MAIL and one not in configured
    ]


def _account(actor: Actor) -> str:
    if actor.authenticated == "local":
        fact = "are told to accounts, and whoever works on the centre's machine without a token has none"
        raise NotFoundError("messages", fact, "log in with your own: `yunzu login --account ACCOUNT`")
    return actor.account
