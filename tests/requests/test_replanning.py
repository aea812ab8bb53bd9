"""A changed plan changes what its environments hold, and is not granted where that does not fit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.office import Desk, department, environment
from yunzu.errors import RefusedError
from yunzu.model.plans import Plan
from yunzu.records import grants
from yunzu.records.requests import Request
from yunzu.services.requests import filing, moving
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth


def changed(desk: Desk, identifier: str = "small", **changes: Any) -> Plan:
    """The approved plan with other values."""
    with desk.office.records.transaction() as connection:
        return Truth(connection).get(Plan, identifier).model_copy(update=changes)


def file(desk: Desk, plan: Plan) -> Request:
    """A change of a plan, as the security officer has signed it."""
    operator = desk.officer("operator")
    filed = filing.file(
        Proposal("plan.change", plan, operator.account, None), actor=operator, office=desk.office
    )
    return moving.approve(filed.number, actor=desk.officer("security"), office=desk.office)


def sign(desk: Desk, number: str) -> Request:
    return moving.approve(number, actor=desk.officer("operator", 1), office=desk.office)


def held(desk: Desk, department: str = "transport") -> dict[str, int]:
    with desk.office.records.transaction() as connection:
        return grants.of_department(connection, department)


def ask(desk: Desk, count: int, of: str = "transport", **more: Any) -> None:
    for number in range(count):
        assert desk.file(environment(f"{of}/e{number}", **more)).state == "granted"


def test_what_environments_hold_grows_and_shrinks_with_their_plan(desk: Desk) -> None:
    ask(desk, 2)
    desk.file(environment("transport/other", plan="standard"))
    other = held(desk)["pods"] - 2 * 20
    for pods in (30, 10):
        assert sign(desk, file(desk, changed(desk, pods=pods)).number).state == "granted"
        assert held(desk)["pods"] == other + 2 * pods
    assert held(desk)["environments"] == 3


@pytest.mark.parametrize(("pods", "fits"), [(150, True), (151, False)])
def test_a_quota_is_filled_to_its_edge_and_no_further(pods: int, fits: bool, desk: Desk) -> None:
    """The transport bureau has a quota of 300 pods; what its environments hold is not counted twice."""
    ask(desk, 2)
    filed = file(desk, changed(desk, pods=pods))
    if fits:
        assert sign(desk, filed.number).state == "granted"
        assert held(desk)["pods"] == 300
        return
    with pytest.raises(
        RefusedError, match="transport: the department's quota is not enough: pods would be 302 of 300"
    ):
        sign(desk, filed.number)
    assert held(desk)["pods"] == 40


def test_each_department_that_it_does_not_fit_is_named(desk: Desk) -> None:
    for name in ("health", "water"):
        desk.register_department(department(name))
        ask(desk, 2, name)
    ask(desk, 1)
    with pytest.raises(RefusedError) as caught:
        sign(desk, file(desk, changed(desk, pods=160)).number)
    assert [one.partition(":")[0] for one in caught.value.fact.split("; ")] == ["health", "water"]


def test_a_full_pool_is_waited_for(small_office: Callable[..., Desk]) -> None:
    desk = small_office(object_store={"bucket": "40Gi"}, overcommit={})
    ask(desk, 2)
    bucket = changed(desk).bucket.model_copy(update={"bytes": "21Gi"})
    waiting = sign(desk, file(desk, changed(desk, bucket=bucket)).number)
    assert waiting.state == "waitlisted"
    assert waiting.reason == (
        "room in tenants-1 is not enough: bucket would be 42Gi of 40Gi, for environments of transport"
    )
    assert held(desk)["bucket"] == 20 * 2**30
    assert moving.admit_waiting(desk.office) == []
    with desk.office.records.transaction() as connection:
        grants.release(connection, "transport/e0")
    assert [one.number for one in moving.admit_waiting(desk.office)] == [waiting.number]
    assert held(desk)["bucket"] == 21 * 2**30


def test_what_is_filed_while_a_plan_grows_never_overshoots(desk: Desk) -> None:
    """Of 300 pods, four environments would hold all; a fifth on the old plan keeps the plan from growing."""
    ask(desk, 3)
    number = file(desk, changed(desk, pods=75)).number

    def act(index: int) -> str:
        if index:
            return desk.file(environment(f"transport/late{index}")).state
        try:
            return sign(desk, number).state
        except RefusedError:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, [1, 2, 0, 3, 4, 5]))
    assert held(desk)["pods"] <= 300


def test_a_plan_does_not_leave_the_pool_of_its_environments(desk: Desk) -> None:
    ask(desk, 1)
    with pytest.raises(RefusedError, match="databases of transport/e0 lie in another pool than tenants-2"):
        sign(desk, file(desk, changed(desk, pool="tenants-2")).number)


def test_what_is_to_be_taken_down_grows_no_more(desk: Desk) -> None:
    ask(desk, 2)
    desk.file(environment("transport/e0"), "environment.retire")
    assert sign(desk, file(desk, changed(desk, pods=280)).number).state == "granted"
    assert held(desk)["pods"] == 300


def test_a_plan_is_not_made_smaller_than_what_is_claimed_on_it(desk: Desk) -> None:
    """It would be delivered never again."""
    claims = [{"name": "main", "connections": 7}, {"name": "more", "connections": 8}]
    ask(desk, 1, databases=claims)
    small = changed(desk)
    less = changed(desk, database=small.database.model_copy(update={"connections": 14}))
    operator, other = desk.officer("operator"), desk.officer("operator", 1)
    proposal = Proposal("plan.change", less, operator.account, None)
    filed = filing.file(proposal, actor=operator, office=desk.office)
    assert filed.state == "submitted"
    moving.accept(filed.number, actor=other, office=desk.office)
    moving.approve(filed.number, actor=desk.officer("security"), office=desk.office)
    with pytest.raises(RefusedError, match="connections of all databases is 15, and plan small has 14"):
        sign(desk, filed.number)
    enough = file(desk, changed(desk, database=small.database.model_copy(update={"connections": 15})))
    assert sign(desk, enough.number).state == "granted"
