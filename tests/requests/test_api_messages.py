"""Messages over the API: everybody's own feed and preferences, and nobody else's."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import urllib3

from tests.support.api import Served, serving
from tests.support.command import Command, Ended
from tests.support.messages import LINK, payload
from tests.support.office import Desk
from yunzu.model.messages import EVENT_NAMES
from yunzu.records import message_preferences, outbox

STEWARD, AUDITOR = "transport-steward", "transport-auditor"
ATOM = "{http://www.w3.org/2005/Atom}"

As = Callable[..., Ended]


@pytest.fixture
def served(desk: Desk, tmp_path: Path) -> Iterator[Served]:
    """An API of a centre with one webhook and no mail server."""
    office = replace(desk.office, channels=frozenset({"webhook/office"}))
    with serving(office, tmp_path / "pki") as running:
        yield running


@pytest.fixture
def by(desk: Desk, served: Served, tmp_path: Path) -> As:
    """The command of an account."""
    command = Command(tmp_path, tmp_path, YUNZU_URL=served.url, YUNZU_CA_FILE=str(served.ca))

    def run(account: str, *words: object, **more: Any) -> Ended:
        return command(*words, YUNZU_TOKEN=desk.token(account, **more))

    return run


def _asked(
    served: Served, path: str, authorization: str, method: str = "GET"
) -> tuple[int, bytes, dict[str, str]]:
    with urllib3.PoolManager(ca_certs=str(served.ca)) as pool:
        headers = {"Authorization": authorization}
        url = f"{served.url}/api/v1{path}"
        answer = pool.request(method, url, headers=headers, retries=False)  # else it waits after a 429
        found = answer.status, answer.data, {key.lower(): value for key, value in answer.headers.items()}
        answer.close()
        return found


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def _tell(desk: Desk, recipient: str, subject: str, **changes: Any) -> None:
    with desk.office.records.transaction() as connection:
        outbox.enqueue(
            connection, "decided", payload("decided", **changes), subject=subject, recipient=recipient
        )


def _mine(body: bytes) -> list[str]:
    return [str(one.findtext(f"{ATOM}title")) for one in fromstring(body).findall(f"{ATOM}entry")]  # noqa: S314


def test_a_feed_is_its_readers_own(desk: Desk, served: Served) -> None:
    _tell(desk, STEWARD, "one", request="YZ-STEWARD")
    _tell(desk, AUDITOR, "two", request="YZ-AUDITOR")
    token = served.token(STEWARD, "read")
    # What a query, a login name or a path says of somebody else changes nothing.
    for authorization in (f"Bearer {token}", _basic(f"reader:{token}"), _basic(f"{AUDITOR}:{token}")):
        for query in ("", f"?account={AUDITOR}&recipient={AUDITOR}"):
            status, body, headers = _asked(served, f"/feed{query}", authorization)
            assert (status, headers["content-type"]) == (200, "application/atom+xml")
            [title] = _mine(body)
            assert "YZ-STEWARD" in title
            assert f"/feed/{STEWARD}" in str(fromstring(body).findtext(f"{ATOM}id"))  # noqa: S314
            link = fromstring(body).find(f"{ATOM}link")  # noqa: S314
            assert link is not None
            assert link.get("href") == f"{served.url}/api/v1/feed"
            assert headers["cache-control"] == "no-store"
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["x-content-type-options"] == "nosniff"
    assert _asked(served, f"/feed/{AUDITOR}", f"Bearer {token}")[0] == 404


def test_basic_is_for_looking_and_counted_as_a_bearer_is(desk: Desk, tmp_path: Path) -> None:
    with serving(desk.office, tmp_path / "pki", most=3) as served:
        token = served.token(STEWARD)
        good = _basic(f"x:{token}")
        assert _asked(served, "/feed", good)[0] == 200
        assert _asked(served, "/tokens/none/revoke", good, "POST")[0] == 401
        for wrong in ("Basic !", _basic("x:yunzu_x")):
            status, body, headers = _asked(served, "/feed", wrong)
            assert (status, json.loads(body)["exit_code"]) == (401, 3)
            assert 'Basic realm="yunzu"' in headers["www-authenticate"]
        assert _asked(served, "/feed", _basic("x:yunzu_y"))[0] == 429
        assert _asked(served, "/feed", good)[0] == 200  # was valid once


def test_basic_holds_the_token_as_its_password_and_nowhere_else(served: Served) -> None:
    token = served.token(STEWARD)
    for wrong in (f"Basic {token}", _basic(token), _basic(f"{token}:")):
        assert _asked(served, "/feed", wrong)[0] == 401, wrong


def test_messages_are_listed_newest_first(desk: Desk, by: As) -> None:
    _tell(desk, STEWARD, "one", request="YZ-FIRST")
    _tell(desk, STEWARD, "two", request="YZ-SECOND", link=None)
    _tell(desk, AUDITOR, "three")
    newest, oldest = by(STEWARD, "message", "list", "--json").items
    assert "YZ-SECOND" in newest["title"]
    assert "YZ-FIRST" in oldest["title"]
    assert (newest["event"], newest["link"], oldest["link"]) == ("decided", None, LINK)
    assert newest["created_at"].endswith("+08:00")
    assert newest["text"].endswith("\n")
    shown = by(STEWARD, "message", "list").out
    assert newest["title"] in shown
    assert f"    {LINK}" in shown
    assert "no message" in by("transport-approver", "message", "list").err


def test_how_one_is_told(desk: Desk, by: As) -> None:
    before = by(STEWARD, "message", "preferences", "--json").document
    assert (before["account"], before["mail"], before["language"]) == (STEWARD, None, "zh")
    assert before["channels"] == {event: ["mail"] for event in EVENT_NAMES}
    assert before["configured"] == ["webhook/office"]
    words = ("message", "set", "--mail", "a@transport.example", "--language", "en")
    words = (*words, "--on", "decided=mail,webhook/office,mail", "--on", "due_soon=")
    dry = by(STEWARD, *words, "--dry-run")
    assert (dry.code, "nothing was changed" in dry.err) == (0, True)
    assert by(STEWARD, "message", "preferences", "--json").document == before
    after = by(STEWARD, *words, "--json").document
    assert (after["mail"], after["language"], after["dry_run"]) == ("a@transport.example", "en", False)
    chosen = {event: after["channels"][event] for event in ("decided", "due_soon", "overdue")}
    assert chosen == {"decided": ["mail", "webhook/office"], "due_soon": [], "overdue": ["mail"]}
    assert by(STEWARD, "message", "preferences", "--json").document == after
    assert by(AUDITOR, "message", "preferences", "--json").document["mail"] is None
    # What is left out stays.
    less = by(STEWARD, "message", "set", "--no-mail", "--json").document
    assert (less["mail"], less["language"], less["channels"]) == (None, "en", after["channels"])
    text = by(STEWARD, "message", "preferences")
    assert "/api/v1/feed" in text.out
    assert "no address" in text.err
    with desk.office.records.transaction() as connection:
        saved = message_preferences.find(connection, STEWARD)
    assert saved.channels_for("decided") == ("feed", "webhook/office")
    assert "no mail server" in by(STEWARD, "message", "set", "--mail", "a@b.example").err
    _tell(desk, STEWARD, "one")
    assert "Decided" in by(STEWARD, "message", "list").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--on", "decide=mail"), "channels.decide"),
        (("--on", "decided=fax"), "is not a channel"),
        (("--on", "decided=webhook/other"), "webhook/other is no webhook here; there are: webhook/office"),
        (("--on", "decided"), "says no channels"),
        (("--on", "decided=", "--on", "decided=mail"), "is given twice"),
        (("--mail", "nobody"), "is not a mail address"),
        (("--mail", "a@b.example", "--no-mail"), "exclude each other"),
        ((), "nothing was said"),
    ],
)
def test_what_cannot_be_chosen_is_said_and_nothing_is_kept(words: tuple[str, ...], said: str, by: As) -> None:
    before = by(STEWARD, "message", "preferences", "--json").document
    ended = by(STEWARD, "message", "set", *words)
    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert by(STEWARD, "message", "preferences", "--json").document == before


def test_who_may_only_look_and_who_has_no_account(served: Served, by: As) -> None:
    refused = by(STEWARD, "message", "set", "--language", "en", scope="read")
    assert (refused.code, "for reading only" in refused.err) == (3, True)
    assert by(STEWARD, "message", "preferences", scope="read").code == 0
    api = served.api()
    for path in ("/feed", "/messages", "/message-preferences"):
        with pytest.raises(Exception, match="without a token has none"):
            api.get(path)
    with pytest.raises(Exception, match="without a token has none"):
        api.post("/message-preferences", {"language": "en"})
    api.close()
