"""Mail, sent to a real SMTP server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mail_sink import PASSWORD, Sink, mute_server, sink
from tests.support.messages import DUE, letter
from tests.support.postgres import certificate
from yunzu.clients.smtp import MailChannel
from yunzu.errors import RefusedError, UnreachableError, YunzuError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sink]:
    with sink(tmp_path / "mail").running() as running:
        yield running


def test_a_mail_arrives_over_starttls(server: Sink) -> None:
    MailChannel(server.server).send(letter(), DUE)
    (mail,), ((sender, recipients, _),) = server.mails, server.envelopes
    assert server.encrypted == [True]
    assert (sender, recipients) == ("cloud@nantong.example", ["wang@health.example"])
    assert mail["Subject"] == "待办：新建环境（NT20261123-0007）"
    assert mail["From"].addresses[0].display_name == "云租"
    assert mail["Message-ID"] == "<0b2a0b9e7d1d4c559a0e3b1f6c6d1f00@yunzu.io>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh"
    assert mail["Date"].datetime == DUE
    assert mail.get_content().replace("\r\n", "\n") == "“新建环境”正在等待您处理。\n"


def test_an_attempt_repeated_is_the_same_mail(server: Sink) -> None:
    for _ in range(2):
        MailChannel(server.server).send(letter(), DUE)
    first, second = server.envelopes
    assert first == second
    assert first[2].isascii()


@pytest.mark.parametrize(
    "options", [{"logins": True}, {"implicit": True}, {"implicit": True, "logins": True}]
)
def test_other_servers(tmp_path: Path, options: dict[str, bool]) -> None:
    with sink(tmp_path / "mail", **options).running() as server:
        MailChannel(server.server).send(letter(), DUE)
        assert len(server.mails) == 1
        assert server.encrypted == [True]


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", r"\[::1\]")])
def test_a_server_that_is_not_there_is_named_by_its_address(server: Sink, host: str, shown: str) -> None:
    nowhere = server.server.model_copy(update={"host": host, "port": 1})
    with pytest.raises(UnreachableError, match=f"^mail server {shown}:1: "):
        MailChannel(nowhere).send(letter(), DUE)


def test_a_server_without_tls_gets_nothing(tmp_path: Path) -> None:
    with sink(tmp_path / "mail", offers_tls=False).running() as server:
        with pytest.raises(UnreachableError, match="STARTTLS"):
            MailChannel(server.server).send(letter(), DUE)
        assert server.mails == []


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path, implicit: bool) -> None:
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    with sink(tmp_path / "mail", implicit=implicit).running() as server:
        with pytest.raises(UnreachableError, match="certificate that is not valid"):
            MailChannel(server.server.model_copy(update={"ca": other})).send(letter(), DUE)
        named = server.server.model_copy(update={"host": "localhost"})  # the certificate is 127.0.0.1's
        with pytest.raises(UnreachableError, match="certificate that is not valid"):
            MailChannel(named).send(letter(), DUE)
        assert server.mails == []


def test_a_wrong_login_is_told_without_the_password(tmp_path: Path) -> None:
    with sink(tmp_path / "mail", logins=True).running() as server:
        wrong = server.server.model_copy(update={"user": "somebody"})
        with pytest.raises(UnreachableError, match=r"refuses our login \(answer 535\)") as caught:
            MailChannel(wrong).send(letter(), DUE)
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("recipient_answer", "550 5.1.1 no such mailbox", RefusedError),
        ("recipient_answer", "550 5.7.1 relaying denied", YunzuError),
        ("recipient_answer", "451 4.7.1 greylisted, come again", YunzuError),
        ("data_answer", "554 5.6.0 content refused", YunzuError),
        ("data_answer", "452 4.3.1 disk full", YunzuError),
        ("recipient_answer", "421 4.3.2 going down", UnreachableError),
        ("data_answer", "421 4.3.2 going down", UnreachableError),
    ],
)
def test_a_refusal_says_what_can_be_done(
    server: Sink, where: str, answer: str, error: type[YunzuError]
) -> None:
    setattr(server, where, answer)
    with pytest.raises(YunzuError, match=answer.split(maxsplit=1)[1]) as caught:
        MailChannel(server.server).send(letter(), DUE)
    assert type(caught.value) is error


def test_a_farewell_that_fails_changes_nothing(server: Sink) -> None:
    server.farewell = "500 stay"
    MailChannel(server.server).send(letter(), DUE)
    assert len(server.mails) == 1


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        MailChannel(sink(tmp_path / "mail").server).send(letter(), DUE)


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with mute_server() as port:
        server = sink(tmp_path / "mail").server.model_copy(update={"port": port})
        with pytest.raises(UnreachableError, match="timed out"):
            MailChannel(server, timeout=0.3).send(letter(), DUE)


def test_without_an_address_nothing_is_sent(server: Sink) -> None:
    with pytest.raises(RefusedError, match="has no mail address"):
        MailChannel(server.server).send(letter(address=None), DUE)


@pytest.mark.parametrize("title", ["a\r\nBcc: everybody@city.example", "a\nX: y", "a\rX: y"])
def test_a_title_with_a_line_end_is_never_sent(server: Sink, title: str) -> None:
    """Values are made fit long before; this is the last door."""
    with pytest.raises(ValueError, match=r"linefeed|carriage"):
        MailChannel(server.server).send(letter(title=title), DUE)
    assert server.mails == []
