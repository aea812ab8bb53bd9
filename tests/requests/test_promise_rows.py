"""G3, G4, G5 as the platform is asked for them: a month whose figures anybody can compute by hand.

An `environment.new` is promised in 5 working days of 7 hours, 35 hours.
"""

from datetime import timedelta
from fractions import Fraction

import pytest

from tests.support.command import Command
from tests.support.december import Month
from tests.support.office import Desk, environment
from yunzu.services.requests import moving, reading

DAY = timedelta(hours=7)


@pytest.fixture
def month(desk: Desk) -> Month:
    made = Month(desk)
    made.register("transport")
    return made


def on_time(month: Month, name: str, end: str) -> str:
    number = month.file(f"transport/{name}", "12-01 09:00")
    month.done(number, end)
    return number


def test_g3_all_on_time_is_100_percent(month: Month, yunzu: Command) -> None:
    on_time(month, "one", "12-02 09:00")
    on_time(month, "two", "12-08 17:30")  # the close of the fifth working day
    assert month.report().totals[0].figures.on_time_rate == 1
    month.clock("2027-01-04 09:00")
    assert yunzu("sla", "--month", "2026-12", "--json").document["total"]["on_time_rate"] == "1.0000"


def test_g3_one_late_and_one_overdue_and_open_are_both_in_the_denominator(month: Month) -> None:
    on_time(month, "one", "12-02 09:00")
    on_time(month, "two", "12-03 09:00")
    on_time(month, "late", "12-09 09:00")
    month.file("transport/open", "12-01 09:00")
    month.file("transport/running", "12-30 09:00")  # not due yet: in no rate
    figures = month.report().totals[0].figures
    assert (figures.on_time, figures.late, figures.overdue) == (2, 1, 1)
    assert figures.on_time_rate == Fraction(1, 2)


def test_g4_the_fastest_case_with_its_number_and_its_steps_add_up(month: Month, yunzu: Command) -> None:
    on_time(month, "slow", "12-02 09:00")
    number = month.file("transport/fast", "12-01 10:00")
    month.clock("12-01 10:01:10")
    moving.approve(number, actor=month.desk.person("reviewer"), office=month.office)
    month.clock("12-01 10:02:30")
    moving.approve(number, actor=month.desk.officer("operator"), office=month.office)
    month.deliver(number, "12-01 10:03:04")
    fastest = month.report().totals[0].figures.fastest
    assert fastest
    assert (fastest.number, fastest.time) == (number, timedelta(minutes=3, seconds=4))
    view = reading.show(number, actor=month.desk.officer("auditor"), office=month.office)
    steps = [one.ended_at - one.started_at for one in view.steps if one.ended_at]
    assert steps == [timedelta(), timedelta(seconds=70), timedelta(seconds=80)]
    assert view.request.decided_at
    assert view.request.done_at
    delivery = view.request.done_at - view.request.decided_at
    assert sum(steps, timedelta()) + delivery == fastest.time
    month.clock("2027-01-04 09:00")
    assert f"3分4秒 ({number})" in yunzu("sla", "--month", "2026-12").out


def test_g5_faster_than_promised_both_ways(month: Month, yunzu: Command) -> None:
    """Two of 35 promised hours each, of which 7 and 21 were used."""
    on_time(month, "one", "12-02 09:00")
    on_time(month, "two", "12-04 09:00")
    figures = month.report().totals[0].figures
    assert figures.used
    assert figures.used.mean == 2 * DAY
    each = [1 - Fraction(1, 5), 1 - Fraction(3, 5)]
    assert figures.speed_up
    assert figures.speed_up.mean == sum(each) / 2 == Fraction(3, 5)
    assert figures.total_speed_up == 1 - Fraction(1 + 3, 5 + 5)
    month.clock("2027-01-04 09:00")
    told = yunzu("sla", "--month", "2026-12").out
    assert "公式 formula 3" in told
    assert "日历 calendar 2026: 国务院办公厅关于2026年部分节假日安排的通知" in told
    document = yunzu("sla", "--month", "2026-12", "--json").document
    assert (document["total"]["speed_up_mean"], document["total"]["speed_up_total"]) == ("0.6000", "0.6000")


def test_g5_the_two_ways_differ_where_promises_do(month: Month) -> None:
    """A renewal is promised in 4 days: 3 of 4 used, and 1 of 5."""
    on_time(month, "one", "12-02 09:00")
    month.clock("12-07 09:00")
    longer = {"from": "2026-12-01", "until": "2029-11-30"}
    renewal = month.desk.file(environment("transport/one", plan="large", lease=longer), "environment.renew")
    month.done(renewal.number, "12-10 09:00")
    figures = month.report().totals[0].figures
    assert figures.speed_up
    assert figures.speed_up.mean == (Fraction(4, 5) + Fraction(1, 4)) / 2
    assert figures.total_speed_up == 1 - Fraction(1 + 3, 5 + 4)
