"""A6: a year of leases: told before, suspended after, confirmed or tolerated by people, held, renewed."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from tests.support.leases import STAGES, Servers, delivered, night, standing_in, standings
from tests.support.office import Desk, environment
from tests.support.recorded import LEASE, brought_up
from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import SYSTEM
from yunzu.records.schema import messages
from yunzu.services import ledger
from yunzu.services.leases import automation, deciding, tenures
from yunzu.services.requests import reading, service_levels


@pytest.fixture
def servers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """One environment of each stage, in use."""
    return standing_in(desk, monkeypatch)


def told(desk: Desk, event: str) -> set[tuple[str, str]]:
    """Subject and recipient of each message."""
    query = select(messages.c.subject, messages.c.recipient).where(messages.c.event == event)
    with desk.office.records.transaction() as connection:
        return {(row.subject, row.recipient) for row in connection.execute(query)}


def test_a6_a_year_passes(desk: Desk, servers: Servers) -> None:
    """Told at 30, 7 and 1 days; dev and test rest the day after; production waits for an operator."""
    for moment in ("2027-06-01 03:00", "2027-11-30 23:59"):
        desk.at(moment)
        night(desk)
    assert servers.done == []

    desk.at("2027-12-01 00:00")  # the office's midnight, eight hours before UTC's
    night(desk)
    assert servers.done == [("suspend", "transport/dev"), ("suspend", "transport/test")]
    assert standings(desk) == {"dev": "held", "test": "held", "prod": "ended"}
    night(desk)
    assert len(servers.done) == 2

    desk.at("2027-12-01 10:00")
    request = deciding.confirm("transport/prod", actor=desk.officer("operator"), office=desk.office)
    view = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    assert (view.request.state, view.rule, view.request.applicant) == ("granted", "lease.ended", SYSTEM)
    assert (view.moves[0].move, view.moves[0].account) == ("submit", "jiangyunkai")
    assert view.steps[-1].ruling
    assert view.steps[-1].ruling["inputs"]["confirmed_by"] == "jiangyunkai"
    delivered(desk, request)
    assert standings(desk) == dict.fromkeys(STAGES, "held")

    desk.at("2027-12-30 12:00")
    assert standings(desk) == dict.fromkeys(STAGES, "held")
    desk.at("2027-12-31 12:00")
    night(desk)
    assert standings(desk) == dict.fromkeys(STAGES, "reclaimable")
    assert [what for what, _ in servers.done] == ["suspend"] * 3  # nothing is reclaimed by itself
    assert desk.file(environment("transport/dev", stage="dev"), "environment.retire").state == "granted"


def test_a6_each_notice_goes_once_to_those_who_act(desk: Desk, servers: Servers) -> None:
    department = {"transport-applicant", "transport-approver", "transport-steward"}
    for day in ("10-30", "10-31", "11-01", "11-23", "11-24", "11-29", "11-30"):
        desk.at(f"2027-{day} 08:00")
        automation.give_notice(desk.office)
    assert automation.give_notice(desk.office) == 0
    operators = {"jiangyunkai", "shenruochuan"}
    wanted = {
        (f"transport/{stage}/2027-11-30/{days}", account)
        for stage in STAGES
        for days in (30, 7, 1)
        for account in department | (operators if stage == "prod" else set())
    }
    assert told(desk, "lease_ending") == wanted
    desk.at("2027-12-01 08:00")
    night(desk)
    automation.give_notice(desk.office)
    ended = told(desk, "lease_ended")
    assert {who for what, who in ended if "escalated" in what} == department | operators
    assert {who for what, who in ended if what.startswith("transport/dev/")} == department
    assert {what.split("/")[3] for what, _ in ended} == {"escalated", "suspended"}


def test_two_at_once_file_one_request_each(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 08:00")
    runs = [threading.Thread(target=automation.suspend_ended, args=(desk.office,)) for _ in range(4)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert len(automation.suspend_ended(desk.office).undelivered) == 2


@pytest.mark.parametrize("moment", ["2027-12-04 10:00", "2027-12-01 12:30", "2027-12-01 20:00"])
def test_production_is_not_suspended_when_nobody_can_be_asked(
    moment: str, desk: Desk, servers: Servers
) -> None:
    """A Saturday, the noon break, an evening."""
    desk.at(moment)
    with pytest.raises(RefusedError, match="the office opens on 2027-12-0"):
        deciding.confirm("transport/prod", actor=desk.officer("operator"), office=desk.office)
    assert standings(desk)["prod"] == "ended"


def test_an_operator_alone_decides_about_leases(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 10:00")
    others = (desk.person("approver"), desk.officer("security"), desk.officer("auditor"))
    for actor, why in (*((one, "only an operator") for one in others), *desk.unproven()):
        with pytest.raises(RefusedError, match=why):
            deciding.confirm("transport/prod", actor=actor, office=desk.office)
        with pytest.raises(RefusedError, match=why):
            deciding.tolerate("transport/prod", date(2028, 1, 1), "迁移中", actor=actor, office=desk.office)


def test_a6_tolerated_until_a_day_and_then_escalated_again(desk: Desk, servers: Servers) -> None:
    desk.at("2027-11-30 10:00")
    operator = desk.officer("operator")

    def tolerate(until: date, reason: str = "迁移中") -> tenures.Lease:
        return deciding.tolerate("transport/prod", until, reason, actor=operator, office=desk.office)

    with pytest.raises(RefusedError, match="may be used until 2027-11-30 anyway"):
        tolerate(date(2027, 12, 10))
    desk.at("2027-12-01 10:00")
    with pytest.raises(UsageError, match="is over"):
        tolerate(date(2027, 11, 30))
    with pytest.raises(UsageError, match="reason"):
        tolerate(date(2027, 12, 10), " ")
    night(desk)
    assert tolerate(date(2027, 12, 10)).standing == "tolerated"
    with pytest.raises(RefusedError, match="may be used until 2027-12-10"):
        deciding.confirm("transport/prod", actor=operator, office=desk.office)
    [right] = [
        one
        for one in ledger.ledger(actor=operator, office=desk.office).rights
        if (one.environment, one.kind) == ("transport/prod", "namespace")
    ]
    assert (right.standing, right.tolerated_until, right.expired_days) == ("tolerated", date(2027, 12, 10), 1)
    desk.at("2027-12-13 10:00")
    night(desk)
    escalated = {what for what, _ in told(desk, "lease_ended") if "prod" in what}
    assert escalated == {f"transport/prod/2027-11-30/escalated/{until}" for until in ("", "2027-12-10")}
    assert deciding.confirm("transport/prod", actor=operator, office=desk.office).state == "granted"


def test_a6_resuming_looks_at_the_lease(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 10:00")
    night(desk)
    wanted = environment("transport/test", stage="test")
    with pytest.raises(RefusedError, match=r"ended on 2027-11-30; ask for environment\.renew"):
        desk.file(wanted, "environment.resume")
    deciding.tolerate(
        "transport/test", date(2027, 12, 5), "验收", actor=desk.officer("operator"), office=desk.office
    )
    delivered(desk, desk.file(wanted, "environment.resume"))
    assert servers.done[-1] == ("resume", "transport/test")
    desk.at("2027-12-06 03:00")
    night(desk)
    assert servers.done[-1] == ("suspend", "transport/test")


def test_a6_a_renewal_resumes_what_the_end_of_the_lease_suspended(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 10:00")
    night(desk)
    renewed = environment("transport/dev", stage="dev", lease={"from": LEASE[0], "until": date(2028, 11, 30)})
    delivered(desk, desk.file(renewed, "environment.renew"))
    assert servers.done[-1] == ("resume", "transport/dev")
    assert standings(desk)["dev"] == "current"
    night(desk)
    assert servers.done[-1] == ("resume", "transport/dev")


def test_a_renewal_leaves_suspended_what_its_department_suspended(desk: Desk, servers: Servers) -> None:
    delivered(desk, desk.file(environment("transport/dev", stage="dev"), "environment.suspend"))
    desk.at("2027-12-01 10:00")
    night(desk)
    assert servers.done == [("suspend", "transport/dev"), ("suspend", "transport/test")]
    renewed = environment("transport/dev", stage="dev", lease={"from": LEASE[0], "until": date(2028, 11, 30)})
    delivered(desk, desk.file(renewed, "environment.renew"))
    assert servers.done[-1] == ("apply", "transport/dev")


def test_what_the_centre_asks_for_itself_betters_no_figure(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 10:00")
    night(desk)
    period = service_levels.month("2027-12", desk.office)
    report = service_levels.report(period, actor=desk.officer("auditor"), office=desk.office)
    assert {line.figures.submitted for line in report.totals} == {0}


def test_what_was_brought_up_from_files_is_left_alone(desk: Desk) -> None:
    brought_up(desk, "transport/files")
    desk.at("2027-12-01 10:00")
    assert automation.suspend_ended(desk.office) == automation.Suspensions([], {})
    assert automation.give_notice(desk.office) == 0


def test_a_department_lists_its_own(desk: Desk, servers: Servers) -> None:
    desk.at("2027-11-01 10:00")
    found = tenures.listed(actor=desk.person("applicant"), office=desk.office)
    assert [one.tenure.environment for one in found] == [
        f"transport/{one}" for one in ("dev", "prod", "test")
    ]
    with pytest.raises(RefusedError, match="not of your department"):
        tenures.listed(actor=desk.person("applicant"), office=desk.office, department="health")
