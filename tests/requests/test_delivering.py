"""Deliveries: what stands behind each item, who asks for one, and what lets others go on."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.office import Desk, department, environment
from tests.support.workers import drain
from yunzu.errors import InterruptError, RefusedError, UnreachableError, YunzuError
from yunzu.model.actors import Actor
from yunzu.records import grants
from yunzu.records.requests import Request
from yunzu.services.requests import delivering, filing, moving, queueing, reading
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth


class Servers:
    """Stands for the centre's servers: what was done on them, and what they answer once.

    Real ones are in tests/cli/test_requests.py; these tests are about what the records say then.
    """

    def __init__(self) -> None:
        self.done: list[str] = []
        self.answer: BaseException | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, subject: str, *_: object) -> None:
        self.meanwhile()
        answer, self.answer = self.answer, None
        if answer:
            raise answer
        self.done.append(subject)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    made = Servers()
    monkeypatch.setattr(delivering, "PERFORMING", dict.fromkeys(delivering.PERFORMING, made))
    return made


def _deliver(desk: Desk, number: str, actor: Actor | None = None) -> Request:
    """As a worker does; with an actor, after they asked for it."""
    if actor is not None and queueing.ask(number, actor=actor, office=desk.office).state == "done":
        return requests_of(desk, number)
    with_ = Delivery(desk.office, None)  # type: ignore[arg-type]  # `servers` stand for it
    return delivering.deliver(number, with_=with_)


def _drain(desk: Desk) -> None:
    """Deliver all that is queued."""
    drain(desk.office.records, lambda number: _deliver(desk, number))


def requests_of(desk: Desk, number: str) -> Request:
    return reading.show(number, actor=desk.officer("auditor"), office=desk.office).request


def _state(desk: Desk, number: str) -> str:
    return reading.show(number, actor=desk.officer("auditor"), office=desk.office).request.state


def test_something_stands_behind_whatever_is_offered() -> None:
    assert delivering.PERFORMING.keys() | delivering.RECORDED_ONLY == filing.OFFERED
    assert not delivering.PERFORMING.keys() & delivering.RECORDED_ONLY


def test_done_is_said_once_it_is_and_once_only(desk: Desk, servers: Servers) -> None:
    number = desk.file(environment()).number
    desk.pass_time(seconds=7)
    done = _deliver(desk, number)
    assert (done.state, done.done_at) == ("done", desk.office.now())
    desk.pass_time(days=1)
    for actor in (None, desk.person("reviewer"), desk.officer("operator")):
        assert _deliver(desk, number, actor) == done
    assert servers.done == ["transport/flights"]


def test_a_failure_is_the_reason_until_an_operator_has_it_tried_again(desk: Desk, servers: Servers) -> None:
    number = desk.file(environment()).number
    servers.answer = UnreachableError("S3", "does not answer")
    with pytest.raises(UnreachableError):
        _deliver(desk, number)
    view = reading.show(number, actor=desk.person("applicant"), office=desk.office)
    assert (view.request.state, view.request.reason) == ("failed", "S3: does not answer")
    with pytest.raises(RefusedError, match="'retry' is not done by applicant"):
        _deliver(desk, number, desk.person("applicant"))
    assert _deliver(desk, number, desk.officer("operator")).state == "done"
    view = reading.show(number, actor=desk.person("applicant"), office=desk.office)
    assert view.request.reason is None
    assert [one.move for one in view.moves][-4:] == ["deliver", "fail", "retry", "complete"]
    assert view.moves[-2].account == "jiangyunkai"


@pytest.mark.parametrize("error", [InterruptError("up", "stopped"), KeyboardInterrupt()], ids=["ours", "key"])
def test_an_interruption_is_no_failure_and_the_applicant_goes_on(
    error: BaseException, desk: Desk, servers: Servers
) -> None:
    number = desk.file(environment()).number
    servers.answer = error
    with pytest.raises(type(error)):
        _deliver(desk, number)
    assert _state(desk, number) == "delivering"
    for stranger in (desk.person("reviewer"), desk.person("auditor"), desk.officer("security")):
        with pytest.raises(RefusedError):
            _deliver(desk, number, stranger)
    assert _deliver(desk, number, desk.person("applicant")).state == "done"


def test_two_at_once_deliver_one_after_the_other(desk: Desk, servers: Servers) -> None:
    """The second must not call the first one's work failed."""
    number = desk.file(environment()).number
    ended: list[str] = []

    def again() -> None:
        ended.append(_deliver(desk, number).state)

    second = threading.Thread(target=again)

    def meanwhile() -> None:
        servers.meanwhile = lambda: None
        second.start()
        second.join(2)
        assert second.is_alive()  # it waits

    servers.meanwhile = meanwhile
    assert _deliver(desk, number).state == "done"
    second.join(20)
    assert (ended, servers.done) == (["done"], ["transport/flights"])


def test_what_is_not_granted_is_not_delivered(desk: Desk, servers: Servers) -> None:
    waiting = desk.file(environment("transport/large", plan="large")).number
    denied = desk.file(environment("transport/no", plan="large")).number
    moving.deny(denied, "否", actor=desk.person("reviewer"), office=desk.office)
    for number in (waiting, denied):
        for actor in (None, desk.person("applicant"), desk.officer("operator")):
            with pytest.raises(RefusedError):
                _deliver(desk, number, actor)
    assert (servers.done, _state(desk, waiting)) == ([], "accepted")


def test_whoever_asks_lets_silence_be_acceptance(desk: Desk, servers: Servers) -> None:
    request = desk.register_department(department("health", people=_PEOPLE))
    assert request.state == "submitted"
    desk.at("2026-11-25 09:00")
    with pytest.raises(RefusedError, match="is accepted"):
        _deliver(desk, request.number, desk.officer("operator"))
    assert _state(desk, request.number) == "accepted"


