"""One-time codes and second factors: the first start, joining, losing, guessing, replaying."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from tests.support.office import Desk, environment
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor, local_operator
from yunzu.records import account_events
from yunzu.services.accounts import codes, second_factor, signing_in
from yunzu.services.requests import moving, passes
from yunzu.services.requests.office import actor_of_token

LOCAL = local_operator("root", "host")
OFFICERS = ["jiangyunkai", "shenruochuan", "shengshouan", "yanmingjing"]


def _begin(desk: Desk, account: str, code: str) -> signing_in.Enrolment | None:
    return signing_in.begin(account, code, office=desk.office, origin="laptop")


def _finish(desk: Desk, account: str, code: str, **more: Any) -> signing_in.SignedIn:
    return signing_in.finish(account, code, office=desk.office, origin="laptop", **more)


def _at(desk: Desk, secret: str, **off: float) -> str:
    return pyotp.TOTP(secret).at(desk.office.now() + timedelta(**off))


def _events(desk: Desk, account: str) -> list[str]:
    with desk.office.records.transaction() as connection:
        return [one.event for one in reversed(account_events.listed(connection, account))]


def _enrolled(desk: Desk, account: str = "shengshouan") -> tuple[Actor, str]:
    """An officer who has just logged in, and the secret of their second factor."""
    [code] = [one.text for one in codes.ceremony(desk.office) if one.account == account]
    enrolment = _begin(desk, account, code)
    assert enrolment
    done = _finish(desk, account, code, proof=_at(desk, enrolment.secret))
    return actor_of_token(desk.office, done.text, origin="laptop"), enrolment.secret


def test_the_first_start_gives_each_officer_one_code_once(desk: Desk) -> None:
    made = codes.ceremony(desk.office)
    assert [one.account for one in made] == OFFICERS
    assert made[2].roles == ("security",)
    assert {one.expires_at - desk.office.now() for one in made} == {timedelta(hours=72)}
    assert len({one.text for one in made}) == 4
    assert codes.ceremony(desk.office) == []
    assert all(one.text not in repr(one) for one in made)
    assert _events(desk, "jiangyunkai") == ["code-made"]


def test_no_code_and_no_secret_lies_in_the_records(desk: Desk) -> None:
    code = codes.ceremony(desk.office)[0].text
    enrolment = _begin(desk, OFFICERS[0], code)
    assert enrolment
    done = _finish(desk, OFFICERS[0], code, proof=_at(desk, enrolment.secret))
    plain = code.replace("-", "")
    with desk.office.records.transaction() as connection:
        for table in ("account_codes", "second_factors", "tokens", "account_events"):
            rows = str(connection.execute(sql(f"SELECT * FROM yunzu.{table}")).all())  # noqa: S608
            for secret in (code, plain, enrolment.secret, done.text):
                assert secret not in rows


def test_an_officer_enrols_and_may_decide_for_a_quarter_of_an_hour(desk: Desk) -> None:
    who, _ = _enrolled(desk, "jiangyunkai")
    assert who.confirmed_until == desk.office.now() + timedelta(minutes=15)
    first, second = (desk.file(environment(f"transport/{name}", grade=3)).number for name in ("a", "b"))
    moving.accept(first, actor=who, office=desk.office)
    desk.pass_time(minutes=15)
    with pytest.raises(RefusedError, match="takes the second factor"):
        moving.accept(second, actor=who, office=desk.office)


def test_a_department_needs_no_second_factor(desk: Desk) -> None:
    made = codes.make("transport-reviewer", actor=LOCAL, office=desk.office)
    assert _begin(desk, "transport-reviewer", made.text.lower().replace("-", " ")) is None
    done = _finish(desk, "transport-reviewer", made.text)
    assert (done.actor.department, done.token.confirmed_until) == ("transport", None)
    assert done.text not in repr(done)


def test_whatever_is_wrong_with_a_code_is_said_in_the_same_words(desk: Desk) -> None:
    """Used, replaced, expired, another's, and of accounts that are none: whoever tries learns nothing."""
    operator = desk.officer("operator")
    used, replaced, expired = (
        codes.make(f"transport-{role}", actor=operator, office=desk.office).text
        for role in ("reviewer", "steward", "approver")
    )
    _finish(desk, "transport-reviewer", used)
    good = codes.make("transport-steward", actor=operator, office=desk.office).text
    wrong = [
        ("transport-reviewer", used),
        ("transport-steward", replaced),
        ("transport-reviewer", good),
        ("transport-steward", ""),
        ("nobody", good),
        ("\x1b[2J", good),
    ]
    said = set()

    def refused(account: str, code: str) -> None:
        for act in (_begin, _finish):
            with pytest.raises(RefusedError) as caught:
                act(desk, account, code)
            said.add(str(caught.value))

    for account, code in wrong:
        refused(account, code)
    desk.pass_time(hours=72)
    refused("transport-approver", expired)
    assert len(said) == 1


def test_a_code_is_good_to_its_last_second_and_ends_older_tokens(desk: Desk) -> None:
    older = desk.token("transport-steward")
    code = codes.make("transport-steward", actor=desk.officer("operator"), office=desk.office).text
    desk.pass_time(hours=72, seconds=-1)
    assert actor_of_token(desk.office, older, origin="x").account == "transport-steward"
    done = _finish(desk, "transport-steward", code)
    assert actor_of_token(desk.office, done.text, origin="x").token == done.token.id
    with pytest.raises(RefusedError, match="is not valid"):
        actor_of_token(desk.office, older, origin="x")
    assert _events(desk, "transport-steward") == ["code-made", "logged-in"]


