"""Sending: at least once, never twice at once, and no channel in another's way."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.services.messages.conftest import Office
from tests.support import sending as sender
from tests.support.mail_sink import mute_server
from yunzu.clients.smtp import MailChannel
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.letters import Letter
from yunzu.model.message_preferences import Preferences
from yunzu.records import message_preferences, outbox
from yunzu.services.messages.sending import Counts


class Faulty:
    """A channel that does what it is told to for each subject."""

    def __init__(self, **faults: Exception) -> None:
        self.faults = faults
        self.tried: list[str] = []

    def send(self, letter: Letter, now: datetime) -> None:  # noqa: ARG002 - the signature is Channel's
        self.tried.append(letter.subject)
        if fault := self.faults.get(letter.subject):
            raise fault


def test_what_is_due_is_sent_by_every_channel(office: Office) -> None:
    office.person("li", "mail", "webhook/office")
    office.enter("r1", reason="配额不足", decision="denied")
    office.enter("r1", recipient="li")
    with office.mail.running(), office.hook.running():
        assert office.send() == Counts(sent=3)
        assert office.send() == Counts()
    assert [mail["To"] for mail in office.mail.mails] == ["wang@health.example", "li@health.example"]
    assert "说明：配额不足" in office.mail.mails[0].get_content()
    (posted,) = office.hook.posted
    assert posted.is_genuine()
    data = json.loads(posted.body)["data"]
    assert (data["recipient"], data["subject"]) == ("li", "r1")
    assert len({*office.mail.ids, posted.id}) == 3


def test_a_message_goes_out_in_its_readers_language(office: Office) -> None:
    with office.records.transaction() as connection:
        english = Preferences(account="wang", mail="wang@health.example", language="en")
        message_preferences.save(connection, english)
    office.enter("r1")
    with office.mail.running():
        office.send()
    assert office.mail.mails[0]["Subject"] == "Decided: granted, A new environment (NT20261123-0007)"


def test_hostile_text_reaches_no_header(office: Office) -> None:
    office.enter("r1", item_zh="a\r\nBcc: all@city.example\r\n\r\nlies", about="\u202eb\x1b[2J")
    with office.mail.running():
        assert office.send() == Counts(sent=1)
    (mail,), ((_, recipients, content),) = office.mail.mails, office.mail.envelopes
    assert mail["Bcc"] is None
    assert recipients == ["wang@health.example"]
    assert "a\\r\\nBcc: all@city.example\\r\\n\\r\\nlies" in str(mail["Subject"])
    assert content.isascii()
    assert "对象：\\u202eb\\x1b[2J" in mail.get_content()


def test_a_sender_killed_before_it_could_say_so_sends_again_the_same(office: Office) -> None:
    office.enter("r1")
    with office.mail.running():
        killed = sender.start("kill", office.records.postgres, office.mail.server)
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert len(office.mail.ids) == 1
        assert office.send() == Counts()  # its claim still stands
        office.later(minutes=3)
        assert office.send() == Counts(sent=1)
    first, second = office.mail.envelopes
    assert first == second
    assert len(set(office.mail.ids)) == 1


def test_a_message_that_always_kills_its_sender_is_given_up(office: Office) -> None:
    office.enter("r1")
    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox.due(office.records, office.now, channel="mail")
        office.later(hours=2)
    with office.mail.running():
        assert office.send() == Counts(abandoned=1)
    assert office.mail.mails == []
    assert office.errors() == ["no attempt came to an end"]


def test_two_senders_at_once_send_each_message_once(office: Office) -> None:
    for number in range(30):
        office.enter(f"r{number}")
    with office.mail.running():
        started = [sender.start("none", office.records.postgres, office.mail.server) for _ in range(2)]
        counts = [json.loads(one.communicate(timeout=60)[0]) for one in started]
    assert len(office.mail.ids) == len(set(office.mail.ids)) == 30
    assert sum(one["sent"] for one in counts) == 30
    assert all(one["postponed"] == one["overtaken"] == 0 for one in counts)


def test_a_glance_at_a_claimed_message_does_not_cost_it_a_pause(office: Office) -> None:
    """PostgreSQL locks a row that changed under a query before it looks again and lets it be."""
    office.enter("r1")
    looked = threading.Event()

    def glance() -> None:
        with office.records.transaction() as connection:
            connection.exec_driver_sql("SELECT FROM yunzu.messages FOR UPDATE")
            looked.set()
            time.sleep(0.3)

    claim = outbox.due

    def claimed(*arguments: object, **options: object) -> outbox.Message | None:
        message = claim(*arguments, **options)  # type: ignore[arg-type]
        if message:
            pool.submit(glance)
            assert looked.wait(30)
        return message

    office.channels["mail"] = Faulty()
    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "due", claimed)
        assert office.send() == Counts(sent=1)


def test_a_slow_sender_is_not_doubled(office: Office) -> None:
    """It takes longer than its claim lasts, and the other sender finds the message held."""
    under_way, go_on = threading.Event(), threading.Event()

    class Slow(Faulty):
        def send(self, letter: Letter, now: datetime) -> None:
            super().send(letter, now)
            under_way.set()
            assert go_on.wait(30)

    slow, quick = Slow(), Faulty()
    office.enter("r1")
    with ThreadPoolExecutor(1) as pool:
        office.channels["mail"] = slow
        running = pool.submit(office.send)
        assert under_way.wait(30)
        office.channels["mail"] = quick
        office.later(hours=5)
        assert office.send() == Counts()
        go_on.set()
        assert running.result(30) == Counts(sent=1)
    office.later(hours=5)
    assert office.send() == Counts()
    assert (slow.tried, quick.tried) == (["r1"], [])


def test_a_sender_that_was_overtaken_sends_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped between claim and sending for longer than the claim lasts, as by SIGSTOP."""
    claim = outbox.due

    def stopped(*arguments: object, **options: object) -> outbox.Message | None:
        message = claim(*arguments, **options)  # type: ignore[arg-type]
        if message and message.attempts == 1:
            office.later(hours=1)
            assert claim(office.records, office.now, channel="mail")
        return message

    monkeypatch.setattr(outbox, "due", stopped)
    office.enter("r1")
    office.channels["mail"] = channel = Faulty()
    assert office.send() == Counts(overtaken=1)
    assert channel.tried == []


