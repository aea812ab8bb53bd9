"""Service levels (时效): how punctual, how fast, and what would make that look better than it is.

Rates are exact fractions, and None where nothing counts. They are over the cases that were judged, that
is granted or denied in the period; what was returned, refused or withdrawn is over all cases that were
open at some time of it, because a case that is returned without end is never decided.
Source: GB/T 39046-2020 for the terms; no standard defines 提速, so each form of it is here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Generic, Literal, TypeVar

from yunzu.model.cases import Case, Judged, Period, known
from yunzu.model.promises import CaseKind
from yunzu.model.working_time import WorkingTime, in_utc

Measure = TypeVar("Measure", timedelta, Fraction)
Grouping = Literal["department", "item"]

_MICROSECOND = timedelta(microseconds=1)
_SATISFIED = 3  # 基本满意, and the better 1 and 2


@dataclass(frozen=True, slots=True)
class Spread(Generic[Measure]):
    """A mean with what it hides: the median, and what 95 % of the cases keep to (nearest rank).

    `p95` of durations is what 95 % took at most, of speed-ups what 95 % reached at least.
    """

    mean: Measure
    median: Measure
    p95: Measure


@dataclass(frozen=True, slots=True)
class Fastest:
    """最快办件: wall clock from acceptance to delivery."""

    number: str
    time: timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one group of cases of one kind in a period."""

    submitted: int
    """申请 in the period."""
    accepted: int
    """受理 in the period."""
    on_time: int
    """按时办结."""
    late: int
    """超时办结."""
    overdue: int
    """超时未办结: open at the end and past due."""
    on_time_rate: Fraction | None
    """按时办结率, overdue open cases in the denominator: never closing a late case does not help."""
    completion_rate: Fraction | None
    """办结率: decided, of those decided or due by the end, in time or not."""
    used: Spread[timedelta] | None
    """平均用时 of decided cases, without pauses."""
    delivery: Spread[timedelta] | None
    """Submission to delivery on the wall clock, no pause taken off: what the applicant waited."""
    speed_up: Spread[Fraction] | None
    """平均提速: mean of each case's speed-up, negative where a case took longer than promised."""
    total_speed_up: Fraction | None
    """总量提速: over the sums, so that many tiny cases do not outweigh a large one."""
    whole_on_time_rate: Fraction | None
    """按时办结率 with all cases of one applicant, item and subject as one: on time if each of them is."""
    whole_speed_up: Fraction | None
    """平均提速 in the same way: the sum of what they used, against the longest of their promises."""
    shortest_speed_up: Fraction | None
    """平均提速 against the shortest promise that was ever in force."""
    promise_speed_up: Fraction | None
    """承诺提速: how much the promises themselves are below the statutory limits."""
    fastest: Fastest | None
    returned_rate: Fraction | None
    refused_rate: Fraction | None
    withdrawn_rate: Fraction | None
    paused_rate: Fraction | None
    """Share of the cases whose clock was stopped at some time."""
    satisfied_rate: Fraction | None
    """满意率: rated 1 to 3, of those rated."""

    @property
    def done(self) -> int:
        """办结."""
        return self.on_time + self.late


def rate(part: int, whole: int) -> Fraction | None:
    """A share, or None where there is nothing to have a share of."""
    return Fraction(part, whole) if whole else None


def on_time_rate(on_time: int, late: int, overdue: int) -> Fraction | None:
    """按时办结率."""
    return rate(on_time, on_time + late + overdue)


