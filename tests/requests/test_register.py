"""Officers join, move and leave by request: two others decide, and a leaver's access is dead with it."""

from dataclasses import replace

import pytest

from tests.support.office import LATER, Desk, department
from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Register
from yunzu.records import account_events, second_factors
from yunzu.records.requests import Request
from yunzu.services.accounts import codes, signing_in, standing_in
from yunzu.services.requests import emergency, filing, moving
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import actor_of_account
from yunzu.services.requests.truth import CENTRE, Truth

A, B, SECURITY, AUDITOR = "jiangyunkai", "shenruochuan", "shengshouan", "yanmingjing"
HELD = {A: "operator", B: "operator", SECURITY: "security", AUDITOR: "auditor"}


def _register(**offices: str | None) -> Register:
    """The shipped one with other offices; None: removed."""
    held = {account: role for account, role in (HELD | offices).items() if role}
    officers = [{"name": "某某", "account": one, "roles": [role]} for one, role in held.items()]
    return Register.model_validate({"kind": "Register", "officers": officers})


def _officer(desk: Desk, account: str) -> Actor:
    with desk.office.records.transaction() as connection:
        found = actor_of_account(connection, account, authenticated="token", origin="test")
    assert found
    return replace(found, confirmed_until=LATER)


def _asked(desk: Desk, register: Register, by: str = A) -> Request:
    proposal = Proposal("register.change", register, by, None)
    return filing.file(proposal, actor=_officer(desk, by), office=desk.office)


def _signed(desk: Desk, number: str, *by: str) -> Request:
    for account in by:
        moved = moving.approve(number, actor=_officer(desk, account), office=desk.office)
    return moved


def _approved(desk: Desk) -> dict[str, str]:
    with desk.office.records.transaction() as connection:
        register = Truth(connection).get(Register, CENTRE)
    return {one.account: one.roles[0] for one in register.officers}


def test_joined_and_removed_by_two_others(desk: Desk) -> None:
    leaver, stays = desk.token(B), desk.token(AUDITOR)
    with desk.office.records.transaction() as connection:
        second_factors.find(connection, B, lock=True)
        second_factors.change(connection, B, sealed=b"x", enrolled_at=desk.office.now())
    code = codes.make(B, actor=_officer(desk, SECURITY), office=desk.office)
    with desk.office.records.rehearsal() as records:  # the code is good until then
        signing_in.begin(B, code.text, office=replace(desk.office, records=records), origin="x")
    request = _asked(desk, _register(newcomer="operator", shenruochuan=None))
    assert (request.state, _approved(desk)) == ("accepted", HELD)
    _signed(desk, request.number, SECURITY)
    assert desk.lets_in(leaver)  # one signature is none
    assert _approved(desk) == HELD
    granted = _signed(desk, request.number, B)  # who goes may agree to it
    assert granted.state == "granted"
    assert (desk.lets_in(leaver), desk.lets_in(stays)) == (False, True)
    assert _approved(desk) == {
        A: "operator",
        "newcomer": "operator",
        SECURITY: "security",
        AUDITOR: "auditor",
    }
    with desk.office.records.transaction() as connection:
        event = account_events.listed(connection, B)[0]
        assert B not in second_factors.enrolled(connection)
    assert (event.event, event.by, event.detail["tokens"]) == ("left", B, 1)
    with pytest.raises(RefusedError, match="one-time code: is not valid"):
        signing_in.begin(B, code.text, office=desk.office, origin="x")
    assert codes.make("newcomer", actor=_officer(desk, SECURITY), office=desk.office).text
    # What they had does not revive with the office.
    back = _asked(desk, _register(newcomer="operator"))
    _signed(desk, back.number, SECURITY, "newcomer")
    assert _approved(desk)[B] == "operator"
    assert not desk.lets_in(leaver)


