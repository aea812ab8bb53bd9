"""The facts of messages, the channels, and what people may choose."""

import re
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from tests.support.messages import DUE, payload
from yunzu.errors import UsageError
from yunzu.model.message_channels import Webhook, mail_server, signing_key
from yunzu.model.message_preferences import Preferences
from yunzu.model.messages import EVENT_NAMES, EVENTS, Event, payload_of, presentable

SECRETIVE = re.compile(
    "pass|pwd|secret|token|credential|private|signature|cookie|otp|pin$|(^|_)key|code|dsn|kubeconfig"
)
GOOD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def keys(model: type[BaseModel]) -> set[str]:
    """Of a payload and of everything in it."""
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys(part)
    return found


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_no_payload_has_a_key_named_like_a_secret(event: Event) -> None:
    assert [key for key in keys(EVENTS[event]) if SECRETIVE.search(key)] == []


def test_the_table_of_events_is_whole() -> None:
    assert tuple(EVENTS) == EVENT_NAMES


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_a_payload_survives_the_records(event: Event) -> None:
    made = payload(event)
    assert payload_of(event, made.model_dump(mode="json")) == made


def test_other_facts_are_refused() -> None:
    with pytest.raises(ValidationError, match="password"):
        payload_of("delivered", {**payload("delivered").model_dump(mode="json"), "password": "s3cr3t"})
    with pytest.raises(ValidationError, match="timezone"):
        payload("due_soon", due_at=DUE.replace(tzinfo=None))


@pytest.mark.parametrize(
    "link",
    [
        "http://cloud.example/requests/1",
        "https://cloud.example/login?token=abc",
        "https://cloud.example/#token=abc",
        "https://user:word@cloud.example/",
        "javascript:alert(1)",
        "https:///nowhere",
    ],
)
def test_a_link_that_could_hold_a_secret_is_refused(link: str) -> None:
    with pytest.raises(ValidationError, match="a link is https"):
        payload("due_soon", link=link)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\r\nBcc: x@y.example", "a\\r\\nBcc: x@y.example"),
        ("safe\u202etxt.exe", "safe\\u202etxt.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\x00\x1b[2J", "\\x00\\x1b[2J"),
        ("\ud800", "\\ud800"),
        ("line\u2028break\x85", "line\\u2028break\\x85"),
        ("一张　表\u00a0格", "一张 表 格"),
        ("x" * 501, "x" * 500 + "…"),
    ],
)
def test_text_of_strangers_is_made_fit(hostile: str, shown: str) -> None:
    assert presentable(hostile) == shown
    assert payload("decided", reason=hostile).model_dump()["reason"] == shown


def test_who_chose_nothing_has_the_feed_and_mail_where_there_is_an_address() -> None:
    assert Preferences(account="wang").channels_for("overdue") == ("feed",)
    assert Preferences(account="wang", mail="w@h.example").channels_for("overdue") == ("feed", "mail")


def test_a_choice_is_of_one_event() -> None:
    chosen = Preferences(
        account="wang",
        mail="w@h.example",
        channels={"overdue": ("webhook/sms", "mail", "webhook/sms"), "decided": ()},
    )
    assert chosen.channels_for("overdue") == ("feed", "webhook/sms", "mail")
    assert chosen.channels_for("decided") == ("feed",)
    assert chosen.channels_for("delivered") == ("feed", "mail")
    assert chosen.model_copy(update={"mail": None}).channels_for("overdue") == ("feed", "webhook/sms")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail": "wang"},
        {"mail": "wang@h.example\r\nBcc: x@y"},
        {"mail": "wang@h.example, li@h.example"},
        {"mail": "<wang@h.example>"},
        {"mail": "王@h.example"},
        {"mail": f"{'w' * 65}@h.example"},
        {"mail": "w@" + "h" * 253},
        {"channels": {"overdue": ("sms",)}},
        {"channels": {"overdue": ("webhook/Office",)}},
        {"channels": {"birthday": ()}},
        {"language": "de"},
    ],
)
def test_wrong_preferences_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Preferences.model_validate({"account": "wang", **wrong})


def test_a_mail_server_is_read_from_its_url() -> None:
    url = SecretStr("smtps://cloud%40x:p%3Aw@mail.example")
    server = mail_server(url, "云租 <cloud@nantong.example>", None)
    assert (server.host, server.port, server.implicit_tls) == ("mail.example", 465, True)
    assert (server.user, server.password.get_secret_value()) == ("cloud@x", "p:w")
    assert (server.sender, server.sender_name) == ("cloud@nantong.example", "云租")
    plain = mail_server(SecretStr("smtp://mail.example"), "cloud@nantong.example", None)
    assert (plain.port, plain.implicit_tls, plain.user, plain.sender_name) == (587, False, None, "")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.example", "c@n.example"),
        ("https://u:hidden-word@mail.example", "c@n.example"),
        ("smtp://u:hidden-word@mail.example:port", "c@n.example"),
        ("smtp://u:hidden-word@mail.example/path", "c@n.example"),
        ("smtp://u:hidden-word@mail.example", None),
        ("smtp://u:hidden-word@mail.example", "a@b.example, c@d.example"),
        ("smtp://u:hidden-word@mail.example", "nobody"),
    ],
)
def test_a_wrong_mail_server_is_told_without_its_password(url: str, sender: str | None) -> None:
    with pytest.raises(UsageError, match="smtp_") as caught:
        mail_server(SecretStr(url), sender, None)
    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://office.example/hook"},
        {"url": "https://u:hidden-word@office.example/hook"},
        {"url": "https://office.example/hook#hidden-word"},
        {"url": "https://office.example/a b"},
        {"url": "https:///hidden-word"},
        {"url": "https://office.example:hidden-word/"},
        {"secret": "hidden-word"},
        {"secret": "whsec_aGlkZGVuLXdvcmQ="},
        {"secret": "whsec_" + "!" * 44},
        {"secret": GOOD_SECRET.removeprefix("whsec_")},
    ],
)
def test_a_wrong_webhook_is_told_without_its_secrets(wrong: dict[str, str]) -> None:
    right = {"url": "https://office.example/hook?access=1", "secret": GOOD_SECRET}
    assert Webhook.model_validate(right).host == "office.example"
    with pytest.raises(ValidationError) as caught:
        Webhook.model_validate(right | wrong)
    for value in ("hidden-word", "aGlkZGVuLXdvcmQ", GOOD_SECRET):
        assert value not in str(caught.value)


def test_a_signing_key_is_what_its_secret_stands_for() -> None:
    assert len(signing_key(SecretStr(GOOD_SECRET))) == 24
