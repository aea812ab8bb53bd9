"""Quotas and capacity that fill up: told at 80, 90 and 100 %, once a crossing."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.office import Desk, department, environment
from yunzu.model.quotas import fullness, measure
from yunzu.records import grants
from yunzu.records.schema import messages
from yunzu.services import quota_warnings
from yunzu.services.requests.truth import Truth

PEOPLE = {"transport-applicant", "transport-approver", "transport-steward"}
OPERATORS = {"jiangyunkai", "shenruochuan"}


@pytest.mark.parametrize(
    ("used", "granted", "percent"), [(0, 0, 0), (1, 0, 100), (799, 1000, 79), (999, 1000, 99), (5, 4, 125)]
)
def test_full_is_full_and_not_nearly(used: int, granted: int, percent: int) -> None:
    assert fullness(used, granted) == percent


def test_amounts_have_a_unit() -> None:
    assert measure("cpu", 1500) == ("1.5", "cores")
    assert measure("memory", 10 * 2**30) == ("10", "GiB")
    assert measure("pods", 20) == ("20", "pods")


def told(desk: Desk) -> dict[str, set[str]]:
    """`<event> <subject>` -> recipients."""
    found: dict[str, set[str]] = {}
    query = select(messages.c.event, messages.c.subject, messages.c.recipient)
    with desk.office.records.transaction() as connection:
        for event, subject, recipient in connection.execute(query):
            if event.startswith("quota"):
                found.setdefault(f"{event} {subject}", set()).add(recipient)
    return found


def quota(desk: Desk, **amounts: Any) -> None:
    with desk.office.records.transaction() as connection:
        wanted = department("transport", quota=amounts)
        Truth(connection).approve(wanted, request=None, at=desk.office.now())


def hold(desk: Desk, environments: int) -> None:
    """So many of the bureau's environments hold something."""
    with desk.office.records.transaction() as connection:
        for number in range(20):
            grants.release(connection, f"transport/e{number}")
    for number in range(environments):
        with desk.office.records.transaction() as connection:
            held = grants.held(connection, "transport/first")
            assert held
            values = {name: getattr(held, name) for name in grants.Grant.__slots__}
            values |= {"environment": f"transport/e{number}", "amounts": {"environments": 1}}
            grants.reserve(connection, grants.Grant(**values))


def test_each_crossing_is_told_once(desk: Desk) -> None:
    desk.file(environment("transport/first"))
    quota(desk, environments=11)
    steps: dict[int, str] = {}
    for held in (6, 7, 8, 9, 9, 10, 10):
        hold(desk, held)
        before = set(told(desk))
        quota_warnings.warn(desk.office)
        for one in set(told(desk)) - before:
            steps[held] = one
    assert steps == {
        8: "quota_80 department/transport/environments/80/1",
        9: "quota_90 department/transport/environments/90/2",
        10: "quota_100 department/transport/environments/100/3",
    }
    found = told(desk)
    assert found[steps[8]] == found[steps[9]] == PEOPLE
    assert found[steps[10]] == PEOPLE | OPERATORS


def test_what_falls_below_and_fills_up_again_is_told_again(desk: Desk) -> None:
    desk.file(environment("transport/first"))
    quota(desk, environments=10)
    for held in (9, 4, 9):  # the highest level alone is told of
        hold(desk, held)
        quota_warnings.warn(desk.office)
    assert sorted(told(desk)) == [
        "quota_100 department/transport/environments/100/1",
        "quota_100 department/transport/environments/100/2",
    ]


def test_two_at_once_tell_once(desk: Desk) -> None:
    desk.file(environment("transport/first"))
    quota(desk, environments=1)
    runs = [threading.Thread(target=quota_warnings.warn, args=(desk.office,)) for _ in range(4)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert list(told(desk)) == ["quota_100 department/transport/environments/100/1"]


def test_operators_are_told_of_the_centres_capacity(small_office: Callable[..., Desk]) -> None:
    desk = small_office(
        object_store={"bucket": "11Gi"},
        pools={"tenants-1": {"database": "12Gi", "connections": 190}},
        overcommit={},
    )
    desk.file(environment("transport/one"))
    quota_warnings.warn(desk.office)
    assert told(desk) == {
        "quota_90 centre/bucket/90/1": OPERATORS,
        "quota_80 pool/tenants-1/database/80/1": OPERATORS,
    }
