"""Where a lease stands, day by day, and when a rule suspends what nobody has the right to use any more."""

from datetime import date, timedelta
from itertools import product

import pytest

from tests.support.office import environment
from yunzu.model.lease_rules import lease_ended, lease_kept
from yunzu.model.leases import Tenure

UNTIL = date(2027, 11, 30)


def tenure(**changes: object) -> Tenure:
    return Tenure(**({"environment": "health/beds", "stage": "test", "until": UNTIL} | changes))  # type: ignore[arg-type]


def after(days: int) -> date:
    return UNTIL + timedelta(days=days)


@pytest.mark.parametrize(
    ("changes", "day", "standing"),
    [
        ({}, -31, "current"),
        ({}, -30, "ending"),
        ({}, 0, "ending"),
        ({}, 1, "ended"),
        ({"tolerated_until": after(10)}, 1, "tolerated"),
        ({"tolerated_until": after(10)}, 10, "tolerated"),
        ({"tolerated_until": after(10)}, 11, "ended"),
        ({"suspended_on": after(1)}, 1, "held"),
        ({"suspended_on": after(1)}, 30, "held"),
        ({"suspended_on": after(1)}, 31, "reclaimable"),
        ({"suspended_on": after(5)}, 34, "held"),
        ({"suspended_on": after(5)}, 35, "reclaimable"),
        ({"suspended_on": after(-300)}, 0, "ending"),
        ({"suspended_on": after(-300)}, 30, "held"),
        ({"suspended_on": after(-300)}, 31, "reclaimable"),
        ({"suspended_on": after(1), "tolerated_until": after(10)}, 5, "tolerated"),
        ({"suspended_on": after(1), "tolerated_until": after(10)}, 40, "held"),
        ({"suspended_on": after(1), "tolerated_until": after(10)}, 41, "reclaimable"),
    ],
)
def test_where_it_stands(changes: dict[str, date], day: int, standing: str) -> None:
    assert tenure(**changes).standing(after(day), 30) == standing


@pytest.mark.parametrize(
    ("day", "notice"), [(-31, None), (-30, 30), (-8, 30), (-7, 7), (-2, 7), (-1, 1), (0, 1), (1, None)]
)
def test_which_notice_is_due(day: int, notice: int | None) -> None:
    assert tenure().notice(after(day)) == notice


def test_the_list_is_in_order_of_what_has_to_be_done() -> None:
    assert tenure().due(after(-3), 30) == UNTIL
    assert tenure(tolerated_until=after(9)).due(after(3), 30) == after(9)
    assert tenure(suspended_on=after(1)).due(after(3), 30) == after(30)


def test_the_rule_by_its_truth_table() -> None:
    """Suspended: when it has ended, is not tolerated, and is no production that nobody has confirmed."""
    stages, days, tolerated, confirmed = ("dev", "test", "prod"), (-1, 0, 1), (None, 0, 5), (None, "jiang")
    for stage, day, until, by in product(stages, days, tolerated, confirmed):
        given = tenure(stage=stage, tolerated_until=None if until is None else after(until))
        ruling = lease_ended(given, day=after(day), confirmed_by=by)
        wanted = day > 0 and until != 5 and (stage != "prod" or by is not None)
        assert (ruling.verdict == "grant") == wanted, (stage, day, until, by)
        assert ruling.verdict in ("grant", "people")
        assert ruling.inputs["confirmed_by"] == by


def test_a_right_of_use_is_kept_where_it_ends_no_earlier() -> None:
    for until, verdict in (("2027-11-29", "people"), ("2027-11-30", "grant"), ("2027-12-01", "grant")):
        wanted = environment(lease={"from": "2026-12-01", "until": until})
        assert lease_kept(wanted, environment()).verdict == verdict
        assert lease_kept(wanted, None).verdict == "grant"
