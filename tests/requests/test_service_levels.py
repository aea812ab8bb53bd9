"""A month's figures from the records, each told by hand from the moments in `tests/support/december.py`."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete, event
from sqlalchemy.exc import InternalError

from tests.support.december import Month, at, everything
from tests.support.office import Desk, department
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.items import Item
from yunzu.records import request_periods
from yunzu.records.requests_schema import manifests
from yunzu.services.requests import report_document, service_levels
from yunzu.services.requests.service_levels import Line, Report
from yunzu.services.requests.truth import Truth

HOUR = 3600
USED = {"on time": 15 * HOUR, "late": 42 * HOUR, "paused": 14 * HOUR, "returned": 184, "denied": 7 * HOUR}
PROMISED = 35 * HOUR


@pytest.fixture
def month(desk: Desk) -> Month:
    return Month(desk)


def line(report: Report, name: str, kind: str = "promised") -> Line:
    [found] = [one for one in report.departments if (one.name, one.kind) == (name, kind)]
    return found


def test_a_month_by_hand(month: Month) -> None:
    number = everything(month)
    report = month.report()
    transport = line(report, "transport")
    figures = transport.figures
    assert (figures.submitted, figures.accepted, figures.done, transport.open) == (8, 7, 5, 1)
    assert (figures.on_time, figures.late, figures.overdue) == (4, 1, 1)
    assert figures.on_time_rate == Fraction(4, 6)
    assert figures.used
    assert figures.used.mean == timedelta(seconds=sum(USED.values())) / 5
    assert figures.used.median == timedelta(hours=14)
    assert figures.used.p95 == timedelta(hours=42)
    assert figures.speed_up
    assert figures.speed_up.mean == sum(1 - Fraction(used, PROMISED) for used in USED.values()) / 5
    assert figures.total_speed_up == 1 - Fraction(sum(USED.values()), 5 * PROMISED)
    assert figures.shortest_speed_up == figures.speed_up.mean
    assert figures.promise_speed_up == Fraction(15, 20)
    assert figures.fastest
    assert (figures.fastest.number, figures.fastest.time) == (number["returned"], timedelta(seconds=184))
    eighth = Fraction(1, 8)
    assert (figures.returned_rate, figures.refused_rate, figures.withdrawn_rate) == (eighth, eighth, eighth)
    assert figures.paused_rate == 2 * eighth
    assert (figures.satisfied_rate, transport.ratings) == (Fraction(2, 3), 3)
    assert transport.promised == timedelta(hours=35)


def test_submission_to_delivery_takes_no_pause_off(month: Month) -> None:
    everything(month)
    delivery = line(month.report(), "transport").figures.delivery
    assert delivery
    waited = [
        timedelta(days=2, hours=1),
        timedelta(days=8),
        timedelta(days=8),
        timedelta(days=6, seconds=184),
    ]
    assert delivery.mean == sum(waited, timedelta()) / 4


def test_instant_cases_stand_apart(month: Month) -> None:
    number = everything(month)
    report = month.report()
    instant = line(report, "transport", "instant").figures
    assert (instant.done, instant.on_time_rate, instant.total_speed_up) == (1, 1, Fraction(6, 10))
    assert instant.fastest
    assert (instant.fastest.number, instant.fastest.time) == (number["instant"], timedelta(minutes=4))
    assert {(one.name, one.kind) for one in report.items} == {
        ("environment.new", "promised"),
        ("environment.resume", "instant"),
    }
    promised, instants = report.totals
    assert (promised.figures.submitted, promised.figures.done, promised.open) == (10, 5, 3)
    assert (instants.figures.submitted, instants.figures.done) == (1, 1)


def test_who_needs_somebody_now_the_worst_first(month: Month) -> None:
    number = everything(month)
    found = month.report().urgent
    assert [(one.number, one.overdue_days) for one in found] == [
        (number["overdue"], 16),
        (number["due tomorrow"], 0),
    ]
    assert [one.due_at for one in found] == [at("12-09 17:30"), at("2027-01-04 17:30")]


def test_a_rating_counts_when_it_was_given(month: Month) -> None:
    """Its case ended the month before: who asks late would otherwise never count."""
    month.register("transport")
    number = month.file("transport/a", "11-26 10:00")
    month.done(number, "11-27 10:00")
    month.rate(number, "12-02 10:00", 5)
    report = month.report()
    transport = line(report, "transport")
    assert (transport.figures.satisfied_rate, transport.ratings, transport.figures.done) == (0, 1, 0)
    assert month.report("2026-12-01 12:00").departments == ()


def test_a_report_run_later_is_the_same(month: Month) -> None:
    """Also after everything went on: decided, paused, rated, another promise, another title."""
    number = everything(month)
    early = report_document.document(month.report("2027-01-01 00:00"))
    month.done(number["overdue"], "2027-01-05 10:00")
    for hour in ("10", "14"):
        month.pause(number["running"], f"2027-01-04 {hour}:00", f"2027-01-04 {hour}:30")
    month.withdraw(number["running"], "2027-01-05 10:00")
    month.rate(number["denied"], "2027-01-05 11:00", 5)
    with month.office.records.transaction() as connection:
        item = Truth(connection).get(Item, "environment.new")
    shorter = item.promised.model_copy(update={"n": 4})
    month.approve(item.model_copy(update={"promised": shorter}), "2027-01-05 12:00")
    month.approve(department("transport", title={"zh": "改名局"}), "2027-01-05 12:00")
    late = report_document.document(month.report("2027-02-01 00:00"))
    assert late == early
    assert late.final is True


def test_a_report_before_the_end_says_so(month: Month) -> None:
    everything(month)
    document = report_document.document(month.report("2026-12-09 17:30"))
    assert (document.final, document.as_of.isoformat()) == (False, "2026-12-09T09:30:00+00:00")
    [transport] = [one for one in document.items if one.department == "transport"]
    assert (transport.done, transport.overdue, transport.submitted) == (2, 0, 4)


def test_one_query_a_table_however_many_cases(month: Month) -> None:
    def counted() -> int:
        statements: list[str] = []

        def count(_: Any, __: Any, statement: str, *___: Any) -> None:
            statements.append(statement)

        engine = month.office.records._engine
        event.listen(engine, "before_cursor_execute", count)
        month.report()
        event.remove(engine, "before_cursor_execute", count)
        return len(statements)

    month.register("transport")
    month.file("transport/a", "12-01 10:00")
    few = counted()
    for name in "bcde":
        month.pause(month.file(f"transport/{name}", "12-01 10:00"), "12-02 10:00", "12-03 10:00")
    assert counted() == few == 6


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "26-11", "2026-1", "2026-11-01", "٢٠٢٦-11", ""]
)
def test_what_is_no_month_is_said(text: str, desk: Desk) -> None:
    with pytest.raises(UsageError, match="is not a month"):
        service_levels.month(text, desk.office)


def test_the_present_month_is_in_the_centres_zone(desk: Desk) -> None:
    desk.at("2026-12-01 00:30")
    assert service_levels.month(None, desk.office).start == at("12-01 00:00")
    with pytest.raises(UsageError, match="has not begun"):
        service_levels.month("2027-01", desk.office)


def test_a_department_sees_its_own(month: Month) -> None:
    everything(month)
    reviewer = month.desk.person("reviewer", "health")
    period = month.report().book.period
    own = service_levels.report(period, actor=reviewer, office=month.office)
    assert {one.name for one in own.departments} == {"health"}
    assert own.totals[0].figures.submitted == 2
    with pytest.raises(RefusedError, match="not of your department"):
        service_levels.report(period, actor=reviewer, office=month.office, department="transport")
    with pytest.raises(NotFoundError, match="not registered"):
        month.report(department="no-such")


def test_an_empty_month_names_who_had_no_business(month: Month) -> None:
    month.register("transport", "health")
    report = month.report()
    assert report.is_empty
    assert report.without_business == ("health", "transport")


def test_what_is_read_is_of_one_moment_and_nothing_is_changed(month: Month) -> None:
    with month.office.records.transaction() as connection:
        request_periods.freeze(connection)
        isolation = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        assert isolation == "repeatable read"
        with pytest.raises(InternalError, match="read-only transaction"):
            connection.execute(delete(manifests))
