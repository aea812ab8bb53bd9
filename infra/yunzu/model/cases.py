"""A case (办件) as the figures see it, and what it is judged by at the end of a period.

Figures are computed from the moments of a case, not from what was recorded about them, and know nothing
that happened after the period: an auditor who runs a report again gets the same one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from yunzu.model.limits import Limit
from yunzu.model.promises import CaseKind, Pause, Promise, effective_acceptance
from yunzu.model.working_time import WorkingTime, in_utc

Result = Literal["granted", "denied", "refused", "withdrawn", "abandoned", "open"]
"""准予, 不予许可, 不予受理, 撤回, 终止 (granted, and given up before it was delivered), and 办理中."""


@dataclass(frozen=True, slots=True)
class Case:
    """One 办件. Raises ValueError for naive moments and for facts that contradict each other.

    `done_at` is when the delivered thing passed its probe, or when the case ended otherwise. `shortest`
    is the shortest promise that was ever in force for the item. `rating` is 满意度: 1 very satisfied to
    5 very dissatisfied (GB/T 39046-2020). `applicant` asked for it, about `subject`.
    """

    number: str
    department: str
    item: str
    kind: CaseKind
    submitted_at: datetime
    promised: Limit
    statutory: Limit
    shortest: Limit
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    result: Result = "open"
    pauses: tuple[Pause, ...] = ()
    rating: int | None = None
    applicant: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        submitted = in_utc(self.submitted_at)
        for name, moment in (("accepted", self.accepted_at), ("due", self.due_at), ("done", self.done_at)):
            if moment is not None and in_utc(moment) < submitted:
                raise ValueError(f"{self.number}: {name} at {moment}, before it was submitted")
        if (self.done_at is None) != (self.result == "open"):
            raise ValueError(f"{self.number}: is {self.result} and done at {self.done_at}")
        if self.rating is not None and not 1 <= self.rating <= 5:
            raise ValueError(f"{self.number}: 满意度 {self.rating} is not from 1 to 5")


@dataclass(frozen=True, slots=True)
class Period:
    """A time that is reported on, half-open, as known at `known_at`: a report may run before its end."""

    start: datetime
    end: datetime
    known_at: datetime

    @classmethod
    def month(cls, year: int, month: int, zone: tzinfo, now: datetime) -> "Period":
        """A calendar month in the centre's zone. Raises ValueError for a month that does not exist."""
        following = (year + 1, 1) if month == 12 else (year, month + 1)
        start, end = datetime(year, month, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)
        return cls(in_utc(start), in_utc(end), in_utc(now))

    @property
    def as_of(self) -> datetime:
        """The last moment of which the report knows."""
        return min(in_utc(self.end), in_utc(self.known_at))

    def holds(self, moment: datetime | None) -> bool:
        """Whether something happened in the period and is known of."""
        return moment is not None and in_utc(self.start) <= in_utc(moment) and self.knows(moment)

    def knows(self, moment: datetime | None) -> bool:
        """Whether something happened before the period's end and is known of."""
        if moment is None:
            return False
        return in_utc(moment) < in_utc(self.end) and in_utc(moment) <= in_utc(self.known_at)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case as of the end of a period: its outcome then, when it was due, what it used and had."""

    case: Case
    outcome: Result
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime
    """When it was done, or the end of what is known."""
    used: timedelta
    promised: timedelta
    shortest_used: timedelta
    """Used in the measure of the shortest promise, which may be minutes where the present one is days."""
    shortest: timedelta
    pauses: tuple[Pause, ...]
    """Those that had begun by then."""

    @property
    def returned(self) -> bool:
        """Whether it was sent back to the applicant (补正)."""
        return any(pause.kind == "correction" for pause in self.pauses)

    @property
    def decided(self) -> bool:
        """Whether it counts for punctuality: delivered, denied, or given up, which also end the case."""
        return self.outcome in ("granted", "denied", "abandoned")

    @property
    def past_due(self) -> bool:
        """Whether it was done, or is still open, after it was due. A promise given up is not kept."""
        if self.outcome == "abandoned":
            return True
        if self.due_at is None:
            return False
        ended, due = in_utc(self.ended_at), in_utc(self.due_at)
        return ended > due


def due(case: Case, accepted_at: datetime, clock: WorkingTime, now: datetime) -> datetime:
    """When a case is due as it is known at `now`: the earlier of the recorded moment and the computed one.

    So neither a moment recorded too late nor a calendar changed afterwards makes a case punctual. During
    a pause the record is not moved yet, and the computed moment alone is right.
    """
    computed = Promise(case.kind, case.promised, accepted_at, case.pauses).due_at(clock, now)
    if case.due_at is None or any(pause.under_way(now) for pause in case.pauses):
        return computed
    return min(computed, case.due_at, key=in_utc)


def judged(case: Case, period: Period, clock: WorkingTime) -> Judged:
    """A case as of the end of the period. Raises ValueError where its moments are out of range."""
    closed = case.done_at is not None and period.knows(case.done_at)
    ended = case.done_at if case.done_at is not None and closed else period.as_of
    accepted = effective_acceptance(case.submitted_at, case.accepted_at, ended, clock, case.pauses)
    if accepted is None and closed and case.result in ("granted", "denied", "abandoned"):
        accepted = case.submitted_at  # decided without a recorded acceptance: it ran all the time
    start = accepted or case.submitted_at
    promise = Promise(case.kind, case.promised, start, case.pauses)
    shortest = Promise(case.kind, case.shortest, start, case.pauses)
    given_up = closed and case.result == "abandoned"  # never faster than promised, however soon that was
    return Judged(
        case=case,
        outcome=case.result if closed else "open",
        accepted_at=accepted,
        due_at=due(case, accepted, clock, ended) if accepted else None,
        ended_at=ended,
        used=max(promise.used(clock, ended), promise.length(clock) if given_up else timedelta()),
        promised=promise.length(clock),
        shortest_used=max(shortest.used(clock, ended), shortest.length(clock) if given_up else timedelta()),
        shortest=shortest.length(clock),
        pauses=tuple(pause for pause in case.pauses if period.knows(pause.started_at)),
    )


def known(cases: Iterable[Case], period: Period, clock: WorkingTime) -> list[Judged]:
    """The cases that were open at some time of the period, as of its end, by number."""
    start = in_utc(period.start)
    running = (
        case
        for case in cases
        if period.knows(case.submitted_at) and (case.done_at is None or in_utc(case.done_at) >= start)
    )
    found = (judged(case, period, clock) for case in running)
    return sorted(found, key=lambda one: one.case.number)
