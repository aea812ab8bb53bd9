"""Exceptions of the way out by request: who decides, what needs nobody, and how one ends by itself."""

from typing import Any

import pytest

from tests.support.office import Desk, environment
from tests.support.queued import jobs
from tests.support.recorded import brought_up
from yunzu.errors import InvalidInputError, RefusedError, UsageError
from yunzu.model.manifests import Environment
from yunzu.records import environments as registry
from yunzu.records.requests import Request
from yunzu.services import background, verification
from yunzu.services.background import Background
from yunzu.services.manifests import Catalogue
from yunzu.services.requests import asking, delivering, moving, queueing, reading
from yunzu.services.requests.asking import Asking, UndecidedError
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.truth import Truth
from yunzu.settings import Settings

ITEM = "egress.exception"
FLIGHTS = "transport/flights"


def way(**changes: Any) -> dict[str, Any]:
    return {"to": "203.0.113.0/24", "ports": [443], "until": "2027-03-31", "reason": "数据交换"} | changes


def excepted(*ways: dict[str, Any], **changes: Any) -> Environment:
    return environment(egress=list(ways), **changes)


def approved(desk: Desk) -> Environment:
    with desk.office.records.transaction() as connection:
        return Truth(connection).get(Environment, FLIGHTS)


def signed(desk: Desk, request: Request) -> Request:
    moving.approve(request.number, actor=desk.person("approver"), office=desk.office)
    return moving.approve(request.number, actor=desk.officer("security"), office=desk.office)


def steps(desk: Desk, request: Request) -> list[tuple[str, str | None, str | None]]:
    view = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    return [(one.step, one.action, one.account) for one in view.steps]


def test_the_department_approves_and_the_security_officer_decides(desk: Desk) -> None:
    desk.file(environment())
    request = desk.file(excepted(way()), ITEM)
    assert request.state == "accepted"
    assert request.ruling
    assert request.ruling["sentence"] == f"{FLIGHTS} would get more than it has: egress[0]"
    for nobody in (desk.person("applicant"), desk.officer("operator"), desk.officer("security")):
        with pytest.raises(RefusedError):
            moving.approve(request.number, actor=nobody, office=desk.office)
    moving.approve(request.number, actor=desk.person("approver"), office=desk.office)
    for nobody in (desk.person("approver"), desk.officer("operator"), desk.officer("auditor")):
        with pytest.raises(RefusedError):
            moving.approve(request.number, actor=nobody, office=desk.office)
    assert approved(desk) == environment()
    done = moving.approve(request.number, actor=desk.officer("security"), office=desk.office)
    assert (done.state, approved(desk)) == ("granted", excepted(way()))
    assert steps(desk, request) == [
        ("accept", "pass", None),
        ("approve", "pass", "transport-approver"),
        ("decide", "pass", desk.officer("security").account),
    ]


@pytest.mark.parametrize("left", [[], [way(until="2027-01-31")]], ids=["removed", "ends earlier"])
def test_taking_away_needs_nobody(left: list[dict[str, Any]], desk: Desk) -> None:
    desk.file(environment())
    signed(desk, desk.file(excepted(way()), ITEM))
    request = desk.file(excepted(*left), ITEM)
    assert (request.state, approved(desk)) == ("granted", excepted(*left))
    assert steps(desk, request)[1:] == [("approve", "skip", None), ("decide", "skip", None)]


def test_what_takes_away_and_adds_is_decided_by_people(desk: Desk) -> None:
    desk.file(environment())
    signed(desk, desk.file(excepted(way()), ITEM))
    assert desk.file(excepted(way(to="198.51.100.0/24")), ITEM).state == "accepted"


def test_no_other_item_carries_one(desk: Desk) -> None:
    """A rule grants these; what it grants must not open a way out."""
    with pytest.raises(UsageError, match=r"environment.new: brings no egress; leave it out"):
        desk.file(excepted(way()))
    desk.file(environment())
    for item, changes in (
        ("environment.resize", {"plan": "standard"}),
        ("environment.renew", {"lease": {"from": "2026-12-01", "until": "2028-11-30"}}),
        ("environment.suspend", {}),
        ("environment.retire", {}),
    ):
        with pytest.raises(UsageError, match=f"item {item}: changes .*, not egress"):
            desk.file(excepted(way(), **changes), item)
    with pytest.raises(UsageError, match="changes egress of transport/flights, not plan"):
        desk.file(excepted(way(), plan="standard"), ITEM)


def test_what_ends_too_late_is_refused_with_everything_that_is_wrong(desk: Desk) -> None:
    desk.file(environment())
    late = [way(until="2026-11-22"), way(ports=[80], until="2028-01-01"), way(ports=[81])]
    with pytest.raises(InvalidInputError) as caught:
        desk.file(excepted(*late), ITEM)
    assert [(one.file, one.path, one.code) for one in caught.value.findings] == [
        (FLIGHTS, "egress[0].until", "ended"),
        (FLIGHTS, "egress[1].until", "after-lease"),
        (FLIGHTS, "egress[1].until", "too-long"),
    ]
    request = desk.file(excepted(way()), ITEM)
    returned = desk.person("approver")
    moving.deny(request.number, "用途不明", actor=returned, office=desk.office)
    desk.at("2027-04-02 10:00")
    with pytest.raises(InvalidInputError):
        desk.file(excepted(way()), ITEM)


