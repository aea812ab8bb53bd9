"""The casebook 台账: the cases of a period as the figures take them, from what the records hold.

Nothing is taken from what could be made to look better afterwards: a case is accepted when the move was
made, promised what it pinned, and compared with the shortest promise that was ever in force for its item.
What was approved after the period is not known to it, so that a report is the same whenever it is run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yunzu.model.calendars import Calendar
from yunzu.model.cases import Case, Period, Result
from yunzu.model.items import Item
from yunzu.model.limits import Limit
from yunzu.model.promises import CaseKind, Pause, Promise, effective_acceptance
from yunzu.model.working_time import WorkingTime
from yunzu.records import request_periods
from yunzu.records.request_history import Paused
from yunzu.records.request_periods import Emergency, Filed, Version, Wanted
from yunzu.services.requests.truth import item_of, parsed

CENTRE = "centre"
"""How reports call whoever the centre's own requests are for: no department can have that id."""

_RESULTS: Mapping[str, Result] = {
    "done": "granted",
    "denied": "denied",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "abandoned": "abandoned",
}


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """An item as it was approved; `item` None: retired. `request` None: shipped with the centre."""

    at: datetime
    request: str | None
    item: Item | None


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """A year's calendar as it was approved; `calendar` None: retired."""

    at: datetime
    request: str | None
    hash: str | None
    calendar: Calendar | None


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating that was given in the period, whenever its case had ended."""

    department: str
    item: str
    kind: CaseKind
    rating: int


@dataclass(frozen=True)
class Casebook:
    """Everything that a report of a period knows."""

    period: Period
    clock: WorkingTime
    cases: tuple[Case, ...]
    ratings: tuple[Rated, ...]
    items: Mapping[str, tuple[ItemVersion, ...]]
    calendars: Mapping[int, tuple[CalendarVersion, ...]]
    departments: Mapping[str, str]
    """Those registered at the end of what is known, with their Chinese titles."""
    contradictions: Mapping[str, str] = field(default_factory=dict)
    """Requests whose moments contradict each other, with the sentence; they are in no figure."""
    emergencies: tuple[Emergency, ...] = ()

    def title(self, name: str) -> str:
        """What a department or an item is called in Chinese; its id where nothing says it."""
        if name == CENTRE:
            return "云中心"
        versions = [one.item.title.zh for one in self.items.get(name, ()) if one.item is not None]
        return versions[-1] if versions else self.departments.get(name, name)


def casebook(connection: Connection, period: Period, zone: ZoneInfo, department: str | None) -> Casebook:
    """The cases of a period, of one department (`CENTRE`: the centre's own) or of all."""
    wanted = Wanted(period.start, period.end, "" if department == CENTRE else department)
    request_periods.freeze(connection)
    rows = request_periods.filed(connection, wanted)
    accepted = request_periods.acceptances(connection, wanted)
    paused = request_periods.pauses(connection, wanted)
    history = _History(
        request_periods.versions(connection, ("Item", "Calendar", "Department"), period.as_of), zone
    )
    cases, contradictions = [], {}
    for row in rows:
        try:
            case = _case(row, accepted.get(row.number), paused.get(row.number, ()), history)
            cases.append(history.with_first_due(case, period))
        except ValueError as error:
            contradictions[row.number] = str(error)
    return Casebook(
        period=period,
        clock=history.clock,
        cases=tuple(cases),
        ratings=tuple(_rated(row) for row in rows if period.holds(row.rated_at)),
        items=history.items,
        calendars=history.calendars,
        departments=history.departments,
        contradictions=contradictions,
        emergencies=tuple(request_periods.emergencies(connection, wanted, period.as_of)),
    )


class _History:
    """What was approved up to the end of what a report knows."""

    def __init__(self, versions: Iterable[Version], zone: ZoneInfo) -> None:
        self.items: dict[str, tuple[ItemVersion, ...]] = {}
        self.calendars: dict[int, tuple[CalendarVersion, ...]] = {}
        self.departments: dict[str, str] = {}
        self._zone = zone
        for one in versions:
            self._enter(one)
        self._clocks: dict[frozenset[tuple[int, str | None]], WorkingTime] = {}
        self.clock = self._clock(None)

    def _enter(self, one: Version) -> None:
        if one.kind == "Item":
            item = item_of(one.content) if one.content is not None else None
            self.items[one.id] = (*self.items.get(one.id, ()), ItemVersion(one.at, one.request, item))
        elif one.kind == "Calendar":
            found = cast("Calendar", parsed("Calendar", one.content)) if one.content is not None else None
            version = CalendarVersion(one.at, one.request, one.hash, found)
            self.calendars[int(one.id)] = (*self.calendars.get(int(one.id), ()), version)
        elif one.content is not None:
            self.departments[one.id] = one.content["title"]["zh"]
        else:
            self.departments.pop(one.id, None)

    def shortest(self, item: str, pinned: Limit) -> Limit:
        """The shortest promise that was ever in force for an item."""
        promises = [one.item.promised for one in self.items.get(item, ()) if one.item is not None]
        return min([pinned, *promises], key=lambda limit: limit.office_minutes)

    def with_first_due(self, case: Case, period: Period) -> Case:
        """The case with the due moment that it has under the calendars in force when it was filed.

        The figures take the earlier moment: a day declared free afterwards makes no case punctual.
        """
        if all(len(each) == 1 for each in self.calendars.values()):
            return case
        clock = self._clock(case.submitted_at)
        at = case.done_at if case.done_at is not None and period.knows(case.done_at) else period.as_of
        accepted = effective_acceptance(case.submitted_at, case.accepted_at, at, clock, case.pauses)
        if accepted is None:
            return case
        promise = Promise(case.kind, case.promised, accepted, case.pauses)
        return replace(case, due_at=promise.due_at(clock, at))

    def _clock(self, moment: datetime | None) -> WorkingTime:
        """The clock under the newest calendars, or under those that were in force at a moment.

        A year that had none then was 暂定, and its promises are computed anew when it gets one.
        """
        chosen = {year: _in_force(each, moment) for year, each in self.calendars.items()}
        key = frozenset((year, one.hash) for year, one in chosen.items())
        if key not in self._clocks:
            written = {year: one.calendar for year, one in chosen.items() if one.calendar is not None}
            self._clocks[key] = WorkingTime(written, self._zone)
        return self._clocks[key]


def _in_force(versions: tuple[CalendarVersion, ...], moment: datetime | None) -> CalendarVersion:
    if moment is None:
        return versions[-1]
    return next((one for one in reversed(versions) if one.at <= moment), versions[0])


def _case(row: Filed, accepted: datetime | None, paused: Iterable[Paused], history: _History) -> Case:
    promised = Limit.model_validate(row.promised)
    return Case(
        number=row.number,
        department=row.department or CENTRE,
        item=row.item,
        kind=cast("CaseKind", row.case_kind),
        submitted_at=row.submitted_at,
        promised=promised,
        statutory=Limit.model_validate(row.statutory),
        shortest=history.shortest(row.item, promised),
        accepted_at=accepted,
        done_at=row.done_at,
        result=_RESULTS.get(row.state, "open"),
        applicant=row.applicant,
        subject=row.subject,
        pauses=tuple(
            Pause(one.kind, one.reason, one.started_at, one.ended_at, one.approved_by)  # type: ignore[arg-type]
            for one in paused
        ),
    )


def _rated(row: Filed) -> Rated:
    assert row.rating is not None  # noqa: S101 - it has a moment
    return Rated(row.department or CENTRE, row.item, cast("CaseKind", row.case_kind), row.rating)
