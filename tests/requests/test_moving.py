"""What people do: each step by its own, a clock that stands and runs, nothing promised twice."""

from collections.abc import Callable

import pytest

from tests.support.office import Desk, department, environment
from yunzu.errors import NotFoundError, RefusedError, UsageError, YunzuError
from yunzu.records import grants, request_history
from yunzu.records.requests import Request
from yunzu.services.requests import moving, reading
from yunzu.services.requests.truth import Truth

LARGE = {"plan": "large"}


def _signed(desk: Desk, request: Request) -> Request:
    """Passed by the department's reviewer, then by an operator."""
    moving.approve(
        request.number, actor=desk.person("reviewer", request.department or ""), office=desk.office
    )
    return moving.approve(request.number, actor=desk.officer("operator"), office=desk.office)


def _of_test(desk: Desk, name: str = "transport/large", **more: object) -> Request:
    return desk.file(environment(name, **LARGE, **more))


def test_each_step_is_its_own_persons(desk: Desk) -> None:
    request = _of_test(desk)
    for stranger in (desk.person("applicant"), desk.person("approver"), desk.officer("operator")):
        with pytest.raises(RefusedError):
            moving.approve(request.number, actor=stranger, office=desk.office)
    with pytest.raises(YunzuError):  # over the default quota of the department: 32 CPU of 16
        _signed(desk, request)


def test_people_grant_what_the_quota_covers(desk: Desk) -> None:
    desk.register_department(department("health"))
    with desk.office.records.transaction() as connection:
        truth = Truth(connection)
        truth.approve(department("health", quota=_PLENTY), request=None, at=desk.office.now())
    granted = _signed(desk, _of_test(desk, "health/large"))
    assert (granted.state, granted.decided_hash) == ("granted", granted.requested_hash)
    with desk.office.records.transaction() as connection:
        steps = request_history.steps(connection, [granted.number])[granted.number]
        moves = [one.move for one in request_history.moves(connection, granted.number)]
    assert [(one.step, one.action, one.account) for one in steps] == [
        ("accept", "pass", None),
        ("review", "pass", "health-reviewer"),
        ("decide", "pass", "jiangyunkai"),
    ]
    assert moves == ["submit", "accept", "approve", "approve", "grant"]


_PLENTY = {
    "cpu": "100", "memory": "1Ti", "storage": "10Ti", "database": "20Ti", "bucket": "20Ti",
    "objects": 1_000_000, "pods": 5000, "environments": 50,
}  # fmt: skip


def test_above_the_limit_two_different_operators_approve(small_office: Callable[..., Desk]) -> None:
    desk = small_office(four_eyes={"cpu": "500m"})
    request = desk.file(environment())
    assert (request.state, request.step is not None) == ("accepted", True)  # no rule grants it either
    assert "cpu 1 is above 500m" in (request.ruling or {})["sentence"]
    assert _signed(desk, request).state == "accepted"
    with pytest.raises(RefusedError, match="another person than the first"):
        moving.approve(request.number, actor=desk.officer("operator"), office=desk.office)
    waiting = reading.inbox(actor=desk.officer("operator", 1), office=desk.office)
    assert [one.step for one in waiting] == ["countersign"]
    granted = moving.approve(request.number, actor=desk.officer("operator", 1), office=desk.office)
    assert granted.state == "granted"


def test_what_is_within_the_limit_takes_no_second_signature(small_office: Callable[..., Desk]) -> None:
    desk = small_office(four_eyes={"cpu": "1"})
    assert desk.file(environment()).state == "granted"


def test_over_the_quota_nothing_is_granted_and_nothing_is_lost(desk: Desk) -> None:
    request = _of_test(desk)
    moving.approve(request.number, actor=desk.person("reviewer"), office=desk.office)
    with pytest.raises(RefusedError, match=r"cpu would be 32 of 16.*department\.quota"):
        moving.approve(request.number, actor=desk.officer("operator"), office=desk.office)
    after = reading.show(request.number, actor=desk.officer("operator"), office=desk.office)
    assert after.request.state == "accepted"
    assert [one.action for one in after.steps] == ["pass", "pass", None]
    with desk.office.records.transaction() as connection:
        assert grants.of_department(connection, "transport") == {}


