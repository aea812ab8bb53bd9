"""Getting in over the API: with a code alone, counted as tokens are, and nothing of it in any address."""

import json
import logging
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import urllib3
from sqlalchemy import text as sql

from tests.support.api import Served, serving
from tests.support.command import Command, Ended
from tests.support.office import Desk
from yunzu.clients.api import Api
from yunzu.errors import InvalidInputError, RefusedError
from yunzu.records import account_events
from yunzu.services.accounts import codes
from yunzu_cli import kept_token

WRONG = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"


def _code(desk: Desk, account: str, by: str = "operator") -> str:
    return codes.make(account, actor=desk.officer(by), office=desk.office).text


def _nobody(served: Served) -> Api:
    return Api(served.url, ca=served.ca, proof=None)


class Laptop:
    """The command of somebody who knows the address of the API, and has a configuration of their own."""

    def __init__(self, served: Served, directory: Path) -> None:
        self._command = Command(
            directory / "no-home",
            directory,
            YUNZU_URL=served.url,
            YUNZU_CA_FILE=str(served.ca),
            XDG_CONFIG_HOME=str(directory),
        )
        self.kept = directory / "yunzu" / "tokens" / kept_token.name_of(served.url)

    def __call__(self, *words: object, typed: str | None = None) -> Ended:
        return self._command(*words, typed=typed)


def test_who_has_a_code_and_an_address_logs_in_and_out(desk: Desk, served: Served, tmp_path: Path) -> None:
    laptop, code = Laptop(served, tmp_path), _code(desk, "transport-steward")
    assert laptop("whoami").code == 3
    assert laptop("login", "--account", "transport-auditor", typed=f"{code}\n").code == 3
    done = laptop("login", "--account", "transport-steward", "--days", 7, "--json", typed=f"{code}\n")
    assert (done.code, done.document["account"]) == (0, "transport-steward")
    assert set(done.document) == {"account", "token", "expires_at", "confirmed_until", "kept"}
    assert done.document["expires_at"] == (desk.office.now() + timedelta(days=7)).isoformat(
        timespec="milliseconds"
    )
    assert stat.S_IMODE(laptop.kept.stat().st_mode) == 0o600
    assert laptop.kept.read_text().strip() not in done.out + done.err
    assert laptop("whoami", "--json").document["account"] == "transport-steward"
    with desk.office.records.transaction() as connection:
        event = account_events.listed(connection, "transport-steward")[0]
    assert (event.event, event.origin) == ("logged-in", "127.0.0.1")  # where from, not what they say
    assert laptop("login", "--account", "transport-steward", typed=f"{code}\n").code == 3  # used up
    text = laptop.kept.read_text().strip()
    assert laptop("logout", "--json").document == {"ok": True, "was_logged_in": True}
    assert not laptop.kept.exists()
    api = served.bearer(text)
    with pytest.raises(RefusedError):
        api.get("/whoami")
    api.close()


def test_a_token_that_opens_nothing_any_more_goes_all_the_same(
    desk: Desk, served: Served, tmp_path: Path
) -> None:
    laptop, code = Laptop(served, tmp_path), _code(desk, "transport-steward")
    assert laptop("login", "--account", "transport-steward", typed=f"{code}\n").code == 0
    desk.pass_time(days=91)
    assert laptop("logout", "--json").document["was_logged_in"] is True
    assert not laptop.kept.exists()


def _enrolled(desk: Desk, api: Api, account: str = "shengshouan") -> tuple[str, str]:
    """A token of an officer who has just logged in, and the secret of their second factor."""
    [code] = [one.text for one in codes.ceremony(desk.office) if one.account == account]
    words = {"account": account, "code": code}
    secret = api.post("/login/begin", words)["enrolment"]["secret"]
    with pytest.raises(RefusedError, match="second factor: is missing"):
        api.post("/login/finish", words)
    with pytest.raises(RefusedError, match="the code is wrong"):
        api.post("/login/finish", words | {"proof": _at(desk, secret, minutes=-10)})
    done = api.post("/login/finish", words | {"proof": _at(desk, secret)})
    assert (done["account"], done["name"]) == (account, "盛守安")
    assert done["confirmed_until"] is not None
    return done["token"], secret


def _at(desk: Desk, secret: str, **off: float) -> str:
    return pyotp.TOTP(secret).at(desk.office.now() + timedelta(**off))


