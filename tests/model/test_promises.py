"""The clock of a case: when it starts, stands and ends, and that waiting does not stop it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.clock import CLOCK, MOMENTS, at, hours, minutes, pause, workdays
from yunzu.model.limits import Limit
from yunzu.model.promises import Pause, Promise, effective_acceptance, extension_excess, standing

NOW = at("2026-12-31 12:00")
KINDS = st.sampled_from(["other", "correction", "extension"])
LIMITS = st.builds(Limit, n=st.integers(1, 20), unit=st.sampled_from(["workday", "hour", "minute"]))


@st.composite
def pauses(draw: st.DrawFn) -> Pause:
    start, end = sorted((draw(MOMENTS), draw(MOMENTS)))
    return Pause(draw(KINDS), "x", start, draw(st.sampled_from([end, None])), "wangwu")


def promise(accepted: str, limit: Limit, *stops: Pause, kind: str = "promised") -> Promise:
    return Promise(kind, limit, at(accepted), stops)  # type: ignore[arg-type]


def test_the_vectors() -> None:
    five = promise("2026-09-24 15:00", workdays(5))
    ten = promise("2026-09-24 15:00", workdays(10))
    assert five.due_at(CLOCK, NOW) == at("2026-10-09 17:30")
    assert ten.due_at(CLOCK, NOW) == at("2026-10-15 17:30")
    assert ten.used(CLOCK, at("2026-10-09 10:00")) == hours(31.5)
    assert ten.length(CLOCK) == hours(70)


def test_an_instant_item_runs_at_once_and_a_promised_one_from_the_next_opening() -> None:
    instant = promise("2026-11-21 22:00", minutes(5), kind="instant")  # Saturday night
    assert instant.due_at(CLOCK, NOW) == at("2026-11-21 22:05")
    assert instant.used(CLOCK, at("2026-11-21 22:03:04")) == timedelta(minutes=3, seconds=4)
    promised = promise("2026-11-21 22:00", Limit(n=2, unit="hour"))
    assert promised.starts_at(CLOCK) == at("2026-11-23 09:00")
    assert promised.due_at(CLOCK, NOW) == at("2026-11-23 11:00")
    assert promised.used(CLOCK, at("2026-11-23 10:30")) == hours(1.5)
    assert promised.used(CLOCK, at("2026-11-22 10:00")) == timedelta()


def test_who_accepts_after_hours_gains_no_day() -> None:
    assert promise("2026-11-23 17:00", workdays(1)).due_at(CLOCK, NOW) == at("2026-11-24 17:30")
    assert promise("2026-11-23 18:00", workdays(1)).due_at(CLOCK, NOW) == at("2026-11-24 17:30")


@pytest.mark.parametrize(
    ("stops", "due"),
    [
        ([], "2026-11-24 17:30"),
        ([pause("2026-11-23 10:00", "2026-11-23 14:30")], "2026-11-25 12:00"),  # 3 h
        ([pause("2026-11-23 17:30", "2026-11-24 09:00")], "2026-11-24 17:30"),  # by night
        ([pause("2026-11-24 17:30", "2026-11-25 10:00")], "2026-11-25 10:00"),  # at the last moment
        ([pause("2026-11-24 17:30:00.000001", "2026-11-26 10:00")], "2026-11-24 17:30"),  # overdue by then
        ([pause("2026-11-20 09:00", "2026-11-23 10:00")], "2026-11-25 10:00"),  # only since acceptance
        ([pause("2026-11-24 16:30", "2026-11-25 10:00"), pause("2026-11-25 10:30", "2026-11-25 11:30")],
         "2026-11-25 12:00"),  # the second lies before the moved moment, not before the first one
    ],
)  # fmt: skip
def test_a_pause_moves_the_due_moment_by_its_office_time(stops: list[Pause], due: str) -> None:
    assert promise("2026-11-23 09:00", workdays(1), *stops).due_at(CLOCK, NOW) == at(due)


def test_a_limit_in_hours_is_moved_by_the_clock_on_the_wall() -> None:
    stop = pause("2026-11-23 10:00", "2026-11-24 10:00")
    one = promise("2026-11-23 09:00", Limit(n=2, unit="hour"), stop)
    assert one.due_at(CLOCK, NOW) == at("2026-11-24 11:00")
    assert one.used(CLOCK, at("2026-11-24 10:45")) == timedelta(minutes=105)


def test_a_running_pause_moves_the_due_moment_with_now() -> None:
    one = promise("2026-11-23 09:00", workdays(1), pause("2026-11-23 10:00", None))
    assert one.due_at(CLOCK, at("2026-11-23 11:00")) == at("2026-11-25 10:00")
    assert one.due_at(CLOCK, at("2026-11-24 11:00")) == at("2026-11-26 10:00")
    assert one.due_at(CLOCK, at("2026-11-23 09:30")) == at("2026-11-24 17:30")  # it has not begun
    assert one.used(CLOCK, at("2026-11-24 11:00")) == hours(1)


def test_an_extension_counts_to_its_end_at_once_and_another_pause_does_not() -> None:
    early = at("2026-11-23 11:00")
    for kind, due in (("extension", "2026-11-27 17:30"), ("other", "2026-11-25 09:30")):
        stop = pause("2026-11-23 10:30", "2026-11-26 10:30", kind)
        assert promise("2026-11-23 09:00", workdays(1), stop).due_at(CLOCK, early) == at(due)


def test_of_extensions_ten_working_days_count_in_sum() -> None:
    first = pause("2026-11-23 09:00", "2026-11-28 00:00", "extension")  # 5 working days
    second = pause("2026-12-01 09:00", "2026-12-09 00:00", "extension")  # 6
    inside = pause("2026-11-24 09:00", "2026-11-25 09:00", "extension")
    assert extension_excess([], CLOCK, NOW) == -hours(70)
    assert extension_excess([first, inside], CLOCK, NOW) == -hours(35)
    assert extension_excess([first, second, inside], CLOCK, NOW) == hours(7)
    counted = standing([second, first, inside], CLOCK, NOW)
    assert sum((CLOCK.working_time(*one) for one in counted), timedelta()) == hours(70)
    assert counted[-1][1] == at("2026-12-07 17:30")
    alone = promise(
        "2026-11-23 09:00", workdays(1), pause("2026-11-23 09:00", "2027-11-23 09:00", "extension")
    )
    assert alone.due_at(CLOCK, NOW) == at("2026-12-08 17:30")
    forever = promise("2026-11-23 09:00", workdays(1), pause("2026-11-23 09:00", None, "extension"))
    assert forever.due_at(CLOCK, NOW) == at("2026-12-08 17:30")


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"kind": "extension"}, "no approver"),
        ({"kind": "extension", "approved_by": " "}, "no approver"),
        ({"reason": " "}, "no reason"),
        ({"ended_at": at("2026-11-23 08:59")}, "before it starts"),
        ({"started_at": datetime(2026, 11, 23)}, "no time zone"),
        ({"ended_at": datetime(2026, 11, 24)}, "no time zone"),
    ],
)
def test_a_pause_says_why_and_an_extension_says_who(facts: dict[str, object], fact: str) -> None:
    valid: dict[str, object] = {"kind": "other", "reason": "听证", "started_at": at("2026-11-23 09:00")}
    Pause(**valid)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=fact):
        Pause(**(valid | facts))  # type: ignore[arg-type]


SUBMITTED = at("2026-11-23 15:00")


@pytest.mark.parametrize(
    ("accepted", "now", "effective"),
    [
        (None, "2026-11-23 15:00", None),
        (None, "2026-11-24 17:30", None),
        (None, "2026-11-24 17:30:00.000001", "2026-11-23 15:00"),  # silence: accepted as of submission
        ("2026-11-23 15:00", "2026-12-31", "2026-11-23 15:00"),
        ("2026-11-24 17:30", "2026-12-31", "2026-11-24 17:30"),
        ("2026-11-24 17:31", "2026-12-31", "2026-11-23 15:00"),  # too late: as of submission all the same
        ("2026-11-24 10:00", "2026-11-24 09:00", None),  # not yet known
        (None, "2026-11-22", None),
    ],
)
def test_silence_is_acceptance_as_of_submission(
    accepted: str | None, now: str, effective: str | None
) -> None:
    found = effective_acceptance(SUBMITTED, at(accepted) if accepted else None, at(now), CLOCK)
    assert found == (at(effective) if effective else None)


def test_the_applicants_time_to_correct_is_not_the_offices_silence() -> None:
    returned = [pause("2026-11-24 09:00", "2026-11-26 09:00", "correction")]  # 2 working days
    for answered, effective in (
        ("2026-11-26 17:30", "2026-11-26 17:30"),
        ("2026-11-26 17:31", "2026-11-23 15:00"),
    ):
        assert effective_acceptance(SUBMITTED, at(answered), NOW, CLOCK, returned) == at(effective)
    still = [pause("2026-11-24 09:00", None, "correction")]
    assert effective_acceptance(SUBMITTED, None, NOW, CLOCK, still) is None
    too_late = [pause("2026-11-24 17:31", None, "correction")]
    assert effective_acceptance(SUBMITTED, None, NOW, CLOCK, too_late) == SUBMITTED
    other = [pause("2026-11-24 09:00", None)]
    assert effective_acceptance(SUBMITTED, None, NOW, CLOCK, other) == SUBMITTED


def test_nothing_is_accepted_before_it_is_submitted() -> None:
    with pytest.raises(ValueError, match="before it was submitted"):
        effective_acceptance(SUBMITTED, at("2026-11-23 14:59"), NOW, CLOCK)


@given(
    MOMENTS,
    LIMITS,
    st.lists(pauses(), max_size=4),
    pauses(),
    MOMENTS,
    st.sampled_from(["instant", "promised"]),
)
def test_a_pause_never_shortens(
    accepted: datetime, limit: Limit, stops: list[Pause], one: Pause, now: datetime, kind: str
) -> None:
    before = Promise(kind, limit, accepted, tuple(stops))  # type: ignore[arg-type]
    after = Promise(kind, limit, accepted, (*stops, one))  # type: ignore[arg-type]
    if one.kind == "extension":  # beyond ten days it is refused; recorded all the same, it shortens others
        assume(extension_excess(after.pauses, CLOCK, now) <= timedelta())
    assert after.due_at(CLOCK, now) >= before.due_at(CLOCK, now) > accepted
    assert timedelta() <= after.used(CLOCK, now) <= before.used(CLOCK, now)


@given(MOMENTS, LIMITS, st.lists(pauses(), max_size=3), MOMENTS, MOMENTS)
def test_a_pause_cut_into_pieces_or_told_twice_is_the_same_pause(
    accepted: datetime, limit: Limit, stops: list[Pause], cut: datetime, now: datetime
) -> None:
    pieces = []
    for one in stops:
        end = one.ended_at or now
        if one.started_at < cut < end:
            pieces.append(Pause(one.kind, "x", one.started_at, cut, "wangwu"))
            pieces.append(Pause(one.kind, "x", cut, one.ended_at, "wangwu"))
    whole = Promise("promised", limit, accepted, tuple(stops))
    split = Promise("promised", limit, accepted, (*stops, *pieces))
    assert split.due_at(CLOCK, now) == whole.due_at(CLOCK, now)
    assert split.used(CLOCK, now) == whole.used(CLOCK, now)


@given(MOMENTS, st.none() | MOMENTS, MOMENTS, MOMENTS)
def test_waiting_never_makes_the_acceptance_later(
    submitted: datetime, accepted: datetime | None, now: datetime, later: datetime
) -> None:
    if accepted is not None and accepted < submitted:
        accepted = None
    now, later = sorted((now, later))
    first = effective_acceptance(submitted, accepted, now, CLOCK)
    second = effective_acceptance(submitted, accepted, later, CLOCK)
    assert second is None or submitted <= second <= (accepted or second)
    if first is not None:
        assert second == first
