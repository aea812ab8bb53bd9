"""Supervision (督办): which open cases need somebody now, and what an auditor should look at.

The figures of `service_levels` cannot say why they are good. These lists name the cases, departments and
items where they are good for the wrong reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from yunzu.model.cases import Case, Judged, Period, due, known
from yunzu.model.limits import Limit
from yunzu.model.promises import Promise, effective_acceptance
from yunzu.model.service_levels import rate
from yunzu.model.working_time import WorkingTime, in_utc

WARNING = Limit(n=1, unit="workday")
MANY_PAUSES = Fraction(30, 100)


@dataclass(frozen=True, slots=True)
class Urgent:
    """One line of the 督办 list. `overdue_days` 超期天数 in working days, begun ones count; 0: 预警."""

    number: str
    department: str
    item: str
    due_at: datetime
    overdue_days: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """Several cases of one applicant for one item, about so many subjects: perhaps one case in pieces."""

    department: str
    applicant: str
    item: str
    cases: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Misdated:
    """A case whose recorded due moment is not the one that its other moments give."""

    number: str
    recorded: datetime
    computed: datetime


def urgent(cases: Iterable[Case], clock: WorkingTime, now: datetime) -> list[Urgent]:
    """Open cases that are overdue at `now`, or due by the close of the next working day; the worst first.

    A case whose clock stands is not warned of: it comes no closer to its due moment.
    """
    found = []
    warned = in_utc(clock.due(now, WARNING))
    for case in cases:
        if in_utc(case.submitted_at) > in_utc(now) or (case.done_at and in_utc(case.done_at) <= in_utc(now)):
            continue
        accepted = effective_acceptance(case.submitted_at, case.accepted_at, now, clock, case.pauses)
        if accepted is None:
            continue
        moment = due(case, accepted, clock, now)
        days = _overdue_days(moment, clock, now)
        stands = any(pause.under_way(now) for pause in case.pauses)
        if days or (in_utc(moment) <= warned and not stands):
            found.append(Urgent(case.number, case.department, case.item, moment, days))
    return sorted(found, key=lambda one: (in_utc(one.due_at), one.number))


def _overdue_days(due_at: datetime, clock: WorkingTime, now: datetime) -> int:
    """Working days after the day of `due_at` up to today, at least one; 0 if it is not past due."""
    if in_utc(now) <= in_utc(due_at):
        return 0
    first, last = clock.day_of(due_at), clock.day_of(now)
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return max(1, sum(clock.is_working_day(day) for day in days))


def heavily_paused(cases: Iterable[Case], period: Period, clock: WorkingTime) -> dict[str, Fraction]:
    """Departments that stopped the clock in more than 30 % of their cases, with the share."""
    paused: dict[str, list[bool]] = {}
    for one in known(cases, period, clock):
        paused.setdefault(one.case.department, []).append(bool(one.pauses))
    shares = {name: rate(sum(each), len(each)) for name, each in sorted(paused.items())}
    return {name: share for name, share in shares.items() if share is not None and share > MANY_PAUSES}


def closed_after_due(cases: Iterable[Case], period: Period, clock: WorkingTime) -> list[str]:
    """Numbers of cases that were refused or withdrawn when they were overdue: 按时办结率 misses them."""
    gone = (one for one in known(cases, period, clock) if one.outcome in ("refused", "withdrawn"))
    return [one.case.number for one in gone if one.past_due]


def repeated(judged: Iterable[Judged], period: Period) -> list[Repeated]:
    """Who asked for the same more than once in the period; the most often first."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for case in (one.case for one in judged):
        if case.applicant and period.holds(case.submitted_at):
            found.setdefault((case.department, case.applicant, case.item), []).append(case.subject)
    several = [
        Repeated(*key, len(subjects), len(set(subjects)))
        for key, subjects in found.items()
        if len(subjects) > 1
    ]
    return sorted(several, key=lambda one: (-one.cases, one.department, one.applicant, one.item))


def lengthened(cases: Iterable[Case], period: Period, clock: WorkingTime) -> dict[str, tuple[Limit, Limit]]:
    """Items whose cases had a longer promise than was once in force: the shortest, and the longest now."""
    found: dict[str, tuple[Limit, Limit]] = {}
    for one in known(cases, period, clock):
        case = one.case
        shortest, longest = found.get(case.item, (case.shortest, case.promised))
        found[case.item] = (
            min(shortest, case.shortest, key=lambda limit: limit.office_minutes),
            max(longest, case.promised, key=lambda limit: limit.office_minutes),
        )
    return {
        item: (shortest, longest)
        for item, (shortest, longest) in sorted(found.items())
        if longest.office_minutes > shortest.office_minutes
    }


def misdated(cases: Iterable[Case], clock: WorkingTime, now: datetime) -> list[Misdated]:
    """Cases whose recorded due moment is not the computed one, except those in a pause: it ends the wait."""
    found = []
    for case in cases:
        at = case.done_at or now
        accepted = effective_acceptance(case.submitted_at, case.accepted_at, at, clock, case.pauses)
        if case.due_at is None or accepted is None or any(pause.under_way(at) for pause in case.pauses):
            continue
        computed = Promise(case.kind, case.promised, accepted, case.pauses).due_at(clock, at)
        if in_utc(computed) != in_utc(case.due_at):
            found.append(Misdated(case.number, case.due_at, computed))
    return sorted(found, key=lambda one: one.number)
