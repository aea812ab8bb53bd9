"""What a manifest asks for: the fitting item, once, as far as rules decide; emergencies are reported."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.bureau import QUOTA
from tests.support.december import ROOM
from tests.support.engine import CENTRE
from tests.support.office import Desk, department, environment
from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.capacity import Capacity
from yunzu.model.hashes import content
from yunzu.model.manifests import Department, Environment
from yunzu.model.requests import UNDECIDED
from yunzu.records import environments as registry
from yunzu.records import requests
from yunzu.records.requests import Request
from yunzu.services.requests import emergency, moving, reading, report_document, service_levels
from yunzu.services.requests.asking import Asking, UndecidedError, ask, ask_to_remove, difference
from yunzu.services.requests.truth import CENTRE as OF_CENTRE
from yunzu.services.requests.truth import Truth


def _asking(desk: Desk, **more: Any) -> Asking:
    return Asking(desk.office, desk.officer("operator"), **more)


def _items(found: list[Request]) -> list[tuple[str, str]]:
    return [(one.item, one.state) for one in found]


def _approved(desk: Desk, identifier: str) -> Environment:
    with desk.office.records.transaction() as connection:
        return Truth(connection).get(Environment, identifier)


def _with_quota(desk: Desk) -> Desk:
    desk.approve(department(quota=QUOTA))
    return desk


def _large(desk: Desk) -> Environment:
    """An environment on a plan that people decide on, and that the department has the quota for."""
    _with_quota(desk)
    return environment(plan="large")


def _waiting(desk: Desk, subject: str) -> list[str]:
    with desk.office.records.transaction() as connection:
        return [one.number for one in requests.listed(connection, subject=subject, states=UNDECIDED)]


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        ({"plan": "standard"}, "environment.resize"),
        ({"databases": []}, "environment.resize"),
        ({"grade": 1, "lease": {"from": "2026-12-01", "until": "2028-01-01"}}, "environment.resize"),
        ({"lease": {"from": "2026-12-01", "until": "2028-01-01"}}, "environment.renew"),
    ],
)
def test_what_differs_becomes_the_fitting_item(changes: dict[str, Any], item: str) -> None:
    now, wanted = environment(), environment(**changes)
    assert difference(now, content(now)) is None
    assert difference(wanted, None) == ("environment.new", wanted)
    found = difference(wanted, content(now))
    assert found is not None
    assert found[0] == item
    last = difference(wanted, content(found[1]))
    assert last is None or (last[0], last[1]) == ("environment.renew", wanted)


def test_what_no_item_changes_is_refused_and_nothing_is_filed(desk: Desk) -> None:
    ask(environment(), _asking(desk))
    before = reading.listed(actor=desk.officer("auditor"), office=desk.office).items
    for wanted in (environment(stage="prod"), department(title={"zh": "改名局"})):
        with pytest.raises(RefusedError, match=r"no item changes its (stage|title)"):
            ask(wanted, _asking(desk))
    assert len(reading.listed(actor=desk.officer("auditor"), office=desk.office).items) == len(before)


def test_an_operator_asks_as_agent_and_a_person_for_themselves(desk: Desk) -> None:
    [filed] = ask(environment(), _asking(desk))
    assert (filed.state, filed.applicant, filed.agent) == ("granted", "transport-applicant", "jiangyunkai")
    [own] = ask(environment("transport/own"), replace(_asking(desk), actor=desk.person("applicant")))
    assert (own.applicant, own.agent) == ("transport-applicant", None)
    for stranger in (desk.person("reviewer"), desk.officer("auditor"), desk.officer("security")):
        with pytest.raises(RefusedError):
            ask(environment("transport/no"), replace(_asking(desk), actor=stranger))


def test_a_department_without_applicants_is_asked_for_by_its_agent(desk: Desk) -> None:
    nobody = department("health", people=[])
    [filed] = ask(nobody, _asking(desk))
    assert (filed.state, filed.applicant, filed.agent) == ("granted", "jiangyunkai", "jiangyunkai")
    with pytest.raises(RefusedError, match="is no applicant"):
        ask(environment(), _asking(desk, applicant="jiangyunkai"))


def test_what_is_asked_already_is_not_asked_twice(desk: Desk) -> None:
    assert _items(ask(environment(), _asking(desk))) == [("environment.new", "granted")]
    [same] = ask(environment(), _asking(desk))
    both = environment(grade=1, lease={"from": "2026-12-01", "until": "2028-01-01"})
    found = ask(both, _asking(desk))
    assert found[0].number == same.number
    assert [one.item for one in found] == ["environment.new", "environment.resize", "environment.renew"]
    assert _approved(desk, "transport/flights") == both


def test_what_no_rule_decides_waits_and_is_found_again(desk: Desk) -> None:
    large = _large(desk)
    numbers = set()
    for _ in range(2):
        with pytest.raises(UndecidedError, match="waits for the department's reviewer") as caught:
            ask(large, _asking(desk))
        numbers.add(caught.value.number)
    [number] = numbers
    with pytest.raises(UndecidedError) as other:
        ask(environment(), _asking(desk))  # the one that waits has to be decided first
    assert other.value.number == number
    moving.approve(number, actor=desk.person("reviewer"), office=desk.office)
    moving.approve(number, actor=desk.officer("operator", 1), office=desk.office)
    assert [one.number for one in ask(large, _asking(desk))] == [number]


def test_an_emergency_is_the_operators_and_reported(desk: Desk) -> None:
    large = _large(desk)
    with pytest.raises(RefusedError, match="is no operator"):
        ask(large, replace(_asking(desk, emergency="汛情"), actor=desk.person("applicant")))
    with pytest.raises(RefusedError, match="needs a reason"):
        ask(large, _asking(desk, emergency="  "))
    for actor, why in desk.unproven():
        with pytest.raises(RefusedError, match=why):
            ask(large, replace(_asking(desk, emergency="汛情"), actor=actor))
    found = reading.listed(actor=desk.officer("auditor"), office=desk.office, department="transport")
    assert found.items[1:] == ()
    [request] = ask(large, _asking(desk, emergency="汛情"))
    assert (request.state, request.emergency) == ("granted", "汛情")
    view = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    assert [one.move for one in view.moves] == ["submit", "accept", "emergency", "grant"]
    assert (view.rule, view.steps[-1].action, view.moves[-1].account) == (None, "skip", "jiangyunkai")
    period = service_levels.month(None, desk.office)
    report = service_levels.report(period, actor=desk.officer("auditor"), office=desk.office)
    [listed] = report_document.document(report).emergencies
    assert (listed.request, listed.account, listed.reason) == (request.number, "jiangyunkai", "汛情")
    with desk.office.records.transaction() as connection:
        query = "SELECT recipient FROM yunzu.messages WHERE event = 'emergency' ORDER BY 1"
        told = connection.execute(text(query)).scalars().all()
    assert told == ["shengshouan", "yanmingjing"]


def test_an_emergency_above_the_limit_still_takes_a_second_operator(
    small_office: Callable[..., Desk],
) -> None:
    desk = small_office(four_eyes={"cpu": "500m"})
    urgent = _asking(desk, emergency="汛情")
    numbers = {desk.file(environment()).number}
    for _ in range(2):  # said again, it is declared once
        with pytest.raises(UndecidedError, match="waits for the second operator") as caught:
            ask(environment(), urgent)
        assert "have another officer sign it" in str(caught.value)
        numbers.add(caught.value.number)
    [number] = numbers
    for act in (moving.approve, partial(emergency.declare, reason="汛情")):
        with pytest.raises(RefusedError, match=r"declared the emergency|no emergency leaves out"):
            act(number, actor=desk.officer("operator"), office=desk.office)
    other = desk.officer("operator", 1)
    assert [one.request.number for one in reading.inbox(actor=other, office=desk.office)] == [number]
    assert reading.inbox(actor=desk.officer("operator"), office=desk.office) == []
    granted = moving.approve(number, actor=other, office=desk.office)
    assert (granted.state, granted.emergency) == ("granted", "汛情")
    view = reading.show(number, actor=other, office=desk.office)
    assert [(one.step, one.action, one.account) for one in view.steps[1:]] == [
        ("review", "skip", "jiangyunkai"),
        ("countersign", "pass", "shenruochuan"),
    ]
    assert [(one.move, one.account) for one in view.moves][2:] == [
        ("emergency", "jiangyunkai"),
        ("approve", "shenruochuan"),
        ("grant", "shenruochuan"),
    ]


def test_an_emergency_leaves_the_security_officers_step(desk: Desk) -> None:
    health = department("health", quota=QUOTA)
    with pytest.raises(UndecidedError, match="waits for the security officer"):
        ask(health, _asking(desk, emergency="汛情"))
    [number] = _waiting(desk, "health")
    assert moving.approve(number, actor=desk.officer("security"), office=desk.office).state == "granted"


def test_an_emergency_waits_for_room_and_for_nobody_afterwards(small_office: Callable[..., Desk]) -> None:
    """Room that comes later does not bring back the steps that were left out."""
    desk = small_office(pools={"tenants-1": {"database": "1", "connections": 1}})
    with pytest.raises(UndecidedError, match="waits for room"):
        ask(environment(plan="large"), _asking(_with_quota(desk), emergency="汛情"))
    [number] = _waiting(desk, "transport/flights")
    with desk.office.records.transaction() as connection:
        given = content(Truth(connection).get(Capacity, OF_CENTRE))
        roomy = Capacity.model_validate(given | ROOM)
        Truth(connection).approve(roomy, request=None, at=desk.office.now())
    assert [one.number for one in moving.admit_waiting(desk.office)] == [number]


def test_an_emergency_is_bound_by_quota(desk: Desk) -> None:
    """People could not grant it either."""
    quota = department(quota={"environments": 0})
    with pytest.raises(UndecidedError, match="department's approver"):
        ask(quota, _asking(desk))
    assert _items(ask(quota, _asking(desk, emergency="清理"))) == [
        ("department.new", "granted"),
        ("department.quota", "granted"),
    ]
    with pytest.raises(RefusedError, match="quota is not enough"):
        ask(environment(), _asking(desk, emergency="汛情"))


def test_removal_is_asked_for_by_stage(desk: Desk) -> None:
    for name, stage in (("dev", "dev"), ("prod", "prod")):
        ask(environment(f"transport/{name}", stage=stage), _asking(desk))
    [retired] = ask_to_remove("transport/dev", erase=False, asking=_asking(desk))
    assert (retired.item, retired.state) == ("environment.retire", "granted")
    with pytest.raises(UndecidedError, match="department's approver"):
        ask_to_remove("transport/prod", erase=True, asking=_asking(desk))
    with pytest.raises(RefusedError, match="never erased in an emergency"):
        ask_to_remove("transport/prod", erase=True, asking=_asking(desk, emergency="退出"))
    [erasing] = _waiting(desk, "transport/prod")
    with pytest.raises(RefusedError, match="never erased in an emergency"):
        emergency.declare(erasing, "退出", actor=desk.officer("operator"), office=desk.office)
    moving.approve(erasing, actor=desk.person("approver"), office=desk.office)
    moving.approve(erasing, actor=desk.officer("operator", 1), office=desk.office)
    [erased] = ask_to_remove("transport/prod", erase=True, asking=_asking(desk))
    assert (erased.number, erased.state, erased.emergency) == (erasing, "granted", None)
    with pytest.raises(NotFoundError):
        ask_to_remove("transport/dev", erase=True, asking=_asking(desk))  # there never was anything
    for name in ("dev", "old"):
        registry.enrol(desk.office.records, CENTRE, "transport", name, plan="small")
    [after] = ask_to_remove("transport/dev", erase=True, asking=_asking(desk))  # of what is retained
    assert (after.item, after.base_hash, after.state) == ("environment.erase", None, "granted")
    with pytest.raises(RefusedError, match="before there were requests"):
        ask_to_remove("transport/old", erase=False, asking=_asking(desk))
    with pytest.raises(NotFoundError):
        ask_to_remove("transport/none", erase=False, asking=_asking(desk))


def test_a_department_that_is_there_is_changed_by_its_own_items(desk: Desk) -> None:
    with desk.office.records.transaction() as connection:
        now = Truth(connection).get(Department, "transport")
    wanted = now.model_copy(update={"people": now.people[:4]})
    found = difference(wanted, content(now))
    assert found == ("department.people", wanted)