def test_the_access_ends_in_the_grants_own_transaction(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    token = desk.token(B)
    request = _asked(desk, _register(newcomer="operator", shenruochuan=None))
    _signed(desk, request.number, SECURITY)

    def broken(*_: object, **__: object) -> None:
        raise LookupError("the last thing that a grant does")

    monkeypatch.setattr(Truth, "approve", broken)
    with pytest.raises(LookupError):
        _signed(desk, request.number, B)
    monkeypatch.undo()
    assert desk.lets_in(token)
    assert _approved(desk) == HELD
    _signed(desk, request.number, B)
    assert not desk.lets_in(token)


def test_one_officer_alone_cannot(desk: Desk) -> None:
    request = _asked(desk, _register(newcomer="auditor"))
    for account, why in ((A, "own request"), (B, "the step is for security"), (AUDITOR, "auditor")):
        with pytest.raises(RefusedError, match=why):
            _signed(desk, request.number, account)
    _signed(desk, request.number, SECURITY)
    for account, why in ((SECURITY, "second-operator"), (A, "own request")):
        with pytest.raises(RefusedError, match=why):
            _signed(desk, request.number, account)
    with pytest.raises(RefusedError, match="second-operator, whom no emergency leaves out"):
        emergency.declare(request.number, "急", actor=_officer(desk, A), office=desk.office)
    assert _approved(desk) == HELD
    assert _signed(desk, request.number, B).state == "granted"
    for nobody in (SECURITY, AUDITOR):
        with pytest.raises(RefusedError):
            _asked(desk, _register(another="operator"), by=nobody)


def test_nobody_decides_on_an_office_that_they_are_given(desk: Desk) -> None:
    """Moved from one office to another; also by somebody who joined under a request that stands beside it."""
    joined = _asked(desk, _register(newcomer="operator"))
    beside = _asked(desk, _register(newcomer="operator", other="operator"))
    _signed(desk, beside.number, SECURITY)
    _signed(desk, joined.number, SECURITY, B)
    with pytest.raises(RefusedError, match="nobody decides on what they are given"):
        _signed(desk, beside.number, "newcomer")
    moved = _asked(desk, _register(newcomer="operator", shenruochuan="security"))
    _signed(desk, moved.number, SECURITY)
    with pytest.raises(RefusedError, match="nobody decides on what they are given"):
        _signed(desk, moved.number, B)
    token = desk.token(B)
    assert _signed(desk, moved.number, "newcomer").state == "granted"
    assert _approved(desk)[B] == "security"
    assert desk.lets_in(token)  # who moves has not left


def test_an_office_that_was_lost_since_the_filing_is_given_again(desk: Desk) -> None:
    """The request is returned and handed in against what is approved then: whom it would move back."""
    _signed(desk, _asked(desk, _register(newcomer="operator")).number, SECURITY, B)
    waits = _asked(desk, _register(newcomer="operator", **{"transport-steward": "operator"}))
    moving.return_(waits.number, "请补正", actor=_officer(desk, B), office=desk.office)
    moved = _asked(desk, _register(newcomer="operator", shenruochuan="security"))
    _signed(desk, moved.number, SECURITY, "newcomer")
    wanted = _register(newcomer="operator", other="operator")  # B is an operator again
    moving.resubmit(waits.number, wanted, actor=_officer(desk, A), office=desk.office)
    with pytest.raises(RefusedError, match="nobody decides on what they are given"):
        _signed(desk, waits.number, B)
    assert _signed(desk, waits.number, SECURITY, "newcomer").state == "granted"


def test_a_deputy_ends_with_the_office(desk: Desk) -> None:
    day = desk.office.day
    actor = _officer(desk, SECURITY)
    standing_in.name(B, A, day, day.replace(day=30), actor=actor, office=desk.office)
    request = _asked(desk, _register(newcomer="operator", shenruochuan=None))
    _signed(desk, request.number, SECURITY, B)
    [deputy] = standing_in.listed(B, actor=actor, office=desk.office)
    assert deputy.revoked_at is not None


@pytest.mark.parametrize(
    ("offices", "said"),
    [
        ({B: None}, r"operator \(has 1, needs 2\)"),
        ({SECURITY: None}, r"security \(has 0, needs 1\)"),
        ({AUDITOR: "security"}, r"auditor \(has 0, needs 1\)"),
    ],
)
def test_the_three_offices_stay_held(offices: dict[str, str | None], said: str, desk: Desk) -> None:
    with pytest.raises(RefusedError, match=said):
        _asked(desk, _register(**offices))
    request = _asked(desk, _register(**{"transport-steward": "operator"}))
    moving.return_(request.number, "请补正", actor=_officer(desk, B), office=desk.office)
    with pytest.raises(RefusedError, match=said):
        moving.resubmit(request.number, _register(**offices), actor=_officer(desk, A), office=desk.office)


def test_an_officer_is_of_no_department_and_the_other_way_round(desk: Desk) -> None:
    request = _asked(desk, _register(**{"transport-steward": "operator"}))
    assert request.state == "submitted"  # the rule does not accept it
    assert "belongs to department 'transport'" in str(request.ruling)
    # Taken while it waits: it is not granted.
    request = _asked(desk, _register(**{"health-steward": "operator"}))
    _signed(desk, request.number, SECURITY)
    desk.register_department(department("health"))
    with pytest.raises(RefusedError, match="belongs to department 'health'"):
        _signed(desk, request.number, B)
    assert _approved(desk) == HELD
    joined = _asked(desk, _register(newcomer="operator"))
    _signed(desk, joined.number, SECURITY, B)
    people = [
        {"name": "某", "account": one, "roles": ["applicant"]} for one in ("water-applicant", "newcomer")
    ]
    taken = desk.register_department(department("water", people=people))
    assert taken.state == "submitted"
    assert "belongs to the centre" in str(taken.ruling)
    local = _asked(desk, _register(newcomer="operator", **{"local-root": "operator"}))
    assert "belongs to the centre's machine" in str(local.ruling)
