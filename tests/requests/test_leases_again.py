"""A suspension that failed looks at the lease again before each try; a right that is granted anew is no rest
of an old one."""

from datetime import date, timedelta

import pytest

from tests.support.leases import Servers, delivered, night, standing_in, standings
from tests.support.office import Desk, environment
from tests.support.recorded import LEASE
from yunzu.errors import RefusedError, YunzuError
from yunzu.records.requests import Request
from yunzu.services.leases import automation, deciding
from yunzu.services.requests import queueing, reading
from yunzu.services.requests.queueing import ANOTHER_TRY_AFTER
from yunzu.services.requests.reading import View


@pytest.fixture
def servers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """One environment of each stage, in use."""
    return standing_in(desk, monkeypatch)


def view(desk: Desk, number: str) -> View:
    return reading.show(number, actor=desk.officer("auditor"), office=desk.office)


def failed(desk: Desk, servers: Servers, *, halfway: bool = False) -> str:
    """The number of the suspension of transport/dev, which the servers have stopped."""
    servers.broken, servers.halfway = not halfway, halfway
    found = automation.suspend_ended(desk.office).undelivered
    [number] = [one for one in found if view(desk, one).request.subject == "transport/dev"]
    with pytest.raises(YunzuError):
        delivered(desk, number)
    servers.broken = servers.halfway = False
    return number


def renew(desk: Desk, name: str = "dev") -> Request:
    lease = {"from": LEASE[0], "until": date(2028, 11, 30)}
    return desk.file(environment(f"transport/{name}", stage=name, lease=lease), "environment.renew")


def test_what_could_not_be_suspended_is_tried_again(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 03:00")
    servers.broken = True
    night(desk)
    assert standings(desk)["dev"] == "ended"
    servers.broken = False
    desk.moment[0] += ANOTHER_TRY_AFTER - timedelta(seconds=1)
    night(desk)
    assert standings(desk)["dev"] == "ended"
    desk.pass_time(seconds=1)
    night(desk)
    assert (standings(desk)["dev"], standings(desk)["test"]) == ("held", "held")


def test_who_renewed_meanwhile_is_not_suspended(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 03:00")
    number = failed(desk, servers)
    assert renew(desk).state == "granted"  # and not delivered yet
    assert delivered(desk, number).state == "abandoned"
    assert servers.done == []
    assert not servers.is_suspended("dev")
    shown = view(desk, number)
    assert [one.move for one in shown.moves][-3:] == ["fail", "retry", "abandon"]
    assert shown.moves[-1].reason == "transport/dev may be used until 2028-11-30"
    assert number not in automation.suspend_ended(desk.office).undelivered


def test_a_suspension_that_stopped_halfway_is_undone_by_the_renewal(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 03:00")
    number = failed(desk, servers, halfway=True)
    assert servers.is_suspended("dev")
    delivered(desk, renew(desk))
    assert servers.done == [("resume", "transport/dev")]
    assert delivered(desk, number).state == "abandoned"
    assert not servers.is_suspended("dev")


def test_a_suspension_that_stopped_halfway_is_undone_where_its_end_is_tolerated(
    desk: Desk, servers: Servers
) -> None:
    desk.at("2027-12-01 03:00")
    number = failed(desk, servers, halfway=True)
    operator = desk.officer("operator")
    deciding.tolerate("transport/dev", date(2027, 12, 9), "迁移中", actor=operator, office=desk.office)
    assert delivered(desk, number).state == "abandoned"
    assert servers.done == [("resume", "transport/dev")]
    assert view(desk, number).request.reason == "transport/dev may be used until 2027-12-09"


def test_what_its_department_suspended_meanwhile_stays_so(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 03:00")
    number = failed(desk, servers)
    desk.pass_time(minutes=1)
    delivered(desk, desk.file(environment("transport/dev", stage="dev"), "environment.suspend"))
    renew(desk)
    assert delivered(desk, number).state == "abandoned"
    assert servers.is_suspended("dev")


def test_what_was_retired_meanwhile_is_not_suspended(desk: Desk, servers: Servers) -> None:
    desk.at("2027-12-01 03:00")
    number = failed(desk, servers)
    desk.file(environment("transport/dev", stage="dev"), "environment.retire")
    assert delivered(desk, number).state == "abandoned"
    assert view(desk, number).request.reason == "transport/dev was retired meanwhile"


def test_production_is_not_suspended_once_the_office_has_closed(desk: Desk, servers: Servers) -> None:
    """Neither by the first try, which came late, nor by another; it goes on when the office opens."""
    desk.at("2027-12-01 11:59")
    operator = desk.officer("operator")
    number = deciding.confirm("transport/prod", actor=operator, office=desk.office).number
    desk.at("2027-12-01 20:00")
    night(desk)
    request = view(desk, number).request
    assert (request.state, str(request.reason).partition(",")[0]) == (
        "failed", "transport/prod: is suspended on working days in office hours only",
    )  # fmt: skip
    moves = len(view(desk, number).moves)
    desk.at("2027-12-01 23:00")
    night(desk)
    assert len(view(desk, number).moves) == moves  # a closed office is no failure every hour
    queueing.ask(number, actor=operator, office=desk.office)
    with pytest.raises(RefusedError, match="the office opens"):
        delivered(desk, number)
    assert ("suspend", "transport/prod") not in servers.done
    desk.at("2027-12-02 10:00")
    night(desk)
    assert view(desk, number).request.state == "done"
    assert standings(desk)["prod"] == "held"


@pytest.mark.parametrize("taken_down", [True, False], ids=["taken down", "not yet"])
def test_what_is_asked_for_anew_is_delivered_in_use(taken_down: bool, desk: Desk, servers: Servers) -> None:
    wanted = environment("transport/dev", stage="dev")
    for item in ("environment.suspend", "environment.retire"):
        number = desk.file(wanted, item).number
        desk.pass_time(minutes=1)
        if item == "environment.suspend" or taken_down:
            delivered(desk, number)
    anew = desk.file(wanted)
    assert servers.is_suspended("dev")
    desk.pass_time(minutes=1)
    delivered(desk, anew)
    assert servers.done[-1] == ("resume", "transport/dev")
    assert not servers.is_suspended("dev")
    assert standings(desk)["dev"] == "current"


def test_a_suspension_after_the_new_grant_is_kept_by_its_next_try(desk: Desk, servers: Servers) -> None:
    wanted = environment("transport/other", stage="dev")
    anew = desk.file(wanted)
    servers.halfway = True
    with pytest.raises(YunzuError):
        delivered(desk, anew)
    servers.halfway = False
    desk.pass_time(minutes=1)
    delivered(desk, desk.file(wanted, "environment.suspend"))
    assert delivered(desk, anew).state == "done"
    assert servers.is_suspended("other")
