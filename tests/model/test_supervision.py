"""Each way to make the figures better without serving anybody better shows up somewhere."""

from datetime import timedelta
from fractions import Fraction

import pytest

from tests.support.clock import CLOCK, NOVEMBER, at, case, hours, pause, workdays
from yunzu.model.cases import Case
from yunzu.model.promises import Pause
from yunzu.model.service_levels import Figures, figures
from yunzu.model.supervision import Misdated, closed_after_due, heavily_paused, lengthened, misdated, urgent


def of(*cases: Case) -> Figures:
    (found,) = figures(cases, NOVEMBER, CLOCK, "item").values()
    return found


def test_late_acceptance_is_acceptance_as_of_submission() -> None:
    """Accepted after two weeks and done an hour later: the clock ran from the submission."""
    honest = case(done_at=at("2026-11-16 10:00"))
    trick = case(done_at=at("2026-11-16 10:00"), accepted_at=at("2026-11-16 09:00"))
    assert of(trick) == of(honest)
    assert (of(trick).late, of(trick).on_time_rate) == (1, 0)


def test_a_due_moment_recorded_from_the_late_acceptance_does_not_help() -> None:
    trick = case(
        "NT-9",
        done_at=at("2026-11-16 10:00"),
        accepted_at=at("2026-11-16 09:00"),
        due_at=at("2026-11-23 17:30"),
    )
    assert of(trick).late == 1
    assert misdated([trick], CLOCK, at("2026-12-01")) == [
        Misdated("NT-9", recorded=at("2026-11-23 17:30"), computed=at("2026-11-09 17:30"))
    ]


def test_never_accepting_is_overdue_like_never_deciding() -> None:
    assert of(case(accepted_at=None)).on_time_rate == 0
    assert of(case(accepted_at=None, done_at=at("2026-11-16 10:00"))).late == 1


def test_deciding_without_acceptance_runs_from_the_submission() -> None:
    quick = of(case(accepted_at=None, done_at=at("2026-11-02 10:00")))
    assert (quick.on_time, quick.accepted) == (1, 1)
    assert quick.used is not None
    assert quick.used.mean == hours(1)


def endless_return(number: str) -> Case:
    """Returned a minute after each submission, answered by the applicant a day later, five times."""
    days = [(f"2026-11-{day:02} 09:01", f"2026-11-{day + 1:02} 09:00") for day in (2, 3, 4, 5, 9)]
    pauses = tuple(pause(start, end, "correction") for start, end in days)
    return case(number, pauses=pauses, accepted_at=at("2026-11-10 09:00"), done_at=at("2026-11-10 10:00"))


def test_endless_return_shows_in_the_returned_rate_and_the_time_waited() -> None:
    trick, honest = endless_return("A"), case("B", done_at=at("2026-11-02 10:00"))
    found = of(trick, honest)
    assert found.on_time_rate == 1  # the figure that the trick is for
    assert found.returned_rate == found.paused_rate == Fraction(1, 2)
    assert found.delivery is not None
    assert found.delivery.p95 == timedelta(days=8, hours=1)
    assert heavily_paused([trick, honest], NOVEMBER, CLOCK) == {"health": Fraction(1, 2)}


def test_a_case_that_is_returned_for_ever_is_in_the_returned_rate_though_never_decided() -> None:
    trick = case("A", accepted_at=None, pauses=(pause("2026-11-02 09:01", None, "correction"),))
    found = of(trick, case("B", done_at=at("2026-11-02 10:00")))
    assert (found.on_time_rate, found.returned_rate) == (1, Fraction(1, 2))


def test_a_longer_promise_gains_nothing_against_the_shortest_one() -> None:
    before = case("A", done_at=at("2026-11-06 17:30"))  # 35 of 35 h
    trick = case("A", done_at=at("2026-11-06 17:30"), promised=workdays(20))
    assert (of(before).total_speed_up, of(trick).total_speed_up) == (0, Fraction(3, 4))
    assert of(before).shortest_speed_up == of(trick).shortest_speed_up == 0
    assert (of(before).promise_speed_up, of(trick).promise_speed_up) == (Fraction(3, 4), 0)
    assert lengthened([trick], NOVEMBER, CLOCK) == {"environment.new": (workdays(5), workdays(20))}
    assert lengthened([before], NOVEMBER, CLOCK) == {}


def test_splitting_a_request_into_tiny_cases_moves_the_mean_and_not_the_total() -> None:
    big = case("A", promised=workdays(20), shortest=workdays(20), done_at=at("2026-11-27 17:30"))
    tiny = [
        case(f"B{n}", promised=workdays(1), shortest=workdays(1), done_at=at("2026-11-02 09:01"))
        for n in range(9)
    ]
    honest, trick = of(big), of(big, *tiny)
    assert honest.speed_up is not None
    assert trick.speed_up is not None
    assert (honest.speed_up.mean, honest.total_speed_up) == (0, 0)
    assert trick.speed_up.mean > Fraction(89, 100)
    assert trick.total_speed_up is not None
    assert trick.total_speed_up < Fraction(1, 3)
    assert trick.speed_up.p95 == 0