def test_an_officer_enrols_and_confirms_again(desk: Desk, served: Served) -> None:
    nobody = _nobody(served)
    token, secret = _enrolled(desk, nobody)
    nobody.close()
    api = served.bearer(token)
    desk.pass_time(minutes=16)
    code = _at(desk, secret)
    said = api.post("/confirm", {"code": code})
    assert said["account"] == "shengshouan"
    assert said["confirmed_until"] == (desk.office.now() + timedelta(minutes=15)).isoformat(
        timespec="milliseconds"
    )
    with pytest.raises(RefusedError, match="was used already"):
        api.post("/confirm", {"code": code})
    api.close()


def test_wrong_codes_of_the_second_factor_stay_counted(desk: Desk, served: Served) -> None:
    """None of it is undone with the refusal, whatever the address says."""
    nobody = _nobody(served)
    token, secret = _enrolled(desk, nobody)
    nobody.close()
    api = served.bearer(token)
    for _ in range(5):
        with pytest.raises(RefusedError, match="the code is wrong"):
            api.post("/confirm", {"code": _at(desk, secret, minutes=-10)}, {"dry_run": True})
    desk.pass_time(minutes=1)
    with pytest.raises(RefusedError, match="is locked until"):
        api.post("/confirm", {"code": _at(desk, secret)})
    with desk.office.records.transaction() as connection:
        assert connection.execute(sql("SELECT failures FROM yunzu.second_factors")).scalar_one() == 5
    api.close()


@pytest.mark.parametrize("path", ["/login/begin", "/login/finish"])
def test_codes_are_not_tried_in_masses(path: str, desk: Desk, tmp_path: Path) -> None:
    good = _code(desk, "transport-steward")
    with serving(desk.office, tmp_path / "pki", most=3) as served:
        api = _nobody(served)
        words = {"account": "transport-steward", "code": good}
        for account, code in (("transport-steward", WRONG), ("transport-auditor", good), ("nobody", good)):
            with pytest.raises(RefusedError, match="one-time code: is not valid for this account"):
                api.post(path, {"account": account, "code": code})
        for said in (words, words | {"code": WRONG}):
            with pytest.raises(RefusedError, match="too many"):
                api.post(path, said)
        with pytest.raises(RefusedError, match="too many"):
            served.bearer("yunzu_x").get("/whoami")  # one count for both
        desk.pass_time(minutes=1)
        assert api.post("/login/begin", words) == {"enrolment": None}
        for _ in range(3):
            with pytest.raises(RefusedError):
                api.post(path, words | {"code": WRONG})
        assert api.post("/login/finish", words)["account"] == "transport-steward"  # was begun, so it ends
        api.close()


def test_no_code_is_in_the_log_or_in_an_answer_to_what_is_wrong(
    desk: Desk, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = _code(desk, "transport-steward")
    with urllib3.PoolManager(ca_certs=str(served.ca)) as pool:

        def said(path: str, **words: Any) -> tuple[int, str]:
            answer = pool.request(
                "POST",
                f"{served.url}/api/v1{path}",
                body=json.dumps(words),
                headers={"Content-Type": "application/json"},
            )
            return answer.status, answer.data.decode()

        for status, words in (
            (422, {"account": "transport-steward", "code": code * 9}),
            (422, {"account": "transport-steward", "code": [code]}),
            (422, {"account": "transport-steward", "code": code, "days": code}),
            (422, {"account": "transport-steward", "code": code, "more": code}),
            (422, {"account": "transport-steward", "code": "\ud800"}),
            (400, {"account": "transport-steward", "code": code, "days": 0}),
            (400, {"account": "transport-steward", "code": code, "label": ""}),
            (403, {"account": "transport-auditor", "code": code}),
            (403, {"account": "\ud800\0", "code": code}),
        ):
            found, text = said("/login/finish", **words)
            assert (found, code in text) == (status, False), text
            assert json.loads(text)["subject"]
        status, text = said("/login/finish", account="transport-steward", code=code)
        assert (status, code in text) == (201, False)
    assert caplog.records
    assert code not in caplog.text
    assert json.loads(text)["token"] not in caplog.text


def test_the_machine_itself_has_no_second_factor_and_no_token(served: Served) -> None:
    api = served.api()
    with pytest.raises(RefusedError, match="goes with a token"):
        api.post("/confirm", {"code": "123456"})
    with pytest.raises(InvalidInputError, match="login/begin"):
        api.post("/login/begin", {"account": "transport-steward"})
    assert api.post("/logout")["account"] == "local-tester"
    api.close()
