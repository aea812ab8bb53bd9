"""The outbox: messages are entered in the transaction that makes them true, and sent afterwards.

At least once: a sender that dies after sending and before saying so leaves the message under way, and the
next one sends it again with the same `delivery`. Never twice at once: `due` counts an attempt before it is
made, and `held` keeps the row locked while it is made, so a sender that was overtaken finds it taken.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from yunzu.model.message_preferences import FEED
from yunzu.model.messages import EVENTS, Event, Language, Payload
from yunzu.model.text import shortened
from yunzu.records import message_preferences
from yunzu.records.database import Records
from yunzu.records.schema import messages as table

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)  # and so the longest wait after a server has come back
MOST_ATTEMPTS = 72  # at these pauses 67 to 84 hours: a mail server dead over a weekend loses nothing
_JITTER = 0.25
_LONGEST_ERROR = 300  # characters
_LONGEST_SUBJECT = 200  # characters


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient by one channel, with how that person wants it; moments are in UTC."""

    id: int
    delivery: UUID
    event: Event
    subject: str
    recipient: str
    channel: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int  # the present one included
    last_error: str | None
    address: str | None
    language: Language


def enqueue(connection: Connection, event: Event, payload: Payload, *, subject: str, recipient: str) -> int:
    """Enter a message for each channel that the recipient wants for this event; how many of them are new.

    `subject` names the occurrence: entering the same event, subject and recipient again adds nothing. What
    can recur has to carry what tells one time from the next, such as `NT20261123-0007/review/2` or
    `health/cpu/2026-11`. Raises TypeError for a payload of another event, ValueError for a subject that is
    empty, too long or unprintable.
    """
    if type(payload) is not EVENTS[event]:
        raise TypeError(f"the event {event} takes {EVENTS[event].__name__}, not {type(payload).__name__}")
    if not subject.isprintable() or not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise ValueError(f"the subject of a message is 1 to {_LONGEST_SUBJECT} printable characters")
    preferences = message_preferences.find(connection, recipient)
    document = payload.model_dump(mode="json")
    new = 0
    for channel in preferences.channels_for(event):
        entry = insert(table).values(
            event=event, subject=subject, recipient=recipient, channel=channel, payload=document
        )
        # Who reads the feed fetches it: there is nothing to send.
        entry = entry.values({"sent_at" if channel == FEED else "next_attempt_at": func.now()})
        once = entry.on_conflict_do_nothing(constraint="messages_once").returning(table.c.id)
        new += len(connection.execute(once).all())
    return new


def due_channels(records: Records, now: datetime) -> list[str]:
    """The channels by which something is to be sent now."""
    query = select(table.c.channel).where(table.c.next_attempt_at <= now).distinct()
    with records.transaction() as connection:
        return sorted(connection.execute(query).scalars())


def due(
    records: Records, now: datetime, *, channel: str, jitter: Callable[[], float] = random.random
) -> Message | None:
    """Claim the message of that channel that has waited longest; None when none is due.

    The attempt counts from here, so that a message whose sending ends the sender is given up in the end,
    too; another sender may claim it again after a pause. `jitter` gives numbers from 0 to 1.
    """
    query = (
        select(table.c.id, table.c.attempts)
        .where(table.c.channel == channel, table.c.next_attempt_at <= now)
        .order_by(table.c.next_attempt_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with records.transaction() as connection:
        found = connection.execute(query).one_or_none()
        if found is None:
            return None
        attempts = found.attempts + 1
        change = update(table).where(table.c.id == found.id).returning(*_columns())
        values = {"attempts": attempts, "next_attempt_at": now + pause(attempts, jitter())}
        row = connection.execute(change.values(values)).mappings().one()
        chosen = message_preferences.find(connection, row["recipient"])
        return Message(**row, address=chosen.mail, language=chosen.language)


@contextmanager
def held(records: Records, message: Message) -> Iterator[Connection | None]:
    """The transaction in which a claimed message is sent and marked; nobody else can claim it meanwhile.

    Gives None when the claim is no longer ours: it was overtaken, and must not be sent. It waits for a lock
    rather than skip it: `due` of another sender locks a row that was claimed under it, looks and lets go.
    """
    query = select(table.c.id).where(
        table.c.id == message.id,
        table.c.attempts == message.attempts,
        table.c.next_attempt_at.is_not(None),
    )
    with records.transaction() as connection:
        ours = connection.execute(query.with_for_update()).first()
        yield connection if ours else None


def sent(connection: Connection, message: Message, at: datetime) -> None:
    """The other side has taken it."""
    _end(connection, message, next_attempt_at=None, sent_at=at, last_error=None)


def postponed(
    connection: Connection,
    message: Message,
    reason: str,
    at: datetime,
    jitter: Callable[[], float] = random.random,
) -> None:
    """It was not taken this time; the next attempt is after a pause. `reason` holds no secret."""
    again = at + pause(message.attempts, jitter())
    _end(connection, message, next_attempt_at=again, last_error=shortened(reason, _LONGEST_ERROR))


def abandoned(connection: Connection, message: Message, reason: str, at: datetime) -> None:
    """It will never be sent. `reason` holds no secret."""
    error = shortened(reason, _LONGEST_ERROR)
    _end(connection, message, next_attempt_at=None, failed_at=at, last_error=error)


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many attempts: doubled each time up to an hour, and up to a quarter more."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return min(doubled, LONGEST_PAUSE) * (1 + _JITTER * jitter)


def listed(records: Records, recipient: str, *, limit: int = 100) -> list[Message]:
    """The newest messages of one person's feed, newest first."""
    query = (
        select(*_columns())
        .where(table.c.recipient == recipient, table.c.channel == FEED)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    with records.transaction() as connection:
        chosen = message_preferences.find(connection, recipient)
        rows = connection.execute(query).mappings()
        return [Message(**row, address=chosen.mail, language=chosen.language) for row in rows]


def _columns() -> list[Any]:
    left_out = {"next_attempt_at", "sent_at", "failed_at"}
    return [column for column in table.c if column.name not in left_out]


def _end(connection: Connection, message: Message, **values: object) -> None:
    connection.execute(update(table).where(table.c.id == message.id).values(**values))
