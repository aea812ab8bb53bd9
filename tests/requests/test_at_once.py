"""Many at once: nothing is promised twice, and nothing is tried twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest

from tests.support.leases import delivered
from tests.support.office import Desk, department, environment
from tests.support.queued import jobs
from tests.support.workers import drain
from yunzu.errors import RefusedError, YunzuError
from yunzu.model.capacity import CapacityMeter
from yunzu.records import grants, request_history, requests
from yunzu.records.requests import Request
from yunzu.services.requests import delivering, moving, queueing


@pytest.mark.timeout(300)
def test_fifty_at_once_at_the_edge_never_overshoot(small_office: Callable[..., Desk]) -> None:
    desk = small_office(object_store={"bucket": "75Gi"}, overcommit={})
    for number in range(8):
        desk.register_department(department(f"dept{number}"))
    names = [f"dept{number % 8}/e{number}" for number in range(50)]
    with ThreadPoolExecutor(16) as pool:
        filed = list(pool.map(lambda name: desk.file(environment(name)), names))
    states = [one.state for one in filed]
    assert (states.count("granted"), states.count("waitlisted")) == (7, 43)
    with desk.office.records.transaction() as connection:
        assert grants.by_pool(connection)["tenants-1"]["bucket"] == 70 * 2**30


@pytest.mark.timeout(300)
def test_fifty_approvals_at_once_at_the_edge_of_a_quota_never_overshoot(
    small_office: Callable[..., Desk],
) -> None:
    quota = {"cpu": "1000", "memory": "9Ti", "storage": "90Ti", "database": "90Ti", "bucket": "90Ti"}
    desk = small_office(
        default_quota={**quota, "objects": 9_000_000, "pods": 9000, "environments": 7},
        overcommit=dict.fromkeys(get_args(CapacityMeter), "999"),
    )
    reviewer, operator = desk.person("reviewer"), desk.officer("operator")
    numbers = [desk.file(environment(f"transport/e{number}", plan="large")).number for number in range(50)]
    for number in numbers:
        moving.approve(number, actor=reviewer, office=desk.office)

    def approve(number: str) -> str:
        try:
            return moving.approve(number, actor=operator, office=desk.office).state
        except RefusedError as error:
            return error.fact

    with ThreadPoolExecutor(16) as pool:
        ended = list(pool.map(approve, numbers))
    refused = "the department's quota is not enough: environments would be 8 of 7"
    assert (ended.count("granted"), ended.count(refused)) == (7, 43)
    with desk.office.records.transaction() as connection:
        assert grants.of_department(connection, "transport")["environments"] == 7


def _failed(desk: Desk) -> str:
    """The number of a request whose delivery failed for good: it has no job any more."""
    number = desk.file(environment()).number
    drain(desk.office.records, lambda one: delivered(desk, one))
    with desk.office.records.transaction() as connection:
        assert requests.find(connection, number).state == "failed"
    assert jobs(desk) == []
    return number


def _retries(desk: Desk, number: str) -> int:
    with desk.office.records.transaction() as connection:
        return [one.move for one in request_history.moves(connection, number)].count("retry")


def test_two_at_once_have_it_tried_again_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch)
    number, operators = _failed(desk), [desk.officer("operator"), desk.officer("operator", 1)] * 4
    with ThreadPoolExecutor(8) as pool:
        ask = [pool.submit(queueing.ask, number, actor=one, office=desk.office) for one in operators]
        assert {one.result().state for one in ask} == {"delivering"}
    assert [(one[0], one[1]) for one in jobs(desk)] == [(number, "todo")]
    assert _retries(desk, number) == 1


def test_what_failed_while_an_applicant_asked_is_not_tried_again_by_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may urge what is under way; another try of what has failed is an operator's."""
    _break(monkeypatch)
    number = desk.file(environment()).number
    real = moving.go_on

    def fails(one: str, **more: Any) -> Request:
        drain(desk.office.records, lambda other: delivered(desk, other))
        return real(one, **more)

    monkeypatch.setattr(moving, "go_on", fails)
    with pytest.raises(RefusedError, match="'retry' is not done by applicant"):
        queueing.ask(number, actor=desk.person("applicant"), office=desk.office)
    assert (jobs(desk), _retries(desk, number)) == ([], 0)


def _break(monkeypatch: pytest.MonkeyPatch) -> None:
    def perform(*_: object) -> None:
        raise YunzuError("S3", "is red")

    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, perform))