def test_denied_with_a_reason_and_ended(desk: Desk) -> None:
    request = _of_test(desk)
    with pytest.raises(RefusedError, match="reason"):
        moving.deny(request.number, " ", actor=desk.person("reviewer"), office=desk.office)
    denied = moving.deny(request.number, "用途不明", actor=desk.person("reviewer"), office=desk.office)
    assert (denied.state, denied.reason) == ("denied", "用途不明")
    assert denied.done_at == desk.office.now()
    with pytest.raises(RefusedError, match="has ended"):
        moving.approve(request.number, actor=desk.person("reviewer"), office=desk.office)
    for rating in (2, 4):
        rated = moving.rate(request.number, rating, actor=desk.person("applicant"), office=desk.office)
        assert rated.rating == rating
    with desk.office.records.transaction() as connection:
        moves = request_history.moves(connection, request.number)
    assert [one.detail["rating"] for one in moves if one.move == "rate"] == [2, 4]
    with pytest.raises(UsageError):
        moving.rate(request.number, 6, actor=desk.person("applicant"), office=desk.office)


def test_returned_and_resubmitted_while_the_clock_stands(desk: Desk) -> None:
    request = desk.file(environment(grade=3))
    returned = moving.return_(
        request.number, "等保定级有误", actor=desk.officer("operator"), office=desk.office
    )
    assert returned.state == "returned"
    desk.pass_time(days=3)
    corrected = moving.resubmit(
        request.number, environment(), actor=desk.person("applicant"), office=desk.office
    )
    assert corrected.state == "granted"
    with desk.office.records.transaction() as connection:
        [pause] = request_history.pauses(connection, [request.number])[request.number]
    assert (pause.kind, pause.ended_at) == ("correction", desk.office.now())
    with pytest.raises(RefusedError):
        moving.resubmit(request.number, None, actor=desk.person("applicant"), office=desk.office)


def test_another_environment_is_another_request(desk: Desk) -> None:
    request = desk.file(environment(grade=3))
    moving.return_(request.number, "改", actor=desk.officer("operator"), office=desk.office)
    other = environment("transport/another")
    with pytest.raises(UsageError, match="transport/flights"):
        moving.resubmit(request.number, other, actor=desk.person("applicant"), office=desk.office)


def test_silence_is_acceptance_as_of_the_submission(desk: Desk) -> None:
    request = desk.file(environment(grade=3))
    assert moving.go_on(request.number, office=desk.office).state == "submitted"
    desk.at("2026-11-25 09:00")
    accepted = moving.go_on(request.number, office=desk.office)
    assert accepted.accepted_at == accepted.submitted_at
    assert accepted.state == "accepted"
    assert accepted.ruling
    assert accepted.ruling["rule"] == "manifest.valid"
    with pytest.raises(RefusedError, match="等保 grade 3"):
        _signed(desk, accepted)


def test_withdrawn_by_the_applicant_alone(desk: Desk) -> None:
    request = _of_test(desk)
    with pytest.raises(RefusedError):
        moving.withdraw(request.number, actor=desk.person("reviewer"), office=desk.office)
    assert moving.withdraw(request.number, actor=desk.person("applicant"), office=desk.office).done_at


def test_what_was_written_against_something_else_is_not_granted(desk: Desk) -> None:
    request = _of_test(desk)
    with desk.office.records.transaction() as connection:
        Truth(connection).approve(environment("transport/large"), request=None, at=desk.office.now())
    moving.approve(request.number, actor=desk.person("reviewer"), office=desk.office)
    with pytest.raises(RefusedError, match="was changed since"):
        moving.approve(request.number, actor=desk.officer("operator"), office=desk.office)


def test_a_full_pool_is_waited_for_and_the_oldest_comes_first(small_office: Callable[..., Desk]) -> None:
    desk = small_office(object_store={"bucket": "10Gi"}, overcommit={})
    first = desk.file(environment("transport/one"))
    waiting = [desk.file(environment(f"transport/{name}")) for name in ("two", "three")]
    assert (first.state, {one.state for one in waiting}) == ("granted", {"waitlisted"})
    assert "bucket would be 20Gi of 10Gi" in (waiting[0].reason or "")
    before = _moves(desk, waiting[0].number)
    assert moving.admit_waiting(desk.office) == []
    assert _moves(desk, waiting[0].number) == before  # once a minute, where nothing has changed
    with desk.office.records.transaction() as connection:
        grants.release(connection, "transport/one")
    assert [one.number for one in moving.admit_waiting(desk.office)] == [waiting[0].number]
    last = reading.show(waiting[1].number, actor=desk.person("applicant"), office=desk.office)
    assert last.request.state == "waitlisted"


