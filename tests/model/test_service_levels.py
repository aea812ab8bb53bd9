"""The figures of f.2 on small sets of cases whose figures can be told by hand."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import CLOCK, NOVEMBER, SHANGHAI, at, case, hours, minutes, pause, workdays
from yunzu.model.cases import Case, Period
from yunzu.model.limits import Limit
from yunzu.model.service_levels import Figures, Grouping, figures, on_time_rate, percentage, speed_up, spread

OCTOBER = Period.month(2026, 10, SHANGHAI, at("2026-12-01"))


def of(*cases: Case, period: Period = NOVEMBER, by: Grouping = "item") -> Figures:
    """The figures of cases of one item and one kind."""
    (found,) = figures(cases, period, CLOCK, by).values()
    return found


def test_the_vector_of_ten_days() -> None:
    one = case(
        submitted_at=at("2026-09-24 15:00"),
        promised=workdays(10),
        shortest=workdays(5),
        done_at=at("2026-10-09 10:00"),
    )
    found = of(one, period=OCTOBER)
    assert found.speed_up is not None
    assert found.speed_up.mean == found.total_speed_up == Fraction(55, 100)
    assert found.used is not None
    assert found.used.mean == found.used.median == found.used.p95 == hours(31.5)
    assert found.shortest_speed_up == Fraction(1, 10)
    assert found.promise_speed_up == Fraction(1, 2)
    assert found.delivery is not None
    assert found.delivery.mean == timedelta(days=14, hours=19)
    assert (found.submitted, found.accepted, found.done, found.on_time_rate) == (0, 0, 1, 1)


def test_the_vector_of_three_minutes_and_four_seconds() -> None:
    one = case("NT20261123-0007", submitted_at=at("2026-11-23 10:00"), done_at=at("2026-11-23 10:03:04"))
    found = of(one)
    assert found.total_speed_up is not None
    assert percentage(found.total_speed_up) == Decimal("99.85")
    assert found.fastest is not None
    assert (found.fastest.number, found.fastest.time) == ("NT20261123-0007", timedelta(minutes=3, seconds=4))


def test_an_instant_item_is_measured_on_the_wall_and_apart() -> None:
    night = at("2026-11-21 22:00")
    instant = {"kind": "instant", "promised": minutes(5), "shortest": minutes(5), "submitted_at": night}
    cases = [case("A", **instant, done_at=night + timedelta(minutes=1)), case("B")]
    found = figures(cases, NOVEMBER, CLOCK, "item")
    assert list(found) == [("environment.new", "instant"), ("environment.new", "promised")]
    assert found["environment.new", "instant"].total_speed_up == Fraction(4, 5)
    assert found["environment.new", "instant"].on_time_rate == 1
    assert found["environment.new", "promised"].on_time_rate == 0


def test_overdue_open_cases_are_in_the_denominator() -> None:
    on_time = case("A", done_at=at("2026-11-09 17:30"))
    late = case("B", done_at=at("2026-11-09 17:30:00.000001"))
    overdue = case("C")
    running = case("D", submitted_at=at("2026-11-27 09:00"))
    found = of(on_time, late, overdue, running)
    assert (found.on_time, found.late, found.overdue) == (1, 1, 1)
    assert found.on_time_rate == Fraction(1, 3)
    assert (found.submitted, found.accepted, found.done) == (4, 4, 2)


def test_nothing_that_counts_is_no_rate() -> None:
    assert figures([], NOVEMBER, CLOCK, "department") == {}
    found = of(case(submitted_at=at("2026-11-27 09:00")))
    assert (found.on_time_rate, found.used, found.speed_up, found.total_speed_up) == (None, None, None, None)
    assert (found.promise_speed_up, found.shortest_speed_up, found.fastest) == (None, None, None)
    assert (found.delivery, found.satisfied_rate, found.returned_rate) == (None, None, 0)
    assert on_time_rate(0, 0, 0) is None


def test_a_denied_case_counts_and_is_not_the_fastest_delivery() -> None:
    denied = case("A", done_at=at("2026-11-02 10:00"), result="denied")
    granted = case("B", done_at=at("2026-11-03 09:00"))
    found = of(denied, granted)
    assert found.on_time == 2
    assert found.fastest is not None
    assert found.fastest.number == "B"
    assert found.delivery is not None
    assert found.delivery.mean == timedelta(days=1)


def test_refused_and_withdrawn_cases_do_not_count_and_have_rates() -> None:
    cases = [
        case("A", done_at=at("2026-11-02 10:00"), result="refused"),
        case("B", done_at=at("2026-11-30 10:00"), result="withdrawn"),
        case("C", done_at=at("2026-11-03 09:00")),
        case("D", pauses=(pause("2026-11-02 10:00", "2026-11-04 10:00", "correction"),)),
        case("E", pauses=(pause("2026-11-02 10:00", None),)),
    ]
    found = of(*cases)
    assert found.on_time_rate == Fraction(1, 2)  # C, and D is overdue
    assert (found.refused_rate, found.withdrawn_rate, found.returned_rate) == (Fraction(1, 5),) * 3
    assert found.paused_rate == Fraction(2, 5)


def test_pauses_are_taken_off_what_was_used_and_not_off_what_was_waited() -> None:
    stops = (pause("2026-11-02 10:00", "2026-11-04 10:00"), pause("2026-11-03 10:00", "2026-11-05 10:00"))
    found = of(case(pauses=stops, done_at=at("2026-11-05 11:00")))
    assert found.used is not None
    assert found.used.mean == hours(2)
    assert found.delivery is not None
    assert found.delivery.mean == timedelta(days=3, hours=2)


def test_mean_and_total_differ_where_cases_do() -> None:
    slow = case("A", promised=workdays(10), done_at=at("2026-11-13 17:30"))  # all 70 h
    fast = case("B", promised=workdays(1), done_at=at("2026-11-02 09:42"))  # a tenth of 7 h
    found = of(slow, fast)
    assert found.speed_up is not None
    assert found.speed_up.mean == Fraction(45, 100)
    assert found.total_speed_up == 1 - Fraction(707, 770)
    assert found.speed_up.p95 == 0  # all reached at least that


def test_median_and_p95_are_beside_the_mean() -> None:
    found = spread(timedelta(hours=n) for n in [*range(1, 20), 1000])
    assert found is not None
    assert (found.median, found.p95) == (hours(10.5), hours(19))
    assert found.mean == hours(59.5)
    least = spread((Fraction(n, 100) for n in range(1, 101)), at_least=True)
    assert least is not None
    assert least.p95 == Fraction(6, 100)
    assert spread([hours(1), hours(3)]) == spread([hours(3), hours(1)])


def test_satisfaction_is_the_better_three_of_those_rated() -> None:
    done = {"done_at": at("2026-11-03 09:00")}
    cases = [case(str(n), rating=rating, **done) for n, rating in enumerate((1, 3, 4, None))]
    assert of(*cases).satisfied_rate == Fraction(2, 3)


def test_figures_are_by_department_and_by_item() -> None:
    cases = [case("A"), case("B", department="audit"), case("C", item="environment.renew")]
    by_department = figures(cases, NOVEMBER, CLOCK, "department")
    assert [(name, one.overdue) for (name, _), one in by_department.items()] == [("audit", 1), ("health", 2)]
    assert [name for name, _ in figures(cases, NOVEMBER, CLOCK, "item")] == [
        "environment.new",
        "environment.renew",
    ]


def test_a_month_begins_and_ends_in_the_centres_zone() -> None:
    for moment, counted in (
        ("2026-10-31 23:59:59.999999", 0),
        ("2026-11-01 00:00", 1),
        ("2026-11-30 23:59:59.999999", 1),
        ("2026-12-01 00:00", 0),
    ):
        one = case(submitted_at=at("2026-10-30 09:00"), done_at=at(moment))
        assert sum(found.done for found in figures([one], NOVEMBER, CLOCK, "item").values()) == counted
    assert Period.month(2026, 12, SHANGHAI, at("2027-02-01")).end == at("2027-01-01")


def test_a_report_run_again_later_knows_nothing_of_later() -> None:
    later = Period.month(2026, 11, SHANGHAI, at("2027-01-31"))
    cases = [
        case("A", done_at=at("2026-12-02 10:00")),
        case("B", done_at=at("2026-12-02 10:00"), result="withdrawn", rating=5),
        case(
            "C", submitted_at=at("2026-11-30 09:00"), pauses=(pause("2026-12-02 09:00", None, "correction"),)
        ),
        case("D", pauses=(pause("2026-11-05 09:00", "2026-12-05 09:00"),), done_at=at("2026-12-06")),
        case("E", submitted_at=at("2026-12-01 09:00"), done_at=at("2026-12-01 10:00")),
    ]
    assert of(*cases, period=later) == of(*cases)
    assert of(*cases).overdue == 2
    assert (of(*cases).returned_rate, of(*cases).paused_rate) == (
        0,
        Fraction(1, 4),
    )  # D alone, and no correction


def test_the_earlier_of_the_recorded_and_the_computed_due_moment_counts() -> None:
    told = at("2026-11-06 17:30")  # a day sooner than the calendar says today
    assert of(case(due_at=told, done_at=at("2026-11-09 10:00"))).late == 1
    assert of(case(due_at=told, done_at=told)).on_time == 1
    assert of(case(due_at=at("2026-12-24 17:30"), done_at=at("2026-11-10 10:00"))).late == 1


def test_a_record_that_waits_for_the_end_of_a_pause_is_not_overdue() -> None:
    stands = case(pauses=(pause("2026-11-03 09:00", None),), due_at=at("2026-11-09 17:30"))
    assert of(stands).overdue == 0


def test_a_month_that_is_running_is_judged_as_of_now() -> None:
    cases = [case("A", submitted_at=at("2026-11-12 09:00")), case("B", done_at=at("2026-11-20 09:00"))]
    running = Period.month(2026, 11, SHANGHAI, at("2026-11-15 12:00"))
    found = of(*cases, period=running)
    assert (found.submitted, found.done, found.overdue) == (2, 0, 1)


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"done_at": None, "result": "granted"}, "is granted and done at None"),
        ({"done_at": at("2026-11-03 09:00"), "result": "open"}, "is open and done at"),
        ({"done_at": at("2026-11-01 09:00")}, "before it was submitted"),
        ({"rating": 0}, "is not from 1 to 5"),
        ({"due_at": at("2026-11-09 17:30").replace(tzinfo=None)}, "no time zone"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(facts: dict[str, object], fact: str) -> None:
    with pytest.raises(ValueError, match=fact):
        case(**facts)


def test_a_percentage_is_never_rounded_up() -> None:
    assert str(percentage(Fraction(99_996, 100_000))) == "99.99"
    assert str(percentage(Fraction(1))) == "100.00"
    assert str(percentage(Fraction(-1, 3))) == "-33.34"
    assert str(percentage(Fraction(2, 3))) == "66.66"


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 10**12)), min_size=1, max_size=30))
def test_no_sum_drifts(pairs: list[tuple[int, int]]) -> None:
    one = timedelta(microseconds=1)
    shares = [speed_up(promised * one, used * one) for promised, used in pairs]
    found = spread(shares, at_least=True)
    assert found is not None
    assert found.mean == 1 - sum(Fraction(used, promised) for promised, used in pairs) / len(pairs)
    assert found.p95 <= found.median <= max(shares)


def test_limits_of_different_units_have_one_promise_speed_up() -> None:
    quick = {"promised": Limit(n=7, unit="hour"), "shortest": Limit(n=7, unit="hour")}
    found = of(case(statutory=workdays(4), done_at=at("2026-11-02 10:00"), **quick))
    assert found.promise_speed_up == Fraction(3, 4)
    assert found.total_speed_up == Fraction(6, 7)


def test_pieces_of_one_case_count_as_one_and_others_do_not() -> None:
    """Two in time and one late, of 2, 7 and 42 hours; and what is due and open is not completed."""
    piece = {"applicant": "zhang", "subject": "health/beds"}
    ends = ("2026-11-02 11:00", "2026-11-03 09:00", "2026-11-10 09:00")
    cases = [case(f"A{n}", done_at=at(end), **piece) for n, end in enumerate(ends)]
    found = of(*cases)
    assert (found.on_time_rate, found.whole_on_time_rate) == (Fraction(2, 3), 0)
    assert found.total_speed_up == 1 - Fraction(2 + 7 + 42, 3 * 35)
    assert found.whole_speed_up == 1 - Fraction(2 + 7 + 42, 35)
    apart = [case(f"A{n}", done_at=at(end), applicant="zhang", subject=f"s{n}") for n, end in enumerate(ends)]
    assert of(*apart).whole_on_time_rate == Fraction(2, 3)
    assert of(*apart, case("open")).completion_rate == Fraction(3, 4)
    assert of(*apart, case("new", submitted_at=at("2026-11-27 09:00"))).completion_rate == 1
