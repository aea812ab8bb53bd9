"""What makes figures look better than the work was: each trick is tried on the records, and is seen."""

from datetime import timedelta
from fractions import Fraction

import pytest

from tests.support.december import UNFIT, Month, at
from tests.support.office import SHANGHAI, Desk, environment
from yunzu.model.answers.service_levels import ServiceLevelsAnswer
from yunzu.model.calendars import Calendar
from yunzu.model.cases import Period
from yunzu.model.items import Item
from yunzu.model.limits import Limit
from yunzu.services.requests import moving, report_document, service_levels
from yunzu.services.requests.service_levels import Report
from yunzu.services.requests.truth import Truth


@pytest.fixture
def month(desk: Desk) -> Month:
    made = Month(desk)
    made.register("transport")
    return made


def accept(month: Month, number: str, moment: str) -> None:
    month.clock(moment)
    moving.accept(number, actor=month.desk.officer("operator"), office=month.office)


def promise(month: Month, n: int, moment: str) -> None:
    """Another promise of new environments, approved from a moment on."""
    with month.office.records.transaction() as connection:
        item = Truth(connection).get(Item, "environment.new")
    month.approve(item.model_copy(update={"promised": Limit(n=n, unit="workday")}), moment)


def total(report: Report) -> tuple[int, int, int]:
    """On time, late, overdue."""
    figures = report.totals[0].figures
    return figures.on_time, figures.late, figures.overdue


def test_accepting_late_gains_nothing(month: Month) -> None:
    """Counted from the acceptance it would be on time until the 15th."""
    number = month.file("transport/a", "12-01 10:00", plan="small", **UNFIT)
    accept(month, number, "12-08 10:00")
    month.deny(number, "12-09 09:00")
    report = month.report()
    assert total(report) == (0, 1, 0)
    used = report.totals[0].figures.used
    assert used
    assert used.mean == timedelta(hours=6 + 5 * 7)
    [late] = report.late_acceptances
    assert (late.number, late.submitted_at, late.answered_at) == (
        number,
        at("12-01 10:00"),
        at("12-08 10:00"),
    )


def test_not_answering_at_all_is_seen(month: Month) -> None:
    number = month.file("transport/a", "12-01 10:00", plan="small", **UNFIT)
    in_time = month.file("transport/b", "12-01 10:00", plan="small", **UNFIT)
    accept(month, in_time, "12-02 17:30")
    report = month.report()
    assert [(one.number, one.answered_at) for one in report.late_acceptances] == [(number, None)]
    assert total(report) == (0, 0, 2)


def test_silence_that_is_entered_later_changes_no_earlier_report(month: Month) -> None:
    """The records then say that it was accepted when it was submitted, on the last day of November."""
    number = month.file("transport/a", "11-30 16:00", plan="small", **UNFIT)

    def november(now: str) -> ServiceLevelsAnswer:
        month.clock(now)
        period = Period.month(2026, 11, SHANGHAI, at(now))
        auditor = month.desk.officer("auditor")
        return report_document.document(service_levels.report(period, actor=auditor, office=month.office))

    before = november("12-01 09:00")
    month.clock("12-02 09:00")
    entered = moving.go_on(number, office=month.office)
    assert entered.accepted_at == entered.submitted_at
    assert november("12-02 09:01") == before


def test_returning_without_end_is_seen(month: Month) -> None:
    """It is never decided and never overdue, so no other figure says anything of it."""
    number = month.file("transport/a", "12-01 10:00", plan="small", **UNFIT)
    month.return_(number, "12-01 10:30")
    for day in ("02", "08", "14"):  # at once again, or the silence in between would be acceptance
        month.resubmit(number, f"12-{day} 16:00", **UNFIT)
        month.return_(number, f"12-{day} 16:10")
    report = month.report()
    assert total(report) == (0, 0, 0)
    assert report.totals[0].figures.on_time_rate is None
    assert report.totals[0].figures.returned_rate == 1
    [stopped] = report.stopped
    assert (stopped.number, stopped.corrections, stopped.others, stopped.stands) == (number, 4, 0, True)
    days_after_the_14th = 13
    running = timedelta(minutes=30 + 3 * 10)
    all_days = timedelta(hours=6 + 9 * 7 + days_after_the_14th * 7)
    assert stopped.stood == all_days - running


def test_a_longer_promise_helps_no_case_that_was_filed_before(month: Month) -> None:
    month.file("transport/old", "12-01 10:00")
    promise(month, 19, "12-02 09:00")
    new = month.file("transport/new", "12-02 10:00")
    month.done(new, "12-04 10:00")
    report = month.report()
    assert total(report) == (1, 0, 1)
    figures = report.totals[0].figures
    used = 6 + 7 + 1
    assert figures.speed_up
    assert figures.speed_up.mean == 1 - Fraction(used, 19 * 7)
    assert figures.shortest_speed_up == 1 - Fraction(used, 5 * 7)
    [change] = report.promises_changed
    assert (change.item, change.at, change.before, change.after) == (
        "environment.new",
        at("12-02 09:00"),
        Limit(n=5, unit="workday"),
        Limit(n=19, unit="workday"),
    )
    shortest, longest = report.lengthened["environment.new"]
    assert (shortest.n, longest.n) == (5, 19)