@pytest.mark.parametrize(
    "stops",
    [
        [("2026-11-03 09:00", "2026-11-04 09:00"), ("2026-11-03 09:00", "2026-11-04 09:00")],
        [("2026-11-03 09:00", "2026-11-03 15:00"), ("2026-11-03 10:00", "2026-11-04 09:00")],
        [("2026-11-03 09:00", "2026-11-03 12:00"), ("2026-11-03 12:00", "2026-11-04 09:00")],
        [("2026-11-03 09:00", "2026-11-04 09:00"), ("2026-11-03 10:00", "2026-11-03 11:00")],
    ],
)
def test_pauses_that_overlap_or_are_split_count_once(stops: list[tuple[str, str]]) -> None:
    honest = case(pauses=(pause("2026-11-03 09:00", "2026-11-04 09:00"),), done_at=at("2026-11-10 17:30"))
    trick = case(pauses=tuple(pause(*one) for one in stops), done_at=at("2026-11-10 17:30"))
    assert trick.due_at == honest.due_at == at("2026-11-10 17:30")
    assert of(trick) == of(honest)


def test_a_pause_begun_when_it_was_overdue_does_not_make_it_punctual() -> None:
    trick = case(pauses=(pause("2026-11-10 09:00", "2026-11-30 17:30"),), done_at=at("2026-11-30 17:30"))
    assert of(trick).on_time_rate == 0
    assert of(case(pauses=(pause("2026-11-10 09:00", None),))).overdue == 1


def test_closing_as_withdrawn_shows_in_its_rate_and_by_number() -> None:
    honest = case("A", done_at=at("2026-11-30 10:00"))
    assert of(honest).on_time_rate == 0
    for result in ("withdrawn", "refused"):
        trick = case("A", done_at=at("2026-11-30 10:00"), result=result)
        early = case("B", done_at=at("2026-11-02 10:00"), result=result)
        found = of(trick, early)
        assert found.on_time_rate is None
        assert (found.withdrawn_rate, found.refused_rate) == ((1, 0) if result == "withdrawn" else (0, 1))
        assert closed_after_due([trick, early, honest], NOVEMBER, CLOCK) == ["A"]


def test_more_than_thirty_percent_paused_is_listed_and_thirty_is_not() -> None:
    def cases(paused: int, department: str) -> list[Case]:
        stops: tuple[Pause, ...] = (pause("2026-11-03 09:00", "2026-11-03 10:00"),)
        return [
            case(f"{department}{n}", department=department, pauses=stops if n < paused else ())
            for n in range(10)
        ]

    found = heavily_paused([*cases(3, "audit"), *cases(4, "health")], NOVEMBER, CLOCK)
    assert found == {"health": Fraction(2, 5)}
    later = case(pauses=(pause("2026-12-02 09:00", "2026-12-03 09:00"),))
    assert heavily_paused([later], NOVEMBER, CLOCK) == {}


def test_what_is_due_within_a_working_day_is_warned_of_and_what_is_past_says_how_long() -> None:
    friday = at("2026-11-06 10:00")  # due by Monday's close: warned of
    cases = [
        case("A", submitted_at=at("2026-11-02 09:00")),  # due Monday 17:30
        case("B", submitted_at=at("2026-11-03 09:00")),  # due Tuesday
        case("C", submitted_at=at("2026-10-28 09:00")),  # due Wednesday the 4th
        case("D", submitted_at=at("2026-10-29 09:00")),  # due Thursday the 5th
        case("E", submitted_at=at("2026-10-29 09:00"), done_at=at("2026-11-05 10:00")),
        case(
            "F", submitted_at=at("2026-11-06 09:59"), accepted_at=None, promised=workdays(1)
        ),  # not yet accepted
        case("G", submitted_at=at("2026-11-09 09:00")),  # not yet submitted
        case("H", submitted_at=at("2026-10-28 09:00"), pauses=(pause("2026-11-04 09:00", None),)),
        case("I", submitted_at=at("2026-10-28 09:00"), done_at=at("2026-11-30 09:00")),  # done later
    ]
    found = [(one.number, one.due_at, one.overdue_days) for one in urgent(cases, CLOCK, friday)]
    assert found == [
        ("C", at("2026-11-04 17:30"), 2),
        ("I", at("2026-11-04 17:30"), 2),
        ("D", at("2026-11-05 17:30"), 1),
        ("A", at("2026-11-09 17:30"), 0),
    ]
    (evening,) = urgent([cases[0]], CLOCK, at("2026-11-09 17:31"))
    assert evening.overdue_days == 1
    (sunday,) = urgent([case(submitted_at=at("2026-10-30 09:00"))], CLOCK, at("2026-11-08 12:00"))
    assert sunday.overdue_days == 1


def test_a_record_that_follows_the_rules_is_not_misdated() -> None:
    stops = (pause("2026-11-03 09:00", "2026-11-04 09:00"),)
    cases = [
        case("A", pauses=stops),
        case("B", pauses=(pause("2026-11-03 09:00", None),), due_at=at("2026-11-09 17:30")),
        case("C", submitted_at=at("2026-11-30 17:00"), accepted_at=None, due_at=None),
        endless_return("D"),
    ]
    assert misdated(cases, CLOCK, at("2026-12-01 09:00")) == []
    (found,) = misdated([case("A", pauses=stops, due_at=at("2026-11-09 17:30"))], CLOCK, at("2026-12-01"))
    assert (found.recorded, found.computed) == (at("2026-11-09 17:30"), at("2026-11-10 17:30"))