def _moves(desk: Desk, number: str) -> list[str]:
    with desk.office.records.transaction() as connection:
        return [one.move for one in request_history.moves(connection, number)]


def test_an_edit_counts_its_own_old_amounts_once(small_office: Callable[..., Desk]) -> None:
    """The last room is held by the one that is edited."""
    desk = small_office(object_store={"bucket": "100Gi"}, overcommit={})
    desk.file(environment("transport/one", plan="standard"))
    smaller = desk.file(environment("transport/one", plan="small"), "environment.resize")
    assert smaller.state == "granted"
    again = desk.file(environment("transport/one", plan="standard"), "environment.resize")
    assert again.state == "granted"


def test_what_is_needed_is_the_departments_own_and_can_still_be_done(desk: Desk) -> None:
    desk.register_department(department("health"))
    theirs = desk.file(environment("health/one")).number
    denied = _of_test(desk).number
    moving.deny(denied, "否", actor=desk.person("reviewer"), office=desk.office)
    said = []
    for number in (theirs, "YZ20261123-9999"):
        with pytest.raises(NotFoundError) as caught:
            desk.file(environment("transport/after"), needs=(number,))
        said.append(str(caught.value).replace(number, "N"))
    assert said[0] == said[1]  # whether another department's is there is not told
    with pytest.raises(RefusedError, match="is denied and will not be done"):
        desk.file(environment("transport/after"), needs=(denied,))


def test_what_a_request_needs_comes_first(desk: Desk) -> None:
    first = _of_test(desk)
    second = desk.file(environment("transport/after"), bundle="b1", needs=(first.number,))
    assert (second.state, second.step) == ("accepted", None)
    assert moving.go_on(second.number, office=desk.office).state == "accepted"
    moving.deny(first.number, "否", actor=desk.person("reviewer"), office=desk.office)
    assert moving.go_on(second.number, office=desk.office).state == "accepted"


def test_an_inbox_is_in_order_of_due_time(desk: Desk) -> None:
    desk.pass_time(days=1)
    later = _of_test(desk, "transport/later")
    desk.pass_time(days=-1)
    earlier = _of_test(desk, "transport/earlier")
    found = reading.inbox(actor=desk.person("reviewer"), office=desk.office)
    assert [one.request.number for one in found] == [earlier.number, later.number]
    assert set(found[0].moves) == {"approve", "deny", "pause"}


def test_nobody_reads_another_departments_request(desk: Desk) -> None:
    request = desk.file(environment())
    desk.register_department(department("health"))
    with pytest.raises(RefusedError, match="not of your department"):
        reading.show(request.number, actor=desk.person("approver", "health"), office=desk.office)
    own = reading.listed(actor=desk.person("approver", "health"), office=desk.office).items
    assert [one.request.item for one in own] == ["department.new"]


def test_an_open_request_is_overdue_once_its_time_is_over(desk: Desk) -> None:
    number = _of_test(desk).number
    for moment, overdue in (("2026-11-27 17:29", False), ("2026-11-30 17:31", True)):
        desk.at(moment)
        view = reading.show(number, actor=desk.person("applicant"), office=desk.office)
        [listed] = [
            one
            for one in reading.listed(actor=desk.person("applicant"), office=desk.office).items
            if one.request.number == number
        ]
        assert (view.overdue, listed.overdue, listed.due_at) == (overdue, overdue, view.due_at)


def test_a_rule_is_named_where_it_decided_and_not_where_people_did(desk: Desk) -> None:
    by_rule = desk.file(environment()).number
    erase = desk.file(environment(), "environment.erase").number  # nobody outside depends on a test
    desk.file(environment("transport/prod", stage="prod"))
    retire = desk.file(environment("transport/prod", stage="prod"), "environment.retire").number
    auditor = desk.officer("auditor")
    assert reading.show(by_rule, actor=auditor, office=desk.office).rule == "environment.standard"
    assert reading.show(retire, actor=auditor, office=desk.office).rule is None
    assert reading.show(erase, actor=auditor, office=desk.office).rule == "stage.not_production"
    moving.approve(retire, actor=desk.person("approver"), office=desk.office)
    moving.approve(retire, actor=desk.officer("operator"), office=desk.office)
    view = reading.show(retire, actor=auditor, office=desk.office)
    assert (view.result, view.rule) == ("granted", None)
