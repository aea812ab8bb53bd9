"""A message made ready for one recipient and one channel, and what a channel is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from yunzu.model.messages import Event, Language


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. An attempt repeated has the same `delivery`, by which a receiver knows it again."""

    delivery: UUID
    event: Event
    subject: str
    recipient: str  # account
    address: str | None  # mail address, where the recipient gave one
    language: Language
    created_at: datetime
    title: str
    text: str
    payload: Mapping[str, Any]  # JSON values


class Channel(Protocol):
    """A way to a recipient: mail, or the webhook of another system."""

    def send(self, letter: Letter, now: datetime) -> None:
        """Hand the letter over; returning means that the other side has taken it.

        Raises UnreachableError when the channel as a whole does not work now, RefusedError when this
        letter can never be taken, YunzuError when it was not taken this time.
        """
