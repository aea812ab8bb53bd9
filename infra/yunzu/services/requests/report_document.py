"""A period's report as one document: for programs, and to be hashed, so that an auditor who runs it again
can compare. Rates are shares of one as decimal strings, rounded down; durations are seconds.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from importlib.metadata import version
from typing import Any

from yunzu.model.answers.service_levels import ServiceLevelsAnswer
from yunzu.model.calendars import OFFICE_HOURS
from yunzu.model.limits import Limit
from yunzu.model.service_levels import Fastest, Spread, percentage
from yunzu.services.requests.casebook import CENTRE, Casebook
from yunzu.services.requests.service_levels import FORMULA, Line, Report


def document(report: Report) -> ServiceLevelsAnswer:
    """Everything that the report says, with the hash of all of it."""
    found = {**_header(report), **_figures(report), **_watched(report)}
    found["titles"] = {name: report.book.title(name) for name in sorted({*_named(found)})}
    answer = ServiceLevelsAnswer.model_validate(found)
    facts = answer.model_dump(mode="json", by_alias=True, exclude={"hash"})
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return answer.model_copy(update={"hash": hashlib.sha256(text.encode()).hexdigest()})


def _named(found: Any) -> Iterator[str]:
    """The departments and items that a document names."""
    if isinstance(found, dict):
        yield from (found[key] for key in ("department", "item") if found.get(key))
        yield from found.get("without_business", ())
        for value in found.values():
            yield from _named(value)
    elif isinstance(found, list):
        for value in found:
            yield from _named(value)


def share(value: Fraction | None) -> str | None:
    """`0.6666` of two thirds: never more than it is."""
    return None if value is None else f"{percentage(value).scaleb(-2):.4f}"


def _month_of(book: Casebook) -> str:
    """`2026-11`."""
    return f"{book.period.start.astimezone(book.clock.zone):%Y-%m}"


def _is_final(book: Casebook) -> bool:
    """Whether the period is over."""
    return book.period.known_at >= book.period.end


def _calendars(book: Casebook) -> list[dict[str, Any]]:
    """Where the working days of the years come from that the period, its cases and their promises lie in."""
    years = {moment.astimezone(book.clock.zone).year for moment in _moments(book)}
    return [_calendar(book, year) for year in range(min(years), max(years) + 1)]


def _hours(book: Casebook) -> list[str]:
    """Office hours of the period's year."""
    versions = book.calendars.get(book.period.start.astimezone(book.clock.zone).year, ())
    calendar = versions[-1].calendar if versions else None
    return [f"{start}-{end}" for start, end in (calendar.hours if calendar else OFFICE_HOURS)]


def _header(report: Report) -> dict[str, Any]:
    book = report.book
    period = book.period
    return {
        "period": _month_of(book),
        "from": _moment(period.start),
        "until": _moment(period.end),
        "as_of": _moment(period.as_of),
        "final": _is_final(book),
        "formula": FORMULA,
        "zone": str(book.clock.zone),
        "hours": _hours(book),
        "calendar": _calendars(book),
        "department": report.department,
    }


def _moments(book: Casebook) -> Iterable[datetime]:
    yield from (book.period.start, book.period.as_of)
    for case in book.cases:
        yield case.submitted_at
        if case.done_at is None:
            yield book.clock.due(case.submitted_at, case.promised)


def _calendar(book: Casebook, year: int) -> dict[str, Any]:
    versions = book.calendars.get(year, ())
    if versions and versions[-1].calendar is not None:
        one = versions[-1]
        said = versions[-1].calendar.source
        return {"year": year, "source": said, "hash": one.hash, "approved": True, "provisional": False}
    source = f"PyPI holidays {version('holidays')}"
    provisional = book.clock.provisional(date(year, 1, 1))
    return {"year": year, "source": source, "hash": None, "approved": False, "provisional": provisional}


def _figures(report: Report) -> dict[str, Any]:
    title = report.book.title
    promised, instant = (_line(line) for line in report.totals)
    return {
        "items": [
            {"department": line.name, "title": title(line.name), **_line(line)} for line in report.departments
        ],
        "by_item": [
            {
                "item": line.name,
                "title": title(line.name),
                **_line(line),
            }
            for line in report.items
        ],
        "total": promised,
        "total_instant": instant,
        "without_business": list(report.without_business),
    }


