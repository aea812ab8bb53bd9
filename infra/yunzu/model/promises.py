"""The promise (承诺) of one case: when its clock runs, when it stands, and when the case is due.

An office cannot better its figures here by waiting: whoever does not answer a submission within one
working day has accepted it as of the submission (逾期视为受理), a pause that begins after the due moment
moves nothing, and what an extension exceeds of ten working days does not stop the clock.
Source: GB/T 39046-2020, 承诺办结时限 and 特别程序.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal

from yunzu.model.limits import Limit
from yunzu.model.working_time import Interval, WorkingTime, clipped, in_utc, merged

CaseKind = Literal["instant", "promised"]
"""即办件, which runs at once, and 承诺件, whose clock waits for the office to open."""

PauseKind = Literal["extension", "other", "correction"]
"""延长审批 (特别程序 1), any other 特别程序 (2), and 补正: returned to the applicant."""

ACCEPTANCE_LIMIT = Limit(n=1, unit="workday")
EXTENSION_LIMIT = Limit(n=10, unit="workday")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stands, half-open; `ended_at` None: it still does.

    An extension is an approved span: it counts to its end as soon as it is approved. Raises ValueError
    for a naive moment, an end before the start, no reason, or an extension that nobody approved.
    """

    kind: PauseKind
    reason: str
    started_at: datetime
    ended_at: datetime | None = None
    approved_by: str | None = None

    def __post_init__(self) -> None:
        start = in_utc(self.started_at)
        if self.ended_at is not None and in_utc(self.ended_at) < start:
            raise ValueError(f"the pause ends at {self.ended_at}, before it starts at {self.started_at}")
        if not self.reason.strip():
            raise ValueError("the pause has no reason; 启动理由或依据 is required")
        if self.kind == "extension" and not (self.approved_by or "").strip():
            raise ValueError("the extension has no approver; 延长审批 is somebody's decision")

    def under_way(self, now: datetime) -> bool:
        """Whether it has begun at `now` and has not ended."""
        begun = in_utc(self.started_at) <= in_utc(now)
        return begun and (self.ended_at is None or in_utc(now) < in_utc(self.ended_at))

    def until(self, now: datetime) -> Interval:
        """When the clock stands as far as is known at `now`; empty if the pause begins later."""
        start, now = in_utc(self.started_at), in_utc(now)
        if self.ended_at is None:
            return start, now
        return start, in_utc(self.ended_at) if self.kind == "extension" else min(in_utc(self.ended_at), now)


def _extensions(pauses: Iterable[Pause], now: datetime) -> tuple[Interval, ...]:
    return merged(pause.until(now) for pause in pauses if pause.kind == "extension")


def _extension_limit(extensions: tuple[Interval, ...], clock: WorkingTime) -> timedelta:
    """Ten working days as office time, in the hours of the year in which the first one begins."""
    return EXTENSION_LIMIT.n * clock.office_day(clock.day_of(extensions[0][0]))


def extension_excess(pauses: Iterable[Pause], clock: WorkingTime, now: datetime) -> timedelta:
    """Office time by which the extensions together exceed ten working days; what is left is negative.

    A service refuses to record an extension that makes it positive.
    """
    extensions = _extensions(pauses, now)
    if not extensions:
        return -EXTENSION_LIMIT.n * clock.office_day(clock.day_of(now))
    taken = sum((clock.working_time(*one) for one in extensions), timedelta())
    return taken - _extension_limit(extensions, clock)


def standing(pauses: Iterable[Pause], clock: WorkingTime, now: datetime) -> tuple[Interval, ...]:
    """When the clock stands, merged: pauses that overlap or were cut into pieces count once.

    Of the extensions, the first ten working days count in sum.
    """
    pauses = tuple(pauses)
    extensions = _extensions(pauses, now)
    left = _extension_limit(extensions, clock) if extensions else timedelta()
    counted = []
    for start, end in extensions:
        taken = clock.working_time(start, end)
        counted.append((start, end if taken <= left else clock.advance(start, left)))
        left = max(left - taken, timedelta())
    return merged(chain(counted, (pause.until(now) for pause in pauses if pause.kind != "extension")))