def test_a_promise_that_was_once_shorter_is_remembered(month: Month) -> None:
    """Lengthened before the period, and by two steps that each look small."""
    promise(month, 4, "11-24 09:00")
    promise(month, 5, "11-25 09:00")
    promise(month, 6, "11-26 09:00")
    month.done(month.file("transport/a", "12-01 09:00"), "12-03 09:00")
    report = month.report()
    assert report.promises_changed == ()
    assert report.lengthened["environment.new"][0].n == 4
    assert report.totals[0].figures.shortest_speed_up == 1 - Fraction(14, 28)


def test_many_short_pauses_are_one_long_one(month: Month) -> None:
    split, whole = month.file("transport/a", "12-01 09:00"), month.file("transport/b", "12-01 09:00")
    for day in ("02", "03", "04"):
        month.pause(split, f"12-{day} 09:00", f"12-{day} 13:00")
        month.pause(split, f"12-{day} 13:00", f"12-{day} 17:30")
    month.pause(whole, "12-02 09:00", "12-04 17:30")
    for number in (split, whole):
        month.done(number, "12-12 10:00")
    report = month.report()
    used = report.totals[0].figures.used
    assert used
    assert used.mean == used.p95 == timedelta(hours=7 + 4 * 7 + 7)
    assert report.many_pauses == {"transport": 1}
    [stopped] = report.stopped
    assert (stopped.number, stopped.others, stopped.stood) == (split, 6, timedelta(hours=21))


def test_closing_what_is_overdue_as_withdrawn_is_seen(month: Month) -> None:
    kept = month.file("transport/a", "12-01 10:00")
    month.done(kept, "12-02 10:00")
    gone = month.file("transport/b", "12-01 10:00")
    month.withdraw(gone, "12-20 10:00")
    early = month.file("transport/c", "12-21 10:00")
    month.withdraw(early, "12-21 11:00")
    report = month.report()
    assert report.totals[0].figures.on_time_rate == 1
    assert report.totals[0].figures.withdrawn_rate == Fraction(2, 3)
    assert report.closed_after_due == (gone,)


def test_refusing_what_was_answered_too_late_is_seen(month: Month) -> None:
    number = month.file("transport/a", "12-01 10:00", plan="small", **UNFIT)
    month.refuse(number, "12-10 10:00")
    report = month.report()
    assert report.closed_after_due == (number,)
    assert [(one.number, one.answered_at) for one in report.late_acceptances] == [(number, at("12-10 10:00"))]


def test_a_day_that_is_declared_free_afterwards_makes_no_case_punctual(month: Month) -> None:
    number = month.file("transport/a", "12-01 10:00")
    month.done(number, "12-09 10:00")
    with month.office.records.transaction() as connection:
        year = Truth(connection).calendars()[2026]
    more = sorted({*year.holidays, *(at(f"12-{day}").date() for day in ("03", "04", "14"))})
    month.approve(Calendar.model_validate(year.model_dump() | {"holidays": tuple(more)}), "12-10 09:00")
    after = month.file("transport/b", "12-11 10:00")
    report = month.report()
    assert total(report) == (0, 1, 1)
    assert [(year, moment) for year, moment, _ in report.calendars_changed] == [(2026, at("12-10 09:00"))]
    assert [(one.number, one.due_at) for one in report.urgent] == [(after, at("12-21 17:30"))]


def test_moments_that_contradict_each_other_are_said_and_hide_nothing_else(month: Month) -> None:
    """A clock that was put back."""
    wrong = month.file("transport/a", "12-02 10:00")
    month.deny(wrong, "12-01 10:00")
    right = month.file("transport/b", "12-02 10:00")
    month.deny(right, "12-02 11:00")
    report = month.report()
    assert total(report) == (1, 0, 0)
    assert list(report.book.contradictions) == [wrong]
    assert "before it was submitted" in report.book.contradictions[wrong]


def test_cutting_a_case_into_pieces_gains_nothing_where_they_count_as_one(month: Month) -> None:
    """The same three days of work on the same thing: as one case, and as three of a day each."""
    month.register("health")
    for name in ("transport/a", "health/a"):
        month.done(month.file(name, "11-30 09:00"), "11-30 10:00")

    def resize(name: str, grade: int, start: str, end: str) -> None:
        month.clock(start)
        one = environment(name, plan="large", grade=grade)
        month.done(month.desk.file(one, "environment.resize").number, end)

    resize("transport/a", 3, "12-02 09:00", "12-07 09:00")
    for grade, start, end in ((3, "02", "03"), (1, "03", "04"), (2, "04", "07")):
        resize("health/a", grade, f"12-{start} 09:00", f"12-{end} 09:00")

    def of(department: str) -> tuple[Fraction, Fraction | None]:
        [line] = month.report(department=department).items
        assert line.figures.speed_up
        return line.figures.speed_up.mean, line.figures.whole_speed_up

    assert of("transport") == (Fraction(2, 5), Fraction(2, 5))
    assert of("health") == (Fraction(4, 5), Fraction(2, 5))
    report = month.report()
    [repeated] = report.repeated
    assert (repeated.applicant, repeated.item) == ("health-applicant", "environment.resize")
    assert (repeated.cases, repeated.subjects) == (3, 1)


def test_cutting_a_case_into_pieces_about_several_things_is_counted(month: Month) -> None:
    """Nobody can say whether they belong together: it stands there how many there are."""
    for name in ("a", "b", "c"):
        month.done(month.file(f"transport/{name}", "12-01 10:00"), "12-02 10:00")
    [repeated] = month.report().repeated
    assert (repeated.applicant, repeated.cases, repeated.subjects) == ("transport-applicant", 3, 3)