def _line(line: Line) -> dict[str, Any]:
    figures = line.figures
    speed_up = figures.speed_up
    return {
        "kind": line.kind,
        "submitted": figures.submitted,
        "accepted": figures.accepted,
        "done": figures.done,
        "on_time": figures.on_time,
        "late": figures.late,
        "overdue": figures.overdue,
        "open": line.open,
        "on_time_rate": share(figures.on_time_rate),
        "completion_rate": share(figures.completion_rate),
        "used_seconds": _durations(figures.used),
        "promised_seconds": _seconds(line.promised),
        "speed_up_mean": share(speed_up.mean if speed_up else None),
        "speed_up_median": share(speed_up.median if speed_up else None),
        "speed_up_p95": share(speed_up.p95 if speed_up else None),
        "speed_up_total": share(figures.total_speed_up),
        "whole_on_time_rate": share(figures.whole_on_time_rate),
        "whole_speed_up": share(figures.whole_speed_up),
        "speed_up_shortest": share(figures.shortest_speed_up),
        "promise_speed_up": share(figures.promise_speed_up),
        "delivery_seconds": _durations(figures.delivery),
        "fastest": _fastest(figures.fastest),
        "returned_rate": share(figures.returned_rate),
        "refused_rate": share(figures.refused_rate),
        "withdrawn_rate": share(figures.withdrawn_rate),
        "paused_rate": share(figures.paused_rate),
        "satisfied_rate": share(figures.satisfied_rate),
        "ratings": line.ratings,
        "limits": [_limit(limit) for limit in line.limits],
    }


def _watched(report: Report) -> dict[str, Any]:
    """What needs somebody now, and what an auditor should look at."""
    return {
        "supervision": [
            {
                "request": one.number,
                "department": one.department,
                "item": one.item,
                "due_at": _moment(one.due_at),
                "level": "overdue" if one.overdue_days else "warning",
                "overdue_days": one.overdue_days,
            }
            for one in report.urgent
        ],
        "promises_changed": [
            {
                "item": one.item,
                "at": _moment(one.at),
                "request": one.request,
                "before": _limit(one.before),
                "after": _limit(one.after),
            }
            for one in report.promises_changed
        ],
        "calendars_changed": [
            {"year": year, "at": _moment(at), "request": request}
            for year, at, request in report.calendars_changed
        ],
        "lengthened": [
            {"item": item, "shortest": _limit(shortest), "longest": _limit(longest)}
            for item, (shortest, longest) in report.lengthened.items()
        ],
        "many_pauses": [
            {"department": name, "share": share(value)} for name, value in report.many_pauses.items()
        ],
        **_cases_watched(report),
    }


def _cases_watched(report: Report) -> dict[str, Any]:
    return {
        "late_acceptances": [
            {
                "request": one.number,
                "department": one.department,
                "item": one.item,
                "submitted_at": _moment(one.submitted_at),
                "answered_at": _moment(one.answered_at),
            }
            for one in report.late_acceptances
        ],
        "stopped": [
            {
                "request": one.number,
                "department": one.department,
                "item": one.item,
                "corrections": one.corrections,
                "others": one.others,
                "stood_seconds": _seconds(one.stood),
                "stands": one.stands,
            }
            for one in report.stopped
        ],
        "repeated": [asdict(one) for one in report.repeated],
        "closed_after_due": list(report.closed_after_due),
        "emergencies": [
            {
                "request": one.request,
                "department": one.department or CENTRE,
                "item": one.item,
                "at": _moment(one.at),
                "account": one.account,
                "reason": one.reason,
            }
            for one in report.book.emergencies
        ],
        "contradictions": [
            {"request": number, "fact": fact} for number, fact in report.book.contradictions.items()
        ],
    }


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    return None if limit is None else {"n": limit.n, "unit": limit.unit}


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _durations(spread: Spread[timedelta] | None) -> dict[str, float | None] | None:
    if spread is None:
        return None
    return {"mean": _seconds(spread.mean), "median": _seconds(spread.median), "p95": _seconds(spread.p95)}


def _fastest(found: Fastest | None) -> dict[str, Any] | None:
    return None if found is None else {"request": found.number, "seconds": _seconds(found.time)}
