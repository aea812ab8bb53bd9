"""The report of a period 时效报告: figures as `model.service_levels` defines them, and beside them what
would make them look better than the work was. Reads records, changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.calendars import FIRST_YEAR, LAST_YEAR
from yunzu.model.cases import Judged, Period, known
from yunzu.model.limits import Limit
from yunzu.model.promises import CaseKind, standing
from yunzu.model.service_levels import Figures, figures_of, rate
from yunzu.model.supervision import (
    Repeated,
    Urgent,
    closed_after_due,
    heavily_paused,
    lengthened,
    repeated,
    urgent,
)
from yunzu.services.requests.casebook import CENTRE, Casebook, ItemVersion, Rated, casebook
from yunzu.services.requests.office import Office

FORMULA = "3"
"""Version of the formulas, which docs/roles/auditor.md explains; a changed formula is another number."""

KINDS: tuple[CaseKind, ...] = ("promised", "instant")
_SATISFIED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one department, one item or all, of one kind of case.

    `promised` is the mean promise of what was decided, in the measure of what was used. `limits` are the
    promises that its cases pinned, the shortest first.
    """

    name: str
    kind: CaseKind
    figures: Figures
    open: int
    promised: timedelta | None
    limits: tuple[Limit, ...]
    ratings: int


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """承诺变更: an item whose promise changed in the period, began or ended with it."""

    item: str
    at: datetime
    request: str | None
    before: Limit | None
    after: Limit | None


