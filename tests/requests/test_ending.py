"""What waits for nobody's signature can be denied, and what can never be delivered can be given up."""

from collections.abc import Callable

import pytest

from tests.support.december import Month, at
from tests.support.office import Desk, environment
from tests.support.recorded import brought_up
from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.actors import Actor
from yunzu.model.manifests import Environment
from yunzu.records import environments as registry
from yunzu.records import grants
from yunzu.records.requests import Request
from yunzu.services.requests import abandoning, delivering, filing, moving, reading
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth

REASON = "机房已停用"


@pytest.fixture
def broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[Request], str]:
    """Delivers a request to a server that never answers; returns its number."""

    def fail(*_: object) -> None:
        raise UnreachableError("S3", "does not answer")

    def deliver(request: Request) -> str:
        monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, fail))
        with pytest.raises(UnreachableError):
            delivering.deliver(request.number, with_=Delivery(desk.office, None))  # type: ignore[arg-type]
        return request.number

    return deliver


def abandon(desk: Desk, number: str, actor: Actor | None = None, reason: str = REASON) -> Request:
    return abandoning.abandon(number, reason, actor=actor or desk.officer("operator"), office=desk.office)


def held(desk: Desk) -> dict[str, int]:
    with desk.office.records.transaction() as connection:
        return grants.of_department(connection, "transport")


def test_an_operator_denies_what_waits_for_room(small_office: Callable[..., Desk]) -> None:
    desk = small_office(object_store={"bucket": "10Gi"}, overcommit={})
    desk.file(environment("transport/one"))
    waiting = desk.file(environment("transport/two"))
    assert waiting.state == "waitlisted"
    for actor in (desk.person("reviewer"), desk.officer("security"), desk.officer("auditor")):
        with pytest.raises(RefusedError):
            moving.deny(waiting.number, "无资源", actor=actor, office=desk.office)
    denied = moving.deny(waiting.number, "无资源", actor=desk.officer("operator"), office=desk.office)
    assert (denied.state, denied.reason) == ("denied", "无资源")
    assert moving.admit_waiting(desk.office) == []


def test_an_operator_denies_what_waits_for_a_request_that_was_denied(desk: Desk) -> None:
    first = desk.file(environment("transport/large", plan="large"))
    second = desk.file(environment("transport/after"), needs=(first.number,))
    moving.deny(first.number, "否", actor=desk.person("reviewer"), office=desk.office)
    denied = moving.deny(second.number, "前件未准", actor=desk.officer("operator"), office=desk.office)
    assert denied.state == "denied"


def test_given_up_before_anything_was_made_it_holds_nothing(
    desk: Desk, broken: Callable[[Request], str]
) -> None:
    number = broken(desk.file(environment()))
    assert held(desk)["environments"] == 1
    for actor in (desk.person("applicant"), desk.officer("security"), desk.officer("auditor")):
        with pytest.raises(RefusedError):
            abandon(desk, number, actor)
    for actor, why in desk.unproven():
        with pytest.raises(RefusedError, match=why):
            abandon(desk, number, actor)
    with pytest.raises(RefusedError, match="needs a reason"):
        abandon(desk, number, reason=" ")
    ended = abandon(desk, number)
    assert (ended.state, ended.reason, ended.done_at) == ("abandoned", REASON, desk.office.now())
    assert held(desk) == {}
    with desk.office.records.transaction() as connection:
        assert Truth(connection).find(Environment, "transport/flights") is None
    view = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    assert (view.result, view.moves[-1].move, view.moves[-1].account) == (
        "abandoned",
        "abandon",
        "jiangyunkai",
    )
    with pytest.raises(RefusedError, match="has ended"):
        abandon(desk, number)
    assert desk.file(environment()).state == "granted"  # the name is free again


def test_nobody_gives_up_what_they_filed_themselves(desk: Desk, broken: Callable[[Request], str]) -> None:
    proposal = Proposal("environment.new", environment(), "transport-applicant", "transport")
    number = broken(filing.file(proposal, actor=desk.officer("operator"), office=desk.office))
    with pytest.raises(RefusedError, match="their own request"):
        abandon(desk, number)
    assert abandon(desk, number, desk.officer("operator", 1)).state == "abandoned"


def test_what_was_begun_is_retired_before_it_is_given_up(
    desk: Desk, broken: Callable[[Request], str]
) -> None:
    number = broken(desk.file(environment()))
    uid = brought_up(desk, "transport/flights")
    with pytest.raises(RefusedError, match="is there, and what it should be"):
        abandon(desk, number)
    desk.file(environment(), "environment.retire")
    registry.mark_destroyed(desk.office.records, uid)
    with desk.office.records.transaction() as connection:
        grants.release(connection, "transport/flights")
    assert abandon(desk, number).state == "abandoned"


def test_what_a_later_request_has_replaced_is_given_up(desk: Desk, broken: Callable[[Request], str]) -> None:
    desk.file(environment())
    brought_up(desk, "transport/flights")
    number = broken(desk.file(environment(plan="standard"), "environment.resize"))
    with pytest.raises(RefusedError, match="have it delivered, retire it, or file"):
        abandon(desk, number)
    desk.file(environment(plan="small"), "environment.resize")
    before = held(desk)
    assert abandon(desk, number).state == "abandoned"
    assert held(desk) == before


def test_room_that_it_frees_goes_to_who_waited(
    small_office: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UnreachableError("S3", "does not answer")

    desk = small_office(object_store={"bucket": "10Gi"}, overcommit={})
    first = desk.file(environment("transport/one"))
    waiting = desk.file(environment("transport/two"))
    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, fail))
    with pytest.raises(UnreachableError):
        delivering.deliver(first.number, with_=Delivery(desk.office, None))  # type: ignore[arg-type]
    abandon(desk, first.number)
    view = reading.show(waiting.number, actor=desk.officer("auditor"), office=desk.office)
    assert view.request.state == "granted"


def test_what_is_given_up_is_late_and_never_fast(desk: Desk, broken: Callable[[Request], str]) -> None:
    """One minute after it was filed, and yet no better than a promise that was just broken."""
    month = Month(desk)
    month.register("transport")
    desk.moment[0] = at("12-01 10:00")
    number = broken(desk.file(environment()))
    desk.moment[0] = at("12-01 10:01")
    abandon(desk, number)
    figures = month.report().totals[0].figures
    assert (figures.on_time, figures.late, figures.on_time_rate) == (0, 1, 0)
    assert (figures.speed_up and figures.speed_up.mean, figures.total_speed_up) == (0, 0)
    assert (figures.shortest_speed_up, figures.fastest) == (0, None)
