"""Working calendars (工作日历) of one year each. Owned by the centre, under `centre/calendar/`.

The State Council's notice (国务院办公厅关于…年部分节假日安排的通知) comes each November for the next year.
A Calendar says the whole year: with it, nothing of that year is taken from elsewhere.
"""

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from yunzu.model.identifiers import DisplayText
from yunzu.model.manifests import Day, Manifest
from yunzu.model.text import shown

FIRST_YEAR = 2000
LAST_YEAR = 2100  # the lunar festivals are computed no further

OFFICE_HOURS = (("09:00", "12:00"), ("13:30", "17:30"))

_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


def clock_time(text: str) -> str:
    """A time of day like `09:00`. Raises ValueError for anything else."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a time of day; write it like '09:00'")
    return text


ClockTime = Annotated[
    str,
    AfterValidator(clock_time),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK.pattern}$", "maxLength": 5}),
]
Opening = Annotated[tuple[ClockTime, ClockTime], Field(strict=False)]
Days = Annotated[tuple[Day, ...], Field(max_length=366, strict=False)]


def _named(days: Sequence[date]) -> str:
    """`2026-01-01`, or `2026-01-01 and 3 more`: a list of faults stays one line."""
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} and {len(days) - 1} more"


class Calendar(Manifest):
    """工作日历: which days of a year are worked, and when the office is open."""

    kind: Literal["Calendar"]
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    holidays: Days = Field(
        description="放假: days off; weekends may be left out", json_schema_extra={"minItems": 1}
    )
    workdays: Days = Field((), description="调休上班: Saturdays and Sundays that are worked")
    hours: Annotated[tuple[Opening, ...], Field(max_length=8, strict=False)] = Field(
        OFFICE_HOURS,
        description="办公时间: [from, to] in order, each in quotes",
        json_schema_extra={"minItems": 1},
    )
    source: DisplayText | None = Field(None, description="The notice that sets it, and where it was read")

    # Not min_length: pydantic counts what is left after faulty items, and would find fault twice.
    @field_validator("holidays", "hours")
    @classmethod
    def _not_empty(cls, given: tuple[object, ...]) -> tuple[object, ...]:
        if not given:
            raise ValueError("is empty; every year has days off, and every office opens")
        return given

    @field_validator("holidays", "workdays")
    @classmethod
    def _days_of_the_year(cls, days: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        year = info.data.get("year")  # None where the year itself is a finding
        strange = [day for day in days if year is not None and day.year != year]
        if strange:
            raise ValueError(f"{_named(strange)} lies outside {year}; write it in that year's calendar")
        twice = sorted({day for day in days if days.count(day) > 1})
        if twice:
            raise ValueError(f"{_named(twice)} is listed twice")
        return days

    @field_validator("workdays")
    @classmethod
    def _not_off_and_at_a_weekend(cls, days: tuple[date, ...], info: ValidationInfo) -> tuple[date, ...]:
        off = set(info.data.get("holidays", ()))
        both = [day for day in days if day in off]
        if both:
            raise ValueError(f"{_named(both)} is under holidays too; a day is worked or not")
        ordinary = [day for day in days if day.weekday() < 5]
        if ordinary:
            raise ValueError(f"{_named(ordinary)} is no Saturday or Sunday and is worked anyway; remove it")
        return days

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: tuple[Opening, ...]) -> tuple[Opening, ...]:
        before = ""
        for start, end in hours:
            if end <= start:
                raise ValueError(f"[{start}, {end}] does not end after it begins")
            if start < before:
                raise ValueError(f"[{start}, {end}] begins before {before}, where the one before it ends")
            before = end
        return hours

    @property
    def openings(self) -> tuple[tuple[time, time], ...]:
        """The hours as times of day, in order; half-open."""
        return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in self.hours)

    def is_working_day(self, day: date) -> bool:
        """Whether a day of this year is worked."""
        return day in self.workdays if day.weekday() >= 5 else day not in self.holidays
