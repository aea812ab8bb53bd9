"""What is done every minute, whoever asks or does not. A new duty is a line of the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yunzu.services.messages import channels, sending
from yunzu.services.messages.rendering import Templates
from yunzu.services.requests import advancing, delivering
from yunzu.services.requests.office import Office
from yunzu.settings import Settings


@dataclass(frozen=True, slots=True)
class Background:
    """What a duty works with; the clock is the office's."""

    settings: Settings
    office: Office


Duty = Callable[[Background], object]


def _send(with_: Background) -> None:
    office = with_.office
    sending.send_due(
        office.records,
        channels.channels(with_.settings),
        templates=Templates(office.zone),
        now=office.now,
    )


EVERY_MINUTE: Mapping[str, Duty] = {
    "go on": lambda with_: advancing.go_on(with_.office),
    "resume what was extended": lambda with_: advancing.resume_ended(with_.office),
    "queue what has no job": lambda with_: delivering.queue_forgotten(with_.office),
    "tell what is due": lambda with_: advancing.tell_what_is_due(with_.office),
    "send messages": _send,
}
"""Name -> duty. Each runs once a minute and not twice at once, converges, and may be cut short anywhere."""