_PEOPLE = [
    {"name": "某", "account": "health-applicant", "roles": ["applicant"]},
    {"name": "某", "account": "transport-reviewer", "roles": ["reviewer"]},
]


def test_what_needed_it_is_delivered_after_it(desk: Desk, servers: Servers) -> None:
    first = desk.file(environment("transport/first")).number
    second = desk.file(environment("transport/second"), needs=(first,)).number
    third = desk.file(environment("transport/third"), bundle="b", needs=(first, second)).number
    assert [_state(desk, one) for one in (first, second, third)] == ["granted", "accepted", "accepted"]
    _drain(desk)
    assert servers.done == [f"transport/{name}" for name in ("first", "second", "third")]
    assert {_state(desk, one) for one in (first, second, third)} == {"done"}


def test_what_stops_one_that_needed_it_is_its_own(desk: Desk, servers: Servers) -> None:
    first = desk.file(environment("transport/first")).number
    second = desk.file(environment("transport/second"), needs=(first,)).number

    def fail_the_second() -> None:
        if servers.done:
            servers.answer = YunzuError("transport/second", "2 probes are red")

    servers.meanwhile = fail_the_second
    _drain(desk)
    assert (_state(desk, first), _state(desk, second)) == ("done", "failed")


def test_what_is_given_back_goes_to_who_waited(small_office: Callable[..., Desk], servers: Servers) -> None:
    desk = small_office(object_store={"bucket": "10Gi"}, overcommit={})
    first = desk.file(environment("transport/one")).number
    _drain(desk)
    assert _state(desk, first) == "done"
    waiting = [desk.file(environment(f"transport/{name}")).number for name in ("two", "three")]
    retire = desk.file(environment("transport/one"), "environment.retire")
    assert retire.state == "granted"  # nobody outside depends on a test environment
    assert _state(desk, waiting[0]) == "waitlisted"

    def given_back() -> None:
        servers.meanwhile = lambda: None
        with desk.office.records.transaction() as connection:
            grants.release(connection, "transport/one")

    servers.meanwhile = given_back
    _drain(desk)
    assert [_state(desk, one) for one in waiting] == ["done", "waitlisted"]
    assert servers.done == ["transport/one", "transport/one", "transport/two"]


def test_what_was_asked_for_anew_meanwhile_keeps_its_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retirement whose servers are done after the same environment was approved again."""
    number = desk.file(environment()).number
    with_ = Delivery(desk.office, SimpleNamespace(records=None))  # type: ignore[arg-type]
    monkeypatch.setattr(delivering.inventory, "environments", lambda *_: [])
    read_before = SimpleNamespace(environments={})
    remove = delivering.PERFORMING["environment.retire"]
    remove("transport/flights", read_before, with_, delivering.Found())  # type: ignore[arg-type]
    assert _held(desk)
    with desk.office.records.transaction() as connection:
        Truth(connection).retire("Environment", "transport/flights", request=number, at=desk.office.now())
    remove("transport/flights", read_before, with_, delivering.Found())  # type: ignore[arg-type]
    assert not _held(desk)


def _held(desk: Desk) -> bool:
    with desk.office.records.transaction() as connection:
        return grants.held(connection, "transport/flights") is not None


def test_one_that_waited_and_cannot_be_granted_now_stops_nobody(
    small_office: Callable[..., Desk], servers: Servers
) -> None:
    """The quota of its department was taken up meanwhile."""
    quota: dict[str, Any] = {"environments": 2}
    desk = small_office(object_store={"bucket": "10Gi"}, overcommit={}, default_quota=_QUOTA | quota)
    first = desk.file(environment("transport/one")).number
    _deliver(desk, first)
    waiting = desk.file(environment("transport/two")).number
    with desk.office.records.transaction() as connection:
        held = grants.held(connection, "transport/one")
        assert held is not None
        amounts = held.amounts | {"bucket": 0}
        for name in ("three", "four"):
            taken = f"transport/{name}", "transport", "other", held.plan_hash, first, amounts, held.at
            grants.reserve(connection, grants.Grant(*taken))
        grants.release(connection, "transport/one")
    assert moving.admit_waiting(desk.office) == []
    assert _state(desk, waiting) == "waitlisted"


_QUOTA = {
    "cpu": "16", "memory": "64Gi", "storage": "500Gi", "database": "500Gi", "bucket": "500Gi",
    "objects": 60000, "pods": 300,
}  # fmt: skip


def test_a_department_is_its_manifest(desk: Desk) -> None:
    """Nothing is asked of a server, so that none is needed."""
    people = department("health")
    proposal = Proposal("department.new", people, "health-applicant", "health")
    request = filing.file(proposal, actor=desk.officer("operator"), office=desk.office)
    assert _deliver(desk, request.number).state == "done"


def test_one_that_cannot_be_reached_keeps_nobodys_access_alive_elsewhere(
    desk: Desk, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        _deliver(desk, desk.file(environment(f"transport/{name}")).number)
    entries = [SimpleNamespace(id=f"transport/{name}", state="active") for name in ("first", "second")]
    monkeypatch.setattr(delivering.inventory, "environments", lambda *_: entries)
    monkeypatch.setattr(delivering, "_apply", servers)
    servers.done, servers.answer = [], UnreachableError("cluster", "does not answer")
    with pytest.raises(UnreachableError):
        delivering.apply_people("transport", with_=Delivery(desk.office, SimpleNamespace(records=None)))  # type: ignore[arg-type]
    assert servers.done == ["transport/second"]
