"""Working time (工作时间): office hours on working days, which promises are counted in.

Days off and working weekends (调休) come from the centre's calendars; for years without one, from the
State Council's schedules in PyPI `holidays`. Everything is computed in UTC, so that a clock put forward
or back in the centre's zone neither adds nor loses an hour.

Moments must be timezone-aware and lie in the years 2000 to 2100: others raise ValueError at once, so no
loop here is longer than the days of a century.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice

from yunzu.model.calendars import FIRST_YEAR, LAST_YEAR, OFFICE_HOURS, Calendar
from yunzu.model.limits import Limit

Interval = tuple[datetime, datetime]
"""Half-open: from the first moment, up to and without the second."""

_DAY = timedelta(days=1)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError if it is naive or its year is not from 2000 to 2100."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; which moment it is cannot be known")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment.isoformat()} is out of range; years go from {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same moments as disjoint intervals in order, in UTC; what overlaps or touches becomes one."""
    result: list[Interval] = []
    for start, end in sorted((in_utc(start), in_utc(end)) for start, end in intervals):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def clipped(intervals: Iterable[Interval], start: datetime, end: datetime) -> tuple[Interval, ...]:
    """What of the intervals lies in [start, end), merged."""
    return merged((max(in_utc(a), in_utc(start)), min(in_utc(b), in_utc(end))) for a, b in intervals)


@dataclass(frozen=True, slots=True)
class _Year:
    """What is known of a year."""

    working: frozenset[date]
    openings: tuple[tuple[time, time], ...]
    provisional: bool


def _days(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + n * _DAY for n in range((date(year + 1, 1, 1) - first).days))


def _written(calendar: Calendar) -> _Year:
    working = frozenset(day for day in _days(calendar.year) if calendar.is_working_day(day))
    return _Year(working, calendar.openings, provisional=False)


def _published(year: int) -> _Year:
    """A year as `holidays` knows it. A year without a working weekend has no schedule there yet: its
    statutory days are computed, and what the notice will move is not known."""
    import holidays

    known = holidays.country_holidays("CN", years=year)
    working = frozenset(day for day in _days(year) if known.is_working_day(day))
    openings = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in OFFICE_HOURS)
    return _Year(working, openings, provisional=all(day.year != year for day in known.weekend_workdays))


class WorkingTime:
    """The centre's clock of office hours. Moments that it returns are in the centre's zone."""

    def __init__(self, calendars: Mapping[int, Calendar], zone: tzinfo) -> None:
        self.zone = zone
        self._calendars = calendars
        self._years: dict[int, _Year] = {}
        self._intervals: dict[date, tuple[Interval, ...]] = {}

    def day_of(self, moment: datetime) -> date:
        """The day of a moment in the centre's zone. Raises ValueError as `in_utc` does."""
        return in_utc(moment).astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        """Whether a day is worked (工作日). Raises ValueError for a year out of range."""
        if isinstance(day, datetime):  # which is a date to Python, and equal to none
            raise ValueError(f"{day.isoformat()} is a moment; give its day in the centre's zone")
        return day in self._year(day.year).working

    def provisional(self, day: date) -> bool:
        """暂定: whether the day's year has neither a calendar nor a published schedule of 调休.

        A notice may also move days of the last December before it; a deadline there is not provisional.
        """
        return self._year(day.year).provisional

    def due(self, accepted: datetime, limit: Limit) -> datetime:
        """When a limit that begins to run at `accepted` ends.

        Working days: the close of the n-th working day after the day of acceptance, which is day 0.
        Hours and minutes: so much later on the wall clock, whether the office is open or not.
        Raises ValueError for a naive moment, or if it ends after 2100.
        """
        if limit.unit != "workday":
            length = timedelta(**{f"{limit.unit}s": limit.n})
            return in_utc(in_utc(accepted) + length).astimezone(self.zone)
        after = self._days_from(self.day_of(accepted) + _DAY)
        worked = (day for day in after if self.is_working_day(day))
        last = next(islice(worked, limit.n - 1, None))
        return self._openings(last)[-1][1].astimezone(self.zone)

    def working_time(self, start: datetime, end: datetime, pauses: Iterable[Interval] = ()) -> timedelta:
        """Office time in [start, end) less that in the pauses, which may overlap; zero if it ends first."""
        return self._office_time(start, end) - sum(
            (self._office_time(a, b) for a, b in clipped(pauses, start, end)), timedelta()
        )

    def advance(self, moment: datetime, by: timedelta) -> datetime:
        """The earliest moment with `by` of office time between it and `moment`.

        Raises ValueError for a naive moment, a negative time, or if it would lie after 2100.
        """
        if by < timedelta():
            raise ValueError(f"{by} is negative; working time only goes forward")
        moment, left = in_utc(moment), by
        for opening, close in self._openings_from(moment) if by else ():
            start = max(opening, moment)
            if close - start >= left:
                return (start + left).astimezone(self.zone)
            left -= max(close - start, timedelta())
        return moment.astimezone(self.zone)

    def next_opening(self, moment: datetime) -> datetime:
        """The moment itself while the office is open, else when it opens next."""
        moment = in_utc(moment)
        opening = next(start for start, end in self._openings_from(moment) if moment < end)
        return max(opening, moment).astimezone(self.zone)

    def office_day(self, day: date) -> timedelta:
        """Office time of a working day under the hours of that day's year."""
        spans = self._year(day.year).openings
        lengths = (datetime.combine(day, end) - datetime.combine(day, start) for start, end in spans)
        return sum(lengths, timedelta())

    def _year(self, year: int) -> _Year:
        if year not in self._years:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise ValueError(f"year {year} is out of range; years go from {FIRST_YEAR} to {LAST_YEAR}")
            calendar = self._calendars.get(year)
            self._years[year] = _written(calendar) if calendar else _published(year)
        return self._years[year]

    def _days_from(self, day: date) -> Iterator[date]:
        """Every day from `day` on; raises ValueError where the calendars end."""
        while day.year <= LAST_YEAR:
            yield day
            day += _DAY
        raise ValueError(f"the calendars end with the year {LAST_YEAR}; what is asked for lies after it")

    def _openings(self, day: date) -> tuple[Interval, ...]:
        """When the office is open on a day, in UTC."""
        if day not in self._intervals:
            spans = self._year(day.year).openings if self.is_working_day(day) else ()
            ends = [[datetime.combine(day, at, self.zone).astimezone(UTC) for at in span] for span in spans]
            self._intervals[day] = tuple((start, end) for start, end in ends)
        return self._intervals[day]

    def _openings_from(self, moment: datetime) -> Iterator[Interval]:
        return (opening for day in self._days_from(self.day_of(moment)) for opening in self._openings(day))

    def _office_time(self, start: datetime, end: datetime) -> timedelta:
        total, start, end = timedelta(), in_utc(start), in_utc(end)
        if end <= start:
            return total
        last = self.day_of(end)
        for day in self._days_from(self.day_of(start)):
            if day > last:
                break
            for opening, close in self._openings(day):
                total += max(min(close, end) - max(opening, start), timedelta())
        return total