def test_a_wrong_proof_leaves_the_code_good_and_nobody_in(desk: Desk) -> None:
    code = codes.ceremony(desk.office)[0].text
    enrolment = _begin(desk, OFFICERS[0], code)
    assert enrolment
    assert enrolment.address.startswith("otpauth://totp/")
    right = _at(desk, enrolment.secret)
    for proof in (None, "", _other(right)):
        with pytest.raises(RefusedError):
            _finish(desk, OFFICERS[0], code, proof=proof)
    for proof in ("12345", "1234567", "abcdef"):
        with pytest.raises(UsageError, match="is not of 6 digits"):
            _finish(desk, OFFICERS[0], code, proof=proof)
    assert passes.listed(OFFICERS[0], actor=desk.officer("auditor"), office=desk.office) == []
    assert _finish(desk, OFFICERS[0], code, proof=f"{right[:3]} {right[3:]}").actor.account == OFFICERS[0]


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_of_the_clock_is_good_one_step_around(seconds: int, good: bool, desk: Desk) -> None:
    who, secret = _enrolled(desk)
    desk.pass_time(minutes=20)
    code = _at(desk, secret, seconds=seconds)
    if good:
        until = second_factor.confirm(code, actor=who, office=desk.office)
        assert until == desk.office.now() + timedelta(minutes=15)
    else:
        with pytest.raises(RefusedError, match="the code is wrong"):
            second_factor.confirm(code, actor=who, office=desk.office)


def test_a_code_is_good_once_and_none_from_before_it(desk: Desk) -> None:
    who, secret = _enrolled(desk)
    with pytest.raises(RefusedError, match="was used already"):
        second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)  # that enrolled it
    desk.pass_time(minutes=20)
    second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)
    for off in (0, -30):
        with pytest.raises(RefusedError, match="was used already"):
            second_factor.confirm(_at(desk, secret, seconds=off), actor=who, office=desk.office)
    second_factor.confirm(_at(desk, secret, seconds=30), actor=who, office=desk.office)


def test_guessing_locks_and_each_lock_is_twice_as_long(desk: Desk) -> None:
    who, secret = _enrolled(desk)
    desk.pass_time(minutes=20)
    for minutes in (15, 30, 60):
        for _ in range(5):
            with pytest.raises(RefusedError, match="the code is wrong"):
                second_factor.confirm(_other(_at(desk, secret)), actor=who, office=desk.office)
        desk.pass_time(minutes=minutes, seconds=-1)
        with pytest.raises(RefusedError, match="is locked until"):
            second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)
        desk.pass_time(seconds=1)
    second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)
    assert _events(desk, "shengshouan").count("second-factor-locked") == 3
    with pytest.raises(RefusedError, match="was used already"):  # and counting begins anew
        second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)


def test_a_confirmation_is_of_one_token(desk: Desk) -> None:
    who, secret = _enrolled(desk)
    other = desk.token("shengshouan")
    desk.pass_time(minutes=20)
    second_factor.confirm(_at(desk, secret), actor=who, office=desk.office)
    assert actor_of_token(desk.office, other, origin="x").confirmed_until is None


def test_who_has_no_factor_or_no_token_confirms_nothing(desk: Desk) -> None:
    person = replace(desk.person("approver"), token="0")
    for who in (LOCAL, person, replace(desk.officer("operator"), token="0")):
        with pytest.raises(RefusedError):
            second_factor.confirm("123456", actor=who, office=desk.office)


def test_a_factor_of_another_key_or_another_account_proves_nothing(desk: Desk) -> None:
    who, secret = _enrolled(desk)
    desk.pass_time(minutes=20)
    moved = replace(desk.office, sealing_key=lambda: "A" * 42 + "E=")
    with pytest.raises(RefusedError, match="is sealed with another key"):
        second_factor.confirm(_at(desk, secret), actor=who, office=moved)
    with desk.office.records.transaction() as connection:
        connection.execute(
            sql(
                "INSERT INTO yunzu.second_factors"
                " SELECT 'jiangyunkai', sealed, enrolled_at, offered, 0, 0, NULL FROM yunzu.second_factors"
            )
        )
    thief = replace(desk.officer("operator"), token="0")
    with pytest.raises(RefusedError, match="is sealed with another key"):
        second_factor.confirm(_at(desk, secret), actor=thief, office=desk.office)


def test_logging_out_ends_the_token(desk: Desk) -> None:
    text = desk.token("transport-reviewer")
    signing_in.sign_out(actor=actor_of_token(desk.office, text, origin="x"), office=desk.office)
    with pytest.raises(RefusedError, match="is not valid"):
        actor_of_token(desk.office, text, origin="x")
    assert _events(desk, "transport-reviewer") == ["logged-out"]


def test_codes_of_nobody_and_emergencies_without_reason(desk: Desk) -> None:
    for account in ("nobody", "local-root", "system", "\x1b[2J"):
        with pytest.raises(NotFoundError) as caught:
            codes.make(account, actor=LOCAL, office=desk.office)
        assert "\x1b" not in str(caught.value)
    with pytest.raises(UsageError, match="has no reason"):
        codes.make("shengshouan", actor=LOCAL, office=desk.office, emergency=True, reason=" ")
    codes.make("shengshouan", actor=LOCAL, office=desk.office, emergency=True, reason="手机遗失")
    with desk.office.records.transaction() as connection:
        [event] = account_events.listed(connection, "shengshouan")
    assert (event.by, event.reason, event.detail) == ("local-root", "手机遗失", {"emergency": True})


def test_the_trail_is_not_to_be_changed(desk: Desk) -> None:
    codes.ceremony(desk.office)
    for statement in ("UPDATE yunzu.account_events SET by = 'x'", "DELETE FROM yunzu.account_events"):
        with pytest.raises(IntegrityError), desk.office.records.transaction() as connection:
            connection.execute(sql(statement))
