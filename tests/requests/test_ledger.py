"""Row A6: the centre owns every resource, a department has a dated right to use it: the ledger says which."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, insert

from tests.support.command import Command
from tests.support.december import Month
from tests.support.engine import CENTRE
from tests.support.office import Desk, department, environment
from tests.support.recorded import LEASE, brought_up
from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.plans import Plan
from yunzu.records import claims, grants
from yunzu.records import environments as registry
from yunzu.records.requests_schema import manifests
from yunzu.services import ledger
from yunzu.services.ledger import Ledger, Right
from yunzu.services.requests.truth import Truth


def taken(desk: Desk, **chosen: str) -> Ledger:
    return ledger.ledger(actor=desk.officer("auditor"), office=desk.office, **chosen)


def of(found: Ledger, identifier: str) -> list[Right]:
    return [one for one in found.rights if one.environment == identifier]


def test_a6_every_resource_of_a_granted_environment(desk: Desk) -> None:
    request = desk.file(environment("transport/flights"))
    uid = brought_up(desk, "transport/flights")
    rights = of(taken(desk), "transport/flights")
    assert [(one.kind, one.name, one.external) for one in rights] == [
        ("namespace", "transport--flights", "transport--flights"),
        ("database", "main", f"yz_{CENTRE}_{uid}_main"),
        ("bucket", "main", f"yz-{CENTRE}-{uid}-main"),
    ]
    for one in rights:
        assert (one.owner, one.department, one.plan) == (CENTRE, "transport", "small")
        assert (one.start, one.until, one.state) == (*LEASE, "active")
        assert (one.expired, one.retained, one.request) == (False, False, request.number)
        assert one.price
        assert (one.price.month, one.price.currency) == (Decimal("380.00"), "CNY")
    assert taken(desk).month == Decimal("380.00")


def test_what_is_granted_and_not_there_yet_is_in_it(desk: Desk) -> None:
    desk.file(environment("transport/flights", databases=[{"name": "a"}, {"name": "b"}]))
    rights = of(taken(desk), "transport/flights")
    assert {(one.state, one.external) for one in rights} == {("granted", None)}
    assert [one.name for one in rights] == ["transport--flights", "a", "b", "main"]


def test_a6_the_day_after_the_last_one_it_has_expired(desk: Desk) -> None:
    """Either way: in use or suspended, it stands in the ledger with the days that it is over."""
    desk.file(environment("transport/flights"))
    brought_up(desk, "transport/flights")
    desk.at("2027-11-30 23:59")
    assert not any(one.expired for one in taken(desk).rights)
    desk.at("2027-12-01 00:00")
    assert {one.expired_days for one in taken(desk).rights} == {1}
    desk.at("2027-12-31 12:00")
    assert {(one.state, one.expired_days) for one in taken(desk).rights} == {("active", 31)}


def test_a6_a_suspended_one_stands_in_it_as_expired_too(desk: Desk) -> None:
    desk.file(environment("transport/flights"))
    uid = brought_up(desk, "transport/flights")
    records = desk.office.records
    registry.enrol(
        records, CENTRE, "transport", "flights", plan="small", lease_from=LEASE[0], lease_until=LEASE[1],
        suspended=True,
    )  # fmt: skip
    registry.mark_suspended(records, uid, applied_hash="0" * 64)
    desk.at("2027-12-01 09:00")
    assert {(one.state, one.expired_days) for one in taken(desk).rights} == {("suspended", 1)}


def test_a_renewal_counts_from_its_approval(desk: Desk) -> None:
    """What was decided says until when, not what was applied last."""
    first = desk.file(environment("transport/flights"))
    brought_up(desk, "transport/flights")
    renewed = environment("transport/flights", lease={"from": "2026-12-01", "until": "2029-11-30"})
    desk.file(renewed, "environment.renew", base_hash=first.decided_hash)
    assert {one.until for one in taken(desk).rights} == {date(2029, 11, 30)}


def test_a6_of_what_was_taken_down_the_data_are_retained(desk: Desk) -> None:
    desk.file(environment("transport/flights"))
    uid = brought_up(desk, "transport/flights")
    registry.mark_destroyed(desk.office.records, uid)
    with desk.office.records.transaction() as connection:
        grants.release(connection, "transport/flights")
        gone = {"kind": "Environment", "id": "transport/flights", "at": desk.office.now()}
        connection.execute(insert(manifests).values(gone))
    rights = of(taken(desk), "transport/flights")
    assert [(one.kind, one.state, one.retained) for one in rights] == [
        ("database", "destroyed", True),
        ("bucket", "destroyed", True),
    ]
    assert {one.price for one in rights} == {None}
    assert {one.until for one in rights} == {LEASE[1]}
    claims.mark_erased(desk.office.records, uid, "database", "main")
    assert [one.kind for one in taken(desk).rights] == ["bucket"]
    registry.mark_erased(desk.office.records, uid, emptied=True)
    assert taken(desk).rights == ()


def test_data_that_the_manifest_no_longer_names_are_retained_too(desk: Desk) -> None:
    desk.file(environment("transport/flights"))
    brought_up(desk, "transport/flights", ("database", "main"), ("database", "old"), ("bucket", "main"))
    kept = {(one.kind, one.name): one.retained for one in taken(desk).rights}
    assert kept == {
        ("namespace", "transport--flights"): False,
        ("database", "main"): False,
        ("database", "old"): True,
        ("bucket", "main"): False,
    }


def test_the_price_is_that_of_the_plan_as_it_was_granted(desk: Desk) -> None:
    desk.file(environment("transport/flights"))
    brought_up(desk, "transport/flights")
    with desk.office.records.transaction() as connection:
        plan = Truth(connection).get(Plan, "small")
        dearer = plan.model_dump(mode="json") | {"price": {"month": "990.00", "currency": "CNY"}}
        Truth(connection).approve(Plan.model_validate(dearer), request=None, at=desk.office.now())
    assert taken(desk).month == Decimal("380.00")
    desk.file(environment("transport/later"))
    assert taken(desk).month == Decimal("380.00") + Decimal("990.00")


def test_what_no_request_granted_is_in_it_at_the_present_price(desk: Desk) -> None:
    brought_up(desk, "transport/files", lease=(date(2026, 1, 1), date(2026, 11, 1)), plan="standard")
    rights = taken(desk).rights
    assert {(one.plan, one.request, one.expired) for one in rights} == {("standard", None, True)}
    assert all(one.price for one in rights)


def test_a_department_sees_its_own_rights(desk: Desk) -> None:
    Month(desk).register("health", "transport")
    desk.at("2026-12-01 10:00")
    for name in ("health/beds", "transport/flights"):
        desk.file(environment(name))
    own = ledger.ledger(actor=desk.person("approver", "health"), office=desk.office)
    assert {one.environment for one in own.rights} == {"health/beds"}
    assert {one.environment for one in taken(desk, department="transport").rights} == {"transport/flights"}
    with pytest.raises(RefusedError, match="not of your department"):
        ledger.ledger(actor=desk.person("approver", "health"), office=desk.office, department="transport")
    with pytest.raises(NotFoundError, match="not registered"):
        taken(desk, department="no-such")


def test_queries_do_not_grow_with_environments(desk: Desk) -> None:
    def counted() -> int:
        seen: list[object] = []
        engine = desk.office.records._engine

        def count(*arguments: object) -> None:
            seen.append(arguments)

        event.listen(engine, "before_cursor_execute", count)
        taken(desk)
        event.remove(engine, "before_cursor_execute", count)
        return len(seen)

    brought_up(desk, "transport/aa")
    few = counted()
    for name in ("bb", "cc", "dd"):
        desk.file(environment(f"transport/{name}"))
        brought_up(desk, f"transport/{name}")
    assert counted() == few


@pytest.fixture
def year_later(desk: Desk) -> None:
    """One that has expired in use, one whose data are retained, of a bureau with a hostile title."""
    month = Month(desk)
    month.approve(department("transport", title={"zh": "@SUM(A1)"}), "11-23 11:00")
    desk.file(environment("transport/flights"))
    brought_up(desk, "transport/flights")
    registry.mark_destroyed(desk.office.records, brought_up(desk, "transport/gone"))
    desk.at("2027-12-03 09:00")


def test_the_command_in_its_three_forms(year_later: None, yunzu: Command) -> None:
    document = yunzu("ledger", "--json").document
    items = {(one["environment"], one["kind"]): one for one in document["items"]}
    flights = items["transport/flights", "database"]
    assert flights["price"] == {"month": "380.00", "currency": "CNY"}
    assert (flights["from"], flights["until"]) == ("2026-12-01", "2027-11-30")
    assert (flights["expired"], flights["expired_days"], flights["state"]) == (True, 3, "active")
    assert items["transport/gone", "bucket"]["retained"] is True
    assert (document["day"], document["price_month"]["month"]) == ("2027-12-03", "380.00")
    lines = yunzu("ledger").out.splitlines()
    assert lines[0] == f"使用权台账 rights of use on 2027-12-03 · 所有权人 owner: 云中心 centre {CENTRE}"
    assert sum("在用 active · 已到期 expired 3 d" in line for line in lines) == 3
    assert sum("已拆除 destroyed · 数据保留 data retained" in line for line in lines) == 2
    assert lines[-1].startswith(
        "2 个环境 environments, 5 项资源 resources, 2 个环境已到期 expired; 每月合计 380.00"
    )
    rows = list(csv.DictReader(io.StringIO(yunzu("ledger", "--csv").out.removeprefix("\ufeff"))))
    assert {one["部门名称 title"] for one in rows} == {"'@SUM(A1)"}
    assert [one["到期天数 expired days"] for one in rows] == ["3"] * 5


def test_an_empty_ledger_and_wrong_usage(yunzu: Command) -> None:
    ended = yunzu("ledger")
    assert (ended.code, ended.out) == (0, "")
    assert "nobody has a right of use yet" in ended.err
    assert yunzu("ledger", "--json").document["items"] == []
    assert yunzu("ledger", "--json", "--csv").code == 2
    assert yunzu("ledger", "--department", "no-such").code == 1
