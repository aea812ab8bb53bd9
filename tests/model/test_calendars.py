"""A Calendar says a whole year, and a wrong day in it is found before a deadline is counted on it."""

from datetime import date, time
from pathlib import Path

import pytest

from tests.support.manifest_tree import ROOT
from yunzu.findings import Finding
from yunzu.model.calendars import Calendar
from yunzu.model.reading import parse_manifest, read_manifest

VALID = """\
kind: Calendar
year: 2026
holidays: [2026-10-01, 2026-10-02, 2026-10-05]
workdays: [2026-10-10]
hours: [["09:00", "12:00"], ["13:30", "17:30"]]
source: 国办发明电
"""


def parsed(*replaced: tuple[str, str]) -> tuple[Calendar | None, list[Finding]]:
    text = VALID
    for old, new in replaced:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return parse_manifest(Calendar, text, "2026.yaml")


def test_days_and_hours_are_read() -> None:
    calendar, findings = parsed()
    assert calendar is not None, findings
    assert calendar.openings == ((time(9), time(12)), (time(13, 30), time(17, 30)))
    worked = [day for day in range(1, 13) if calendar.is_working_day(date(2026, 10, day))]
    assert worked == [6, 7, 8, 9, 10, 12]


def test_workdays_hours_and_source_may_be_left_out() -> None:
    calendar, findings = parse_manifest(Calendar, VALID.partition("workdays")[0], "2026.yaml")
    assert calendar is not None, findings
    assert (calendar.workdays, calendar.source) == ((), None)
    assert calendar.openings == ((time(9), time(12)), (time(13, 30), time(17, 30)))


@pytest.mark.parametrize(
    ("old", "new", "path", "fact"),
    [
        ("2026-10-05]", "2025-12-31]", "holidays", "2025-12-31 lies outside 2026"),
        ("2026-10-05]", "2027-01-01, 2027-01-04]", "holidays", "2027-01-01 and 1 more lies outside 2026"),
        ("[2026-10-10]", "[2027-10-10]", "workdays", "2027-10-10 lies outside 2026"),
        ("2026-10-05]", "2026-10-10]", "workdays", "2026-10-10 is under holidays too"),
        ("2026-10-05]", "2026-10-02]", "holidays", "2026-10-02 is listed twice"),
        ("[2026-10-10]", "[2026-10-09]", "workdays", "2026-10-09 is no Saturday or Sunday"),
        ("[2026-10-01, 2026-10-02, 2026-10-05]", "[]", "holidays", "is empty"),
        ("2026-10-05]", "2026-02-29]", "holidays[2]", "'2026-02-29' is a date or number that does not exist"),
        ("2026-10-05]", "monday]", "holidays[2]", "'monday' is not a day"),
        ("year: 2026", "year: 1999", "year", "1999 is less than 2000"),
        ("year: 2026", "year: 2101", "year", "2101 is more than 2100"),
        ("year: 2026", "year: true", "year", "true is not a whole number"),
        ('["13:30", "17:30"]', '["11:30", "17:30"]', "hours", "[11:30, 17:30] begins before 12:00"),
        ('["13:30", "17:30"]', '["08:00", "08:30"]', "hours", "[08:00, 08:30] begins before 12:00"),
        ('["13:30", "17:30"]', '["17:30", "13:30"]', "hours", "[17:30, 13:30] does not end after it begins"),
        ('["13:30", "17:30"]', '["13:30", "13:30"]', "hours", "[13:30, 13:30] does not end after it begins"),
        ('["13:30", "17:30"]', '["13:30", "24:00"]', "hours[1][1]", "'24:00' is not a time of day"),
        ('["13:30", "17:30"]', '["13:30", "９:00"]', "hours[1][1]", "'９:00' is not a time of day"),
        ('["13:30", "17:30"]', '["13:30", 17:30]', "hours[1][1]", "write it in quotes: '17:30'"),
        ('["13:30", "17:30"]', '["13:30"]', "hours[1][1]", "is missing"),
        ('[["09:00", "12:00"], ["13:30", "17:30"]]', "[]", "hours", "is empty"),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_is(old: str, new: str, path: str, fact: str) -> None:
    calendar, findings = parsed((old, new))
    assert calendar is None
    assert [one.path for one in findings] == [path]
    assert fact in findings[0].message


def test_every_fault_comes_at_once() -> None:
    faults = (
        ("2026-10-05", "2025-10-05"),
        ("[2026-10-10]", "[2026-10-09]"),
        ("17:30", "12:30"),
        ("国办", "\u200b"),
    )
    _, findings = parsed(*faults)
    assert [str(one).partition(": ")[0] for one in findings] == [
        f"2026.yaml:{path}" for path in ("holidays", "workdays", "hours", "source")
    ]


def test_spans_that_touch_are_in_order() -> None:
    calendar, _ = parsed(("13:30", "12:00"))
    assert calendar is not None


@pytest.mark.parametrize(
    "file", sorted((ROOT / "centre" / "calendar").glob("*.yaml")), ids=lambda file: file.stem
)
def test_a_shipped_calendar_is_what_the_package_says(file: Path) -> None:
    import holidays

    calendar, findings = read_manifest(Calendar, file)
    assert calendar is not None, findings
    known = holidays.country_holidays("CN", years=calendar.year)
    scheduled = sorted(day for day in known.weekend_workdays if day.year == calendar.year)
    if not scheduled:
        pytest.skip(f"holidays {holidays.__version__} does not know the schedule of {calendar.year} yet")
    assert list(calendar.holidays) == sorted(known)
    assert list(calendar.workdays) == scheduled
