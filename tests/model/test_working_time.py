"""Office hours: the published vectors, a second opinion on every day, and what holds for all moments."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from itertools import pairwise
from time import perf_counter
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import CLOCK, MOMENTS, SHANGHAI, SHIPPED, at, workdays
from yunzu.model.calendars import Calendar
from yunzu.model.limits import Limit
from yunzu.model.working_time import Interval, WorkingTime, merged

THURSDAY = datetime(2026, 9, 24, 15, tzinfo=SHANGHAI)  # the day before Mid-Autumn
PAUSES = st.lists(st.tuples(MOMENTS, MOMENTS), max_size=4)
OFFICE_TIMES = st.timedeltas(timedelta(), timedelta(hours=200))


@pytest.mark.parametrize("clock", [CLOCK, WorkingTime({}, SHANGHAI)], ids=["calendar", "package"])
def test_the_vectors_across_mid_autumn_and_national_day(clock: WorkingTime) -> None:
    assert clock.due(THURSDAY, workdays(5)) == at("2026-10-09 17:30")
    assert clock.due(THURSDAY, workdays(10)) == at("2026-10-15 17:30")
    assert clock.working_time(THURSDAY, at("2026-10-09 10:00")) == timedelta(hours=31.5)
    assert clock.is_working_day(date(2026, 10, 10))
    assert 10 * clock.office_day(date(2026, 9, 24)) == timedelta(hours=70)


@pytest.mark.parametrize(
    ("accepted", "due"),
    [
        ("2026-11-23 08:00", "2026-11-24 17:30"),  # before opening: Monday is day 0 all the same
        ("2026-11-23 17:29:59.999999", "2026-11-24 17:30"),
        ("2026-11-23 17:30", "2026-11-24 17:30"),
        ("2026-11-23 23:59:59", "2026-11-24 17:30"),
        ("2026-11-21 10:00", "2026-11-23 17:30"),  # Saturday
        ("2026-10-10 10:00", "2026-10-12 17:30"),  # Saturday that is worked
        ("2026-12-31 10:00", "2027-01-04 17:30"),
    ],
)
def test_the_day_of_acceptance_is_day_zero(accepted: str, due: str) -> None:
    assert CLOCK.due(at(accepted), workdays(1)) == at(due)


def test_hours_and_minutes_run_on_the_wall() -> None:
    assert CLOCK.due(at("2026-11-20 17:00"), Limit(n=48, unit="hour")) == at("2026-11-22 17:00")
    assert CLOCK.due(at("2026-11-20 17:00"), Limit(n=10, unit="minute")) == at("2026-11-20 17:10")


def test_a_clock_put_back_neither_adds_nor_loses_an_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    clock = WorkingTime({}, berlin)
    before = datetime(2026, 10, 24, 12, tzinfo=berlin)  # the clocks go back at 3:00 the next morning
    due = clock.due(before, Limit(n=24, unit="hour"))
    assert due.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=24)
    assert due.hour == 11
    night = Calendar.model_validate(
        {"kind": "Calendar", "year": 2026, "holidays": (date(2026, 1, 1),), "workdays": (date(2026, 10, 25),)}
        | {"hours": (("00:00", "06:00"),)}
    )
    shift = WorkingTime({2026: night}, berlin).working_time(before, before + timedelta(days=1))
    assert shift == timedelta(hours=7)


def test_intervals_are_half_open() -> None:
    assert CLOCK.working_time(at("2026-11-23 12:00"), at("2026-11-23 13:30")) == timedelta()
    assert CLOCK.working_time(at("2026-11-23 11:59"), at("2026-11-23 13:31")) == timedelta(minutes=2)
    assert CLOCK.working_time(at("2026-11-23 15:00"), at("2026-11-23 10:00")) == timedelta()
    assert CLOCK.next_opening(at("2026-11-23 12:00")) == at("2026-11-23 13:30")
    assert CLOCK.next_opening(at("2026-11-23 11:59:59")) == at("2026-11-23 11:59:59")
    assert CLOCK.next_opening(at("2026-11-27 17:30")) == at("2026-11-30 09:00")
    assert CLOCK.next_opening(at("2026-09-30 20:00")) == at("2026-10-08 09:00")
    assert CLOCK.advance(at("2026-11-23 17:30"), timedelta(hours=7)) == at("2026-11-24 17:30")
    assert CLOCK.advance(at("2026-11-22 10:00"), timedelta()) == at("2026-11-22 10:00")


def test_a_calendar_overrides_days_and_hours_of_its_year_alone() -> None:
    calendar = Calendar.model_validate(
        {"kind": "Calendar", "year": 2027, "holidays": (date(2027, 1, 1), date(2027, 1, 4))}
        | {"workdays": (date(2027, 1, 2),), "hours": (("08:00", "12:00"), ("13:00", "17:00"))}
    )
    clock = WorkingTime({2027: calendar}, SHANGHAI)
    assert clock.due(at("2026-12-31 10:00"), workdays(1)) == at("2027-01-02 17:00")
    assert clock.due(at("2026-12-31 10:00"), workdays(2)) == at("2027-01-05 17:00")
    assert clock.working_time(at("2026-12-31 17:00"), at("2027-01-02 09:00")) == timedelta(hours=1.5)
    assert clock.is_working_day(date(2027, 2, 8))  # New Year to the package; the calendar says nothing of it
    assert not clock.provisional(date(2027, 1, 4))


def test_a_year_without_calendar_and_schedule_is_provisional() -> None:
    package = WorkingTime({}, SHANGHAI)
    assert [year for year in range(2018, 2029) if package.provisional(date(year, 6, 1))] == [2027, 2028]
    assert package.provisional(package.due(at("2026-12-30 10:00"), workdays(2)).date())


@pytest.mark.parametrize("year", sorted({2024, 2025, 2026, *SHIPPED}))
def test_every_day_agrees_with_a_second_package(year: int) -> None:
    if year not in {day.year for day in chinese_calendar.holidays}:
        pytest.skip(f"chinese-calendar {metadata.version('chinese-calendar')} does not know {year} yet")
    for clock in (CLOCK, WorkingTime({}, SHANGHAI)):
        day = date(year, 1, 1)
        while day.year == year and not clock.provisional(day):
            assert clock.is_working_day(day) == chinese_calendar.is_workday(day), day
            day += timedelta(days=1)


@pytest.mark.parametrize("moment", [datetime(2026, 11, 23), datetime.min, datetime.max])
def test_a_naive_moment_is_refused(moment: datetime) -> None:
    for call in (
        lambda: CLOCK.due(moment, workdays(1)),
        lambda: CLOCK.due(moment, Limit(n=1, unit="hour")),
        lambda: CLOCK.working_time(moment, THURSDAY),
        lambda: CLOCK.working_time(THURSDAY, moment),
        lambda: CLOCK.working_time(THURSDAY, at("2026-12-01"), [(THURSDAY, moment)]),
        lambda: CLOCK.advance(moment, timedelta(hours=1)),
        lambda: CLOCK.next_opening(moment),
        lambda: merged([(moment, THURSDAY)]),
    ):
        with pytest.raises(ValueError, match="has no time zone"):
            call()


def test_absurd_input_ends_at_once() -> None:
    began = perf_counter()
    for far in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), at("2101-01-01")):
        with pytest.raises(ValueError, match="years go from 2000 to 2100"):
            CLOCK.working_time(THURSDAY, far)
    with pytest.raises(ValueError, match="calendars end with the year 2100"):
        CLOCK.due(at("2090-01-01"), workdays(10_000))
    with pytest.raises(ValueError, match="calendars end with the year 2100"):
        CLOCK.advance(THURSDAY, timedelta.max)
    with pytest.raises(ValueError, match="negative"):
        CLOCK.advance(THURSDAY, -timedelta(hours=1))
    with pytest.raises(ValueError, match="give its day"):
        CLOCK.is_working_day(THURSDAY)
    with pytest.raises(ValueError, match="out of range"):
        CLOCK.is_working_day(date(1999, 12, 31))
    assert CLOCK.due(THURSDAY, workdays(10_000)).year == 2067
    assert perf_counter() - began < 5


def test_importing_it_does_not_import_the_holidays() -> None:
    text = "import sys, yunzu.model.working_time; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_time_is_monotone_and_additive(a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    whole = CLOCK.working_time(a, c)
    assert timedelta() <= CLOCK.working_time(a, b) <= whole <= c - a
    assert CLOCK.working_time(a, b) + CLOCK.working_time(b, c) == whole


@given(MOMENTS, st.integers(1, 30), st.sampled_from(["minute", "hour", "workday"]), st.integers(0, 30))
def test_due_is_not_before_acceptance_and_grows(a: datetime, n: int, unit: str, more: int) -> None:
    limit, longer = (Limit.model_validate({"n": count, "unit": unit}) for count in (n, n + more))
    assert a < CLOCK.due(a, limit) <= CLOCK.due(a, longer)


@given(MOMENTS, MOMENTS, st.integers(1, 30))
def test_who_is_accepted_later_is_due_no_earlier(a: datetime, b: datetime, n: int) -> None:
    assert CLOCK.due(min(a, b), workdays(n)) <= CLOCK.due(max(a, b), workdays(n))


@given(MOMENTS, OFFICE_TIMES, OFFICE_TIMES)
def test_advance_is_the_inverse_of_working_time(a: datetime, by: timedelta, more: timedelta) -> None:
    later = CLOCK.advance(a, by)
    assert CLOCK.working_time(a, later) == by
    assert CLOCK.advance(later, more) == CLOCK.advance(a, by + more) or not by + more
    if by:  # the earliest such moment: a microsecond before it, less has passed
        assert CLOCK.working_time(a, later - timedelta(microseconds=1)) < by


@given(MOMENTS)
def test_the_office_is_open_at_the_next_opening(a: datetime) -> None:
    opening = CLOCK.next_opening(a)
    assert opening >= a
    assert CLOCK.working_time(a, opening) == timedelta()
    assert CLOCK.working_time(opening, opening + timedelta(microseconds=1)) > timedelta()
    assert CLOCK.next_opening(opening) == opening


def test_what_touches_becomes_one() -> None:
    ten, eleven, noon = (at(f"2026-11-23 {hour}:00") for hour in (10, 11, 12))
    assert merged([(eleven, noon), (ten, eleven)]) == ((ten, noon),)
    assert merged([(ten, ten), (noon, eleven)]) == ()


@given(PAUSES)
def test_merging_twice_is_merging_once(pauses: list[Interval]) -> None:
    once = merged(pauses)
    assert merged(once) == once
    assert all(start < end for start, end in once)
    assert all(end < start for (_, end), (start, _) in pairwise(once))


@given(MOMENTS, MOMENTS, PAUSES, MOMENTS)
def test_how_pauses_are_cut_up_does_not_matter(
    a: datetime, b: datetime, pauses: list[Interval], cut: datetime
) -> None:
    pieces = [(start, min(end, cut)) for start, end in pauses] + [
        (max(start, cut), end) for start, end in pauses
    ]
    used = CLOCK.working_time(a, b, pauses)
    assert timedelta() <= used <= CLOCK.working_time(a, b)
    assert CLOCK.working_time(a, b, [*pieces, *pauses]) == used