def _moved(due: datetime, limit: Limit, stops: Iterable[Interval], clock: WorkingTime) -> datetime:
    """The due moment after each stop in order. One that begins later moves nothing: it was overdue then."""
    for start, end in stops:
        if start > in_utc(due):
            break
        if limit.unit == "workday":
            due = clock.advance(due, clock.working_time(start, end))
        else:
            due = (in_utc(due) + (end - start)).astimezone(clock.zone)
    return due


def acceptance_due(
    submitted_at: datetime, now: datetime, clock: WorkingTime, pauses: Iterable[Pause] = ()
) -> datetime:
    """Until when the office must answer a submission: one working day, while it is not 补正."""
    returned = (pause.until(now) for pause in pauses if pause.kind == "correction")
    stops = clipped(returned, submitted_at, now)
    return _moved(clock.due(submitted_at, ACCEPTANCE_LIMIT), ACCEPTANCE_LIMIT, stops, clock)


def effective_acceptance(
    submitted_at: datetime,
    accepted_at: datetime | None,
    now: datetime,
    clock: WorkingTime,
    pauses: Iterable[Pause] = (),
) -> datetime | None:
    """受理: since when a case counts as accepted, as far as is known at `now`; None: not yet.

    逾期视为受理: without an answer in time it is accepted as of the submission, whatever was recorded later.
    Raises ValueError for naive moments and for an acceptance before the submission.
    """
    if accepted_at is not None and in_utc(accepted_at) < in_utc(submitted_at):
        raise ValueError(f"accepted at {accepted_at}, before it was submitted at {submitted_at}")
    if in_utc(now) < in_utc(submitted_at):
        return None
    answered = accepted_at is not None and in_utc(accepted_at) <= in_utc(now)
    due = acceptance_due(submitted_at, now, clock, pauses)
    if in_utc(accepted_at if accepted_at and answered else now) > in_utc(due):
        return submitted_at
    return accepted_at if answered else None


@dataclass(frozen=True, slots=True)
class Promise:
    """A limit that runs for one case since it was accepted.

    Limits in working days are measured in office time, those in hours and minutes on the wall clock.
    Moments must be timezone-aware: the methods raise ValueError for others.
    """

    kind: CaseKind
    limit: Limit
    accepted_at: datetime
    pauses: tuple[Pause, ...] = ()

    def starts_at(self, clock: WorkingTime) -> datetime:
        """An instant item runs at once, a promised one from the next opening of the office."""
        if self.kind == "instant":
            return in_utc(self.accepted_at).astimezone(clock.zone)
        return clock.next_opening(self.accepted_at)

    def due_at(self, clock: WorkingTime, now: datetime) -> datetime:
        """承诺办结时间 as it is at `now`, moved by the time that the clock has stood.

        Working days count from the day of acceptance also where the office opens on a later one: who
        accepts after hours gains no day.
        """
        by_day = self.limit.unit == "workday"
        due = clock.due(self.accepted_at if by_day else self.starts_at(clock), self.limit)
        return _moved(due, self.limit, self._stops(clock, now), clock)

    def used(self, clock: WorkingTime, until: datetime) -> timedelta:
        """Time used up to `until`, without pauses; in office time or on the wall clock as the limit is."""
        stops = self._stops(clock, until)
        if self.limit.unit == "workday":
            return clock.working_time(self.accepted_at, until, stops)
        start, end = in_utc(self.starts_at(clock)), in_utc(until)
        stood = sum((b - a for a, b in clipped(stops, start, end)), timedelta())
        return max(end - start, timedelta()) - stood

    def length(self, clock: WorkingTime) -> timedelta:
        """The promised time in the measure of `used`: a working day is its office hours."""
        if self.limit.unit != "workday":
            return timedelta(**{f"{self.limit.unit}s": self.limit.n})
        return self.limit.n * clock.office_day(clock.day_of(self.accepted_at))

    def _stops(self, clock: WorkingTime, now: datetime) -> tuple[Interval, ...]:
        start = in_utc(self.starts_at(clock))
        return merged((max(a, start), b) for a, b in standing(self.pauses, clock, now))