def test_a_server_that_was_down_gets_everything_when_it_is_up(office: Office) -> None:
    for number in range(5):
        office.enter(f"r{number}")
    for _ in range(3):
        assert office.send() == Counts(postponed=1)  # one attempt tells that it is down
        office.later(minutes=1.3)
    assert all("does not answer" in error for error in office.errors()[:1] if error)
    office.later(hours=1)
    with office.mail.running():
        assert office.send() == Counts(sent=5)
    assert office.errors() == []


def test_a_failing_channel_is_in_nobodys_way(office: Office) -> None:
    office.person("li", "mail", "webhook/office")
    for number in range(10):
        office.enter(f"r{number}", recipient="li")
    with mute_server() as port, office.hook.running():
        office.channels["mail"] = MailChannel(
            office.mail.server.model_copy(update={"port": port}), timeout=0.3
        )
        assert office.send() == Counts(sent=10, postponed=1)
    assert len(office.hook.posted) == 10


def test_channels_take_turns(office: Office) -> None:
    """A thousand mails of a campaign do not make the office system wait."""
    office.person("li", "webhook/office")
    for number in range(10):
        office.enter(f"mail{number}")
    office.enter("hook", recipient="li")
    with office.mail.running(), office.hook.running():
        assert office.send(limit=2) == Counts(sent=2)
    assert (len(office.mail.mails), len(office.hook.posted)) == (1, 1)


def test_a_channel_that_is_not_configured_waits_for_its_settings(office: Office) -> None:
    office.person("li", "webhook/sms", "mail")
    office.enter("r1", recipient="li")
    with office.mail.running():
        assert office.send() == Counts(sent=1, postponed=1)
    assert office.errors() == ["channel webhook/sms: is not configured"]
    office.channels["webhook/sms"] = office.channels["webhook/office"]
    office.later(hours=2)
    with office.hook.running():
        assert office.send() == Counts(sent=1)


def test_one_bad_message_does_not_stop_the_others(office: Office) -> None:
    for number in range(4):
        office.enter(f"r{number}")
    office.channels["mail"] = channel = Faulty(
        r0=YunzuError("mail server", "answered 554"), r1=RuntimeError("password=hunter2")
    )
    assert office.send() == Counts(sent=2, postponed=2)
    assert channel.tried == ["r0", "r1", "r2", "r3"]
    assert office.errors() == ["mail server: answered 554", "RuntimeError; its text may hold anything"]


def test_a_channel_that_does_not_answer_is_left_alone_for_the_run(office: Office) -> None:
    for number in range(3):
        office.enter(f"r{number}")
    office.channels["mail"] = channel = Faulty(r0=UnreachableError("mail server", "is down"))
    assert office.send() == Counts(postponed=1)
    assert channel.tried == ["r0"]
    assert office.send() == Counts(sent=2)


def test_a_poisoned_message_is_given_up_after_about_three_days(office: Office) -> None:
    office.enter("r1")
    began = office.now
    fault = YunzuError("mail server", "answered 554 5.6.0 content refused")
    office.channels["mail"] = channel = Faulty(r1=fault)
    while not (counts := office.send()).abandoned:
        assert counts in (Counts(postponed=1), Counts())
        office.later(minutes=10)
    assert len(channel.tried) == outbox.MOST_ATTEMPTS
    assert 64 <= (office.now - began).total_seconds() / 3600 <= 96
    assert office.errors() == [str(fault)]
    office.later(days=30)
    assert office.send() == Counts()


def test_a_payload_of_another_time_is_postponed_with_its_reason(office: Office) -> None:
    office.enter("r1")
    with office.records.transaction() as connection:
        connection.exec_driver_sql(
            'UPDATE yunzu.messages SET payload = payload || \'{"password": "s3cr3t"}\''
        )
    office.channels["mail"] = Faulty()
    assert office.send() == Counts(postponed=1)
    assert office.errors() == ["message decided r1: holds other facts than its event (password)"]


def test_who_took_the_address_back_is_written_to_no_more(office: Office) -> None:
    office.enter("r1")
    with office.records.transaction() as connection:
        message_preferences.save(connection, Preferences(account="wang"))
    with office.mail.running():
        assert office.send() == Counts(abandoned=1)
    assert office.mail.mails == []
    assert "has no mail address" in str(office.errors())


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(office: Office) -> None:
    office.enter("r1")
    office.mail.recipient_answer = "550 5.1.1 no such mailbox"
    with office.mail.running():
        assert office.send() == Counts(abandoned=1)
    assert office.errors() == ["mail address of wang: answered 550 5.1.1 no such mailbox"]