def speed_up(promised: timedelta, used: timedelta) -> Fraction:
    """提速 of one case or of sums: 11/20 for 70 promised hours of which 31.5 were used."""
    return 1 - Fraction(used // _MICROSECOND, promised // _MICROSECOND)


def percentage(share: Fraction) -> Decimal:
    """Percent with two decimals, rounded down: 99.996 % on time is not 100."""
    return Decimal(floor(share * 10_000)).scaleb(-2)


def spread(values: Iterable[Measure], *, at_least: bool = False) -> Spread[Measure] | None:
    """Mean, median and the value that 95 % do not exceed, or do not fall below; None of nothing."""
    ordered = sorted(values, reverse=at_least)
    if not ordered:
        return None
    count = len(ordered)
    middle = [ordered[(count - 1) // 2], ordered[count // 2]]
    nearest = -(-95 * count // 100) - 1
    return Spread(_mean(ordered), _mean(middle), ordered[nearest])


def _mean(values: Sequence[Measure]) -> Measure:
    total = values[0]
    for value in values[1:]:
        total += value
    return total / len(values)


def _share(cases: Sequence[Judged], counts: Callable[[Judged], bool]) -> Fraction | None:
    return rate(sum(1 for one in cases if counts(one)), len(cases))


def _total_speed_up(pairs: Iterable[tuple[timedelta, timedelta]]) -> Fraction | None:
    pairs = tuple(pairs)
    promised = sum((one for one, _ in pairs), timedelta())
    return speed_up(promised, sum((one for _, one in pairs), timedelta())) if pairs else None


def _wholes(cases: Iterable[Judged]) -> list[list[Judged]]:
    """Cases that may be pieces of one: of one applicant, about one thing. What says neither stands alone."""
    found: dict[tuple[str, ...], list[Judged]] = {}
    for one in cases:
        case = one.case
        known = bool(case.applicant and case.subject)
        found.setdefault((case.applicant, case.item, case.subject if known else case.number), []).append(one)
    return list(found.values())


def _whole_speed_up(pieces: Sequence[Judged]) -> Fraction:
    return speed_up(max(one.promised for one in pieces), sum((one.used for one in pieces), timedelta()))


def _promise_speed_up(decided: Iterable[Judged]) -> Fraction | None:
    limits = [(one.case.statutory.office_minutes, one.case.promised.office_minutes) for one in decided]
    share = rate(sum(promised for _, promised in limits), sum(statutory for statutory, _ in limits))
    return None if share is None else 1 - share


def _fastest(granted: Iterable[Judged]) -> Fastest | None:
    """Only deliveries: a fast no is no service."""
    times = [
        (in_utc(one.ended_at) - in_utc(one.accepted_at), one.case.number)
        for one in granted
        if one.accepted_at
    ]
    return Fastest(min(times)[1], min(times)[0]) if times else None


def figures_of(cases: Sequence[Judged], period: Period) -> Figures:
    """The figures of cases that `cases.known` has judged; they are of one kind."""
    decided = [one for one in cases if one.decided]
    granted = [one for one in decided if one.outcome == "granted"]
    rated = [one for one in cases if one.outcome != "open" and one.case.rating is not None]
    late = sum(1 for one in decided if one.past_due)
    overdue = sum(1 for one in cases if one.outcome == "open" and one.past_due)
    counted = [one for one in cases if one.decided or (one.outcome == "open" and one.past_due)]
    in_time = [all(not one.past_due for one in pieces) for pieces in _wholes(counted)]
    whole = spread(_whole_speed_up(pieces) for pieces in _wholes(decided))
    against_shortest = spread(speed_up(one.shortest, one.shortest_used) for one in decided)
    return Figures(
        submitted=sum(1 for one in cases if period.holds(one.case.submitted_at)),
        accepted=sum(1 for one in cases if period.holds(one.accepted_at)),
        on_time=len(decided) - late,
        late=late,
        overdue=overdue,
        on_time_rate=on_time_rate(len(decided) - late, late, overdue),
        completion_rate=rate(len(decided), len(decided) + overdue),
        used=spread(one.used for one in decided),
        delivery=spread(in_utc(one.ended_at) - in_utc(one.case.submitted_at) for one in granted),
        speed_up=spread((speed_up(one.promised, one.used) for one in decided), at_least=True),
        total_speed_up=_total_speed_up((one.promised, one.used) for one in decided),
        whole_on_time_rate=rate(sum(in_time), len(in_time)),
        whole_speed_up=whole.mean if whole else None,
        shortest_speed_up=against_shortest.mean if against_shortest else None,
        promise_speed_up=_promise_speed_up(decided),
        fastest=_fastest(granted),
        returned_rate=_share(cases, lambda one: one.returned),
        refused_rate=_share(cases, lambda one: one.outcome == "refused"),
        withdrawn_rate=_share(cases, lambda one: one.outcome == "withdrawn"),
        paused_rate=_share(cases, lambda one: bool(one.pauses)),
        satisfied_rate=_share(rated, lambda one: (one.case.rating or 5) <= _SATISFIED),
    )


def figures(
    cases: Iterable[Case], period: Period, clock: WorkingTime, by: Grouping
) -> dict[tuple[str, CaseKind], Figures]:
    """Figures by department or item, and apart by kind: 即办件 would outshine 承诺件. In order of names.

    Raises ValueError where the moments of a case are out of range.
    """
    groups: dict[tuple[str, CaseKind], list[Judged]] = {}
    for one in known(cases, period, clock):
        name = one.case.department if by == "department" else one.case.item
        groups.setdefault((name, one.case.kind), []).append(one)
    return {key: figures_of(groups[key], period) for key in sorted(groups)}