@dataclass(frozen=True, slots=True)
class LateAcceptance:
    """逾期视为受理: not answered within one working day, so it counts as accepted when it was submitted.

    `answered_at`: accepted or refused after that; None: never.
    """

    number: str
    department: str
    item: str
    submitted_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A case whose clock was stopped more than once, or stands at the end of what is known.

    `stood`: office time in which it stood, what overlaps once.
    """

    number: str
    department: str
    item: str
    corrections: int
    others: int
    stood: timedelta
    stands: bool


@dataclass(frozen=True)
class Report:
    """What `yunzu sla` shows. Lines of departments and items are in order of names, promised ones first."""

    book: Casebook
    department: str | None
    departments: tuple[Line, ...]
    items: tuple[Line, ...]
    totals: tuple[Line, ...]
    """All promised cases, then all instant ones; both are always there."""
    urgent: tuple[Urgent, ...]
    promises_changed: tuple[PromiseChange, ...]
    calendars_changed: tuple[tuple[int, datetime, str | None], ...]
    """Year, moment, request."""
    lengthened: Mapping[str, tuple[Limit, Limit]]
    many_pauses: Mapping[str, Fraction]
    late_acceptances: tuple[LateAcceptance, ...]
    stopped: tuple[Stopped, ...]
    repeated: tuple[Repeated, ...]
    closed_after_due: tuple[str, ...]

    @property
    def without_business(self) -> tuple[str, ...]:
        """Registered departments that no case and no rating is of."""
        known = {line.name for line in self.departments}
        wanted = self.book.departments if self.department is None else {self.department}
        return tuple(sorted({*wanted} - known))

    @property
    def is_empty(self) -> bool:
        """Whether no case was open at any time of the period."""
        return not self.departments


def month(text: str | None, office: Office) -> Period:
    """The period of `2026-11`; None: the month that it is now. Raises UsageError for none, or one to come."""
    now = office.now()
    here = now.astimezone(office.zone)
    year, _, number = (text if text is not None else f"{here:%Y-%m}").partition("-")
    shape = (len(year), len(number)) == (4, 2) and (year + number).isascii() and (year + number).isdigit()
    if not shape or not FIRST_YEAR < int(year) < LAST_YEAR or not 1 <= int(number) <= 12:
        raise UsageError(f"month {(text or '')[:20]!r}", "is not a month", "write it like 2026-11")
    period = Period.month(int(year), int(number), office.zone, now)
    if period.start > period.known_at:
        raise UsageError(f"month {year}-{number}", "has not begun")
    return period


def report(period: Period, *, actor: Actor, office: Office, department: str | None = None) -> Report:
    """The figures of a period, of all departments or one (`centre`: the centre's own requests).

    Who belongs to a department sees that one. Raises RefusedError for others, NotFoundError for one that
    was never registered.
    """
    chosen = _scope(actor, department)
    with office.records.transaction() as connection:
        book = casebook(connection, period, office.zone, chosen)
    if chosen not in {None, CENTRE, *book.departments} and not book.cases:
        raise NotFoundError(f"department {chosen}", "is not registered", "see `yunzu dept list`")
    return _report(book, chosen)


def _scope(actor: Actor, department: str | None) -> str | None:
    """The department whose figures the actor sees; None: all."""
    if not actor.roles:
        raise RefusedError("service levels", f"{actor.account} holds no role", "ask an operator")
    if actor.department is not None and department not in {None, actor.department}:
        raise RefusedError(f"service levels of {department}", "are not of your department")
    return department if actor.department is None else actor.department


def _report(book: Casebook, department: str | None) -> Report:
    period, clock = book.period, book.clock
    judged = known(book.cases, period, clock)
    # Each list judges its cases once more: it gets those alone that can stand in it.
    longer = [case for case in book.cases if case.promised != case.shortest]
    stopped_in = {case.department for case in book.cases if case.pauses}
    paused = [case for case in book.cases if case.department in stopped_in]
    closed = [case for case in book.cases if case.result in ("refused", "withdrawn")]
    return Report(
        book=book,
        department=department,
        departments=tuple(_lines(judged, book, "department")),
        items=tuple(_lines(judged, book, "item")),
        totals=tuple(_line("", kind, judged, book.ratings, period) for kind in KINDS),
        urgent=tuple(urgent(book.cases, clock, period.as_of)),
        promises_changed=tuple(_promises_changed(book.items, period)),
        calendars_changed=tuple(_calendars_changed(book)),
        lengthened=lengthened(longer, period, clock),
        many_pauses=heavily_paused(paused, period, clock),
        late_acceptances=tuple(_late_acceptances(judged)),
        stopped=tuple(_stopped(judged, book)),
        repeated=tuple(repeated(judged, period)),
        closed_after_due=tuple(closed_after_due(closed, period, clock)),
    )


def _lines(judged: Sequence[Judged], book: Casebook, by: str) -> Iterator[Line]:
    """One line for each name that had a case or was rated, and each kind that it had."""
    for kind in KINDS:
        rated: dict[str, list[Rated]] = {}
        for one in book.ratings:
            rated.setdefault(getattr(one, by), []).append(one)
        cases: dict[str, list[Judged]] = {}
        for each in judged:
            cases.setdefault(getattr(each.case, by), []).append(each)
        for name in sorted({*rated, *cases}):
            line = _line(name, kind, cases.get(name, ()), rated.get(name, ()), book.period)
            if line.limits or line.ratings:
                yield line


def _line(
    name: str, kind: CaseKind, judged: Iterable[Judged], ratings: Iterable[Rated], period: Period
) -> Line:
    cases = [one for one in judged if one.case.kind == kind]
    given = [one.rating for one in ratings if one.kind == kind]
    promised = [one.promised for one in cases if one.decided]
    limits = {(one.case.promised.n, one.case.promised.unit): one.case.promised for one in cases}
    return Line(
        name=name,
        kind=kind,
        figures=replace(
            figures_of(cases, period),
            satisfied_rate=rate(sum(one <= _SATISFIED for one in given), len(given)),
        ),
        open=sum(one.outcome == "open" for one in cases),
        promised=sum(promised, timedelta()) / len(promised) if promised else None,
        limits=tuple(sorted(limits.values(), key=lambda limit: limit.office_minutes)),
        ratings=len(given),
    )


def _promises_changed(items: Mapping[str, Sequence[ItemVersion]], period: Period) -> Iterator[PromiseChange]:
    """In order of items. What was shipped with the centre is where promises begin, and no change."""
    for item, versions in sorted(items.items()):
        for before, after in pairwise((None, *versions)):
            old, new = (one.item.promised if one and one.item else None for one in (before, after))
            shipped = before is None and after is not None and after.request is None
            if after is not None and period.holds(after.at) and not shipped and old != new:
                yield PromiseChange(item, after.at, after.request, old, new)


def _calendars_changed(book: Casebook) -> Iterator[tuple[int, datetime, str | None]]:
    for year, versions in sorted(book.calendars.items()):
        for before, after in pairwise(versions):
            if book.period.holds(after.at) and before.hash != after.hash:
                yield year, after.at, after.request


def _late_acceptances(judged: Iterable[Judged]) -> Iterator[LateAcceptance]:
    for one in judged:
        case = one.case
        if one.accepted_at == case.submitted_at and case.accepted_at != case.submitted_at:
            said = case.accepted_at or (case.done_at if case.result == "refused" else None)
            answered = said if said and said <= one.ended_at else None
            yield LateAcceptance(case.number, case.department, case.item, case.submitted_at, answered)


def _stopped(judged: Iterable[Judged], book: Casebook) -> Iterator[Stopped]:
    for one in judged:
        case, until = one.case, one.ended_at
        begun = [pause for pause in case.pauses if pause.started_at <= until]
        stands = one.outcome == "open" and any(pause.under_way(until) for pause in begun)
        if len(begun) < 2 and not stands:
            continue
        corrections = sum(pause.kind == "correction" for pause in begun)
        spans = ((start, min(end, until)) for start, end in standing(begun, book.clock, until))
        stood = sum((book.clock.working_time(*span) for span in spans), timedelta())
        yield Stopped(
            case.number, case.department, case.item, corrections, len(begun) - corrections, stood, stands
        )
