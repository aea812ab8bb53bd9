"""使用权 over time: where a lease stands on a day, and what that asks for. Pure.

A right of use lasts through its last day. After it, dev and test environments are suspended; production
waits for an operator, who has it suspended or tolerates it for a time. What is suspended is held for some
days, and may then be reclaimed by request. Data are never erased by any of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from yunzu.model.actors import Actor
from yunzu.model.manifests import Stage
from yunzu.model.proof import refusal_of_change, refusal_of_unconfirmed

NOTICE_DAYS = (30, 7, 1)
"""So many days before its last day people are told, once each."""

HOLD_DAYS = 30
"""So long a suspended environment is held unless the settings say otherwise."""

Standing = Literal["current", "ending", "tolerated", "ended", "held", "reclaimable"]

STANDING_NAMES: Mapping[Standing, str] = {
    "current": "有效",
    "ending": "即将到期",
    "tolerated": "到期暂缓",
    "ended": "已到期",
    "held": "保留期",
    "reclaimable": "可回收",
}

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tenure:
    """A right to use one environment: its last day, since when it is suspended, until when the centre
    tolerates that it has ended. None: not suspended, not tolerated."""

    environment: str
    stage: Stage
    until: date
    suspended_on: date | None = None
    tolerated_until: date | None = None

    def standing(self, day: date, hold_days: int) -> Standing:
        """Where it stands on a day."""
        if day <= self.until:
            return "ending" if self.days_left(day) <= max(NOTICE_DAYS) else "current"
        if self.tolerated_until is not None and day <= self.tolerated_until:
            return "tolerated"
        held_until = self.held_until(hold_days)
        if held_until is None:
            return "ended"
        return "held" if day <= held_until else "reclaimable"

    def days_left(self, day: date) -> int:
        """Days to the last one: 0 on it, negative after it."""
        return (self.until - day).days

    def has_ended(self, day: date) -> bool:
        """Whether nobody has the right to use it any more, not even by toleration."""
        return day > max(self.until, self.tolerated_until or self.until)

    def held_until(self, hold_days: int) -> date | None:
        """The last day on which it is held; None while it is not suspended.

        The hold begins with the suspension, and not before the right, or its toleration, has ended.
        """
        if self.suspended_on is None:
            return None
        ended = max(self.until, self.tolerated_until or self.until)
        return max(ended + _DAY, self.suspended_on) + timedelta(days=hold_days) - _DAY

    def due(self, day: date, hold_days: int) -> date:
        """The day by which somebody has to do something: the list's order."""
        standing = self.standing(day, hold_days)
        held_until = self.held_until(hold_days)
        if standing == "tolerated" and self.tolerated_until is not None:
            return self.tolerated_until
        if standing in ("held", "reclaimable") and held_until is not None:
            return held_until
        return self.until

    def notice(self, day: date) -> int | None:
        """The notice that is due: how many days before the end it is called after; None before the first.

        Whoever looks rarely gives the latest one only.
        """
        if day > self.until:
            return None
        return min((days for days in NOTICE_DAYS if self.days_left(day) <= days), default=None)


def refusal_about_leases(actor: Actor, at: datetime) -> str | None:
    """Why the actor may not confirm a suspension, tolerate a lease that has ended, or open a campaign."""
    if why := refusal_of_change(actor):
        return why
    if not actor.is_officer or "operator" not in actor.roles:
        return "only an operator does that"
    return refusal_of_unconfirmed(actor, at)