def test_the_file_is_asked_for_in_order_and_waits_for_people(desk: Desk) -> None:
    """The environment first, by its rule; then the way out."""
    who = Asking(desk.office, desk.person("applicant"))
    wanted = excepted(way())
    with pytest.raises(UndecidedError) as caught:
        asking.ask(wanted, who)
    assert (caught.value.request.item, approved(desk)) == (ITEM, environment())
    signed(desk, caught.value.request)
    assert [one.item for one in asking.ask(wanted, who)] == ["environment.new", ITEM]
    bigger = excepted(way(), way(ports=[8443]), plan="standard")
    with pytest.raises(UndecidedError) as caught:
        asking.ask(bigger, who)
    assert caught.value.request.item == ITEM
    assert approved(desk) == excepted(way(), plan="standard")


@pytest.fixture
def applied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Environment]:
    """Stands for the servers, and keeps what they were brought to. Real ones: tests/cli/test_egress.py."""
    found: list[Environment] = []

    def apply(identifier: str, *, catalogue: Catalogue, **_: object) -> None:
        one = catalogue.environment(identifier)
        found.append(one)
        uid = brought_up(desk, identifier)
        registry.mark_active(desk.office.records, uid, applied_hash="0" * 64, next_end=one.next_end)

    monkeypatch.setattr(delivering.outcomes, "of_apply", lambda *_: None)
    monkeypatch.setattr(verification, "verify", lambda *_, **__: [])
    monkeypatch.setattr(delivering, "_apply", delivering._proven(apply))  # type: ignore[arg-type]
    performing = dict.fromkeys(("environment.new", "environment.resize", ITEM), delivering._apply)
    monkeypatch.setattr(delivering, "PERFORMING", {**delivering.PERFORMING, **performing})
    return found


def test_it_ends_by_itself_the_day_after(desk: Desk, applied: list[Environment]) -> None:
    with_ = Delivery(desk.office, None)  # type: ignore[arg-type]  # `applied` stands for it
    first = desk.file(environment())
    delivering.deliver(first.number, with_=with_)
    soon, later = way(until="2026-12-31"), way(ports=[8443])
    delivering.deliver(signed(desk, desk.file(excepted(soon, later), ITEM)).number, with_=with_)
    desk.at("2026-12-31 23:59")
    assert queueing.queue_ended(desk.office) == []

    desk.at("2027-01-01 00:00")  # the office's midnight, eight hours before UTC's
    duty = background.EVERY_MINUTE["take away what has ended"]
    for _ in range(2):
        duty(Background(Settings(), desk.office))
    assert [one for one in jobs(desk) if one[0] is None] == [(None, "todo", False, f"Environment {FLIGHTS}")]
    delivering.put_right(FLIGHTS, with_=with_)
    assert applied == [environment(), excepted(soon, later), excepted(later)]
    assert approved(desk) == excepted(soon, later)  # nobody has decided anything else
    assert queueing.queue_ended(desk.office) == []
    desk.at("2027-04-01 00:00")
    assert queueing.queue_ended(desk.office) == [FLIGHTS]


def test_what_has_ended_is_no_part_of_the_next_delivery(desk: Desk, applied: list[Environment]) -> None:
    with_ = Delivery(desk.office, None)  # type: ignore[arg-type]  # `applied` stands for it
    delivering.deliver(desk.file(environment()).number, with_=with_)
    delivering.deliver(signed(desk, desk.file(excepted(way()), ITEM)).number, with_=with_)
    desk.at("2027-04-01 09:00")
    bigger = desk.file(excepted(way(), plan="standard"), "environment.resize")
    delivering.deliver(bigger.number, with_=with_)
    assert applied == [environment(), excepted(way()), environment(plan="standard")]


def test_what_failed_to_end_is_queued_until_it_has_and_what_is_retired_is_not(
    desk: Desk, applied: list[Environment]
) -> None:
    with_ = Delivery(desk.office, None)  # type: ignore[arg-type]  # `applied` stands for it
    delivering.deliver(desk.file(environment()).number, with_=with_)
    delivering.deliver(signed(desk, desk.file(excepted(way()), ITEM)).number, with_=with_)
    desk.at("2027-04-01 09:00")
    registry.mark_failed(desk.office.records, registry.find(desk.office.records, "transport", "flights").uid)
    assert queueing.queue_ended(desk.office) == [FLIGHTS]
    desk.file(excepted(way()), "environment.retire")
    assert queueing.queue_ended(desk.office) == []
    delivering.put_right(FLIGHTS, with_=with_)  # one that was queued before
    assert applied[-1] == excepted(way())
