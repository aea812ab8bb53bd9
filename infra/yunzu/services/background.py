"""What is done every minute, whoever asks or does not. A new duty is a line of the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yunzu.errors import YunzuError
from yunzu.services import quota_warnings
from yunzu.services.jobs import asking as jobs
from yunzu.services.leases import automation, campaigns
from yunzu.services.messages import channels, sending
from yunzu.services.messages.rendering import Templates
from yunzu.services.requests import advancing, queueing
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


def _suspend(with_: Background) -> None:
    """Raises YunzuError about what could not be dealt with, once all else is."""
    found = automation.suspend_ended(with_.office)
    queueing.queue_failed(found.undelivered, with_.office)
    if found.problems:
        raise YunzuError("leases that have ended", "; ".join(found.problems.values()))


EVERY_MINUTE: Mapping[str, Duty] = {
    "go on": lambda with_: advancing.go_on(with_.office),
    "resume what was extended": lambda with_: advancing.resume_ended(with_.office),
    "queue what has no job": lambda with_: queueing.queue_forgotten(with_.office),
    "tell what is due": lambda with_: advancing.tell_what_is_due(with_.office),
    "tell of leases": lambda with_: automation.give_notice(with_.office),
    "suspend what has ended": _suspend,
    "take away what has ended": lambda with_: queueing.queue_ended(with_.office),
    "remind of campaigns": lambda with_: campaigns.remind(with_.office),
    "warn of quotas": lambda with_: quota_warnings.warn(with_.office),
    "send messages": _send,
    "forget jobs": lambda with_: jobs.forget(with_.office),
}
"""Name -> duty. Each runs once a minute and not twice at once, converges, and may be cut short anywhere."""
