"""What is due is sent. Run by a worker every minute, by several at once if need be."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError
from sqlalchemy import Connection

from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.letters import Channel, Letter
from yunzu.model.messages import payload_of
from yunzu.records import outbox
from yunzu.records.database import Records
from yunzu.services.messages.rendering import Templates

Outcome = Literal["sent", "postponed", "abandoned", "overtaken"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How the attempts of one run ended; `overtaken` ones are another sender's now."""

    sent: int = 0
    postponed: int = 0
    abandoned: int = 0
    overtaken: int = 0


def send_due(
    records: Records,
    channels: Mapping[str, Channel],
    *,
    templates: Templates,
    now: Callable[[], datetime],
    limit: int = 100,
) -> Counts:
    """Send what is due by all channels in turn, at most `limit` attempts.

    A channel that does not answer is left alone for the rest of the run, so it costs the others one
    timeout. Raises UnreachableError when the records do not answer; what was claimed is due again later.
    """
    counts: Counter[str] = Counter()
    turns = deque(outbox.due_channels(records, now()))
    while turns and counts.total() < limit:
        name = turns.popleft()
        message = outbox.due(records, now(), channel=name)
        if message is None:
            continue
        attempt = _Attempt(message, channels.get(name) or Unconfigured(name), templates, now)
        with outbox.held(records, message) as connection:
            counts["overtaken" if connection is None else attempt.make(connection)] += 1
        if not attempt.channel_failed:
            turns.append(name)
    return Counts(**counts)


class Unconfigured:
    """Stands for a channel that the settings do not name, or no longer."""

    def __init__(self, name: str) -> None:
        self._name = name

    def send(self, letter: Letter, now: datetime) -> None:  # noqa: ARG002 - the signature is Channel's
        raise UnreachableError(f"channel {self._name}", "is not configured")


class _Attempt:
    """One attempt at one claimed message."""

    def __init__(
        self,
        message: outbox.Message,
        channel: Channel,
        templates: Templates,
        now: Callable[[], datetime],
    ) -> None:
        self._message = message
        self._channel = channel
        self._templates = templates
        self._now = now
        self.channel_failed = False

    def make(self, connection: Connection) -> Outcome:
        """Send, and mark how it went in the transaction that holds the message."""
        message = self._message
        if message.attempts > outbox.MOST_ATTEMPTS:
            # Here and not after the last failure: a message that ends its sender has none to speak of.
            return self._abandon(connection, message.last_error or "no attempt came to an end")
        try:
            self._channel.send(letter(message, self._templates), self._now())
        except RefusedError as error:
            return self._abandon(connection, str(error))
        except UnreachableError as error:
            self.channel_failed = True
            return self._postpone(connection, str(error))
        except YunzuError as error:
            return self._postpone(connection, str(error))
        except Exception as error:  # a message that no code foresaw must not hold up all others
            return self._postpone(connection, f"{type(error).__name__}; its text may hold anything")
        outbox.sent(connection, message, self._now())
        return "sent"

    def _postpone(self, connection: Connection, reason: str) -> Outcome:
        outbox.postponed(connection, self._message, reason, self._now())
        return "postponed"

    def _abandon(self, connection: Connection, reason: str) -> Outcome:
        outbox.abandoned(connection, self._message, reason, self._now())
        return "abandoned"


def letter(message: outbox.Message, templates: Templates) -> Letter:
    """The message made ready for its recipient. Raises YunzuError when it does not fit its template."""
    try:
        payload = payload_of(message.event, message.payload)
    except ValidationError as error:
        keys = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        fact = f"holds other facts than its event ({keys})"
        raise YunzuError(f"message {message.event} {message.subject}", fact) from error
    text = templates.render(message.event, payload, message.language)
    return Letter(
        delivery=message.delivery,
        event=message.event,
        subject=message.subject,
        recipient=message.recipient,
        address=message.address,
        language=message.language,
        created_at=message.created_at,
        title=text.title,
        text=text.body,
        payload=message.payload,
    )
