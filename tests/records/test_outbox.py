"""The outbox: entered once, claimed by one sender at a time, given up in the end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.messages import payload
from yunzu.model.message_preferences import Preferences
from yunzu.model.messages import EVENT_NAMES, Event
from yunzu.records import message_preferences, outbox
from yunzu.records.database import Records
from yunzu.records.schema import messages as table

MINUTE = timedelta(minutes=1)


@pytest.fixture
def start(records: Records) -> datetime:
    """A moment after which everything entered so far is due. Wang wants mail, and it is due."""
    save(records, Preferences(account="wang", mail="wang@h.example"))
    return datetime.now(UTC) + MINUTE


def save(records: Records, preferences: Preferences) -> None:
    with records.transaction() as connection:
        message_preferences.save(connection, preferences)


def enter(records: Records, subject: str = "r1", event: Event = "decided", recipient: str = "wang") -> int:
    with records.transaction() as connection:
        return outbox.enqueue(connection, event, payload(event), subject=subject, recipient=recipient)


def row(records: Records, channel: str = "mail") -> Any:
    with records.transaction() as connection:
        return connection.execute(table.select().where(table.c.channel == channel)).one()


def claimed(records: Records, now: datetime) -> outbox.Message:
    message = outbox.due(records, now, channel="mail")
    assert message is not None
    return message


def mark(records: Records, message: outbox.Message, how: Callable[..., None], *arguments: object) -> None:
    with outbox.held(records, message) as connection:
        assert connection is not None
        how(connection, message, *arguments)


def test_entering_twice_is_one_message(records: Records, start: datetime) -> None:
    assert enter(records) == 2  # feed and mail
    assert enter(records) == 0
    assert enter(records, subject="r2") == 2
    assert enter(records, event="delivered") == 2
    assert enter(records, recipient="li") == 1  # no address: the feed alone


def test_entering_at_once_is_one_message(records: Records, start: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: enter(records), range(16))) == 2


def test_what_is_rolled_back_was_never_entered(records: Records, start: datetime) -> None:
    with records.transaction() as connection:
        outbox.enqueue(connection, "decided", payload("decided"), subject="r1", recipient="wang")
        connection.rollback()
    assert outbox.due_channels(records, start) == []
    assert outbox.listed(records, "wang") == []


@pytest.mark.parametrize("event", EVENT_NAMES)
def test_every_event_can_be_entered(records: Records, start: datetime, event: Event) -> None:
    assert enter(records, event=event) == 2


def test_wrong_calls_are_refused(records: Records) -> None:
    with records.transaction() as connection:
        with pytest.raises(TypeError, match="takes DecisionNotice, not QuotaNotice"):
            outbox.enqueue(connection, "decided", payload("quota_80"), subject="r1", recipient="wang")
        for subject in ("", "x" * 201, "a\nb", "a\0b"):
            with pytest.raises(ValueError, match="printable"):
                outbox.enqueue(connection, "decided", payload("decided"), subject=subject, recipient="wang")


def test_hostile_text_does_not_break_the_transaction(records: Records) -> None:
    """PostgreSQL takes neither NUL nor half a surrogate pair."""
    with records.transaction() as connection:
        bad = payload("decided", reason="\0 and \ud800")
        assert outbox.enqueue(connection, "decided", bad, subject="r1", recipient="wang") == 1


def test_a_message_is_claimed_as_its_recipient_wants_it(records: Records, start: datetime) -> None:
    enter(records)
    save(records, Preferences(account="wang", mail="new@h.example", language="en"))
    message = claimed(records, start)
    assert (message.address, message.language, message.attempts) == ("new@h.example", "en", 1)
    assert message.payload["request"] == "NT20261123-0007"
    assert outbox.due(records, start, channel="mail") is None


def test_the_longest_waiting_is_claimed_first(records: Records, start: datetime) -> None:
    for subject in ("r1", "r2", "r3"):
        enter(records, subject)
    assert [claimed(records, start).subject for _ in range(3)] == ["r1", "r2", "r3"]


def test_channels_are_claimed_apart(records: Records, start: datetime) -> None:
    channels = {"decided": ("mail", "webhook/office")}
    save(
        records, Preferences.model_validate({"account": "wang", "mail": "w@h.example", "channels": channels})
    )
    enter(records)
    assert outbox.due_channels(records, start) == ["mail", "webhook/office"]
    assert outbox.due_channels(records, start - timedelta(hours=1)) == []
    message = outbox.due(records, start, channel="webhook/office")
    assert message is not None
    assert message.channel == "webhook/office"
    assert message.delivery != claimed(records, start).delivery


def test_what_was_sent_is_not_sent_again(records: Records, start: datetime) -> None:
    enter(records)
    mark(records, claimed(records, start), outbox.sent, start)
    assert row(records).sent_at == start
    assert outbox.due(records, start + timedelta(days=9), channel="mail") is None
    assert enter(records) == 0


def test_a_claim_that_came_to_nothing_is_due_again(records: Records, start: datetime) -> None:
    enter(records)
    first = claimed(records, start)
    assert outbox.due(records, start + MINUTE * 0.9, channel="mail") is None
    second = claimed(records, start + MINUTE * 1.3)
    assert (second.delivery, second.attempts) == (first.delivery, 2)


def test_an_overtaken_claim_is_not_held(records: Records, start: datetime) -> None:
    enter(records)
    first = claimed(records, start)
    second = claimed(records, start + 2 * MINUTE)
    with outbox.held(records, first) as connection:
        assert connection is None
    mark(records, second, outbox.sent, start)
    with outbox.held(records, second) as connection:
        assert connection is None


def test_nobody_claims_what_is_held(records: Records, start: datetime) -> None:
    """Not even when the sender takes longer than the pause after which it counts as dead."""
    enter(records)
    message = claimed(records, start)
    with ThreadPoolExecutor(1) as pool:
        with outbox.held(records, message) as connection:
            assert connection is not None
            assert outbox.due(records, start + timedelta(days=1), channel="mail") is None
            other = pool.submit(is_held, records, message)
            with pytest.raises(TimeoutError):
                other.result(0.3)  # it waits
            outbox.sent(connection, message, start)
        assert not other.result(30)


def is_held(records: Records, message: outbox.Message) -> bool:
    with outbox.held(records, message) as connection:
        return connection is not None


def test_claiming_at_once_gives_each_message_to_one(records: Records, start: datetime) -> None:
    for number in range(20):
        enter(records, f"r{number}")
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: outbox.due(records, start, channel="mail"), range(30)))
    subjects = [message.subject for message in got if message]
    assert len(subjects) == len(set(subjects))
    left = 20 - len(subjects)  # a claimer that meets only locked rows goes away empty-handed
    assert sorted(subjects + [claimed(records, start).subject for _ in range(left)]) == sorted(
        f"r{number}" for number in range(20)
    )


def test_pauses_grow_up_to_an_hour_and_a_quarter() -> None:
    assert [outbox.pause(attempts, 0).seconds // 60 for attempts in range(1, 10)] == [
        1, 2, 4, 8, 16, 32, 60, 60, 60,
    ]  # fmt: skip
    assert outbox.pause(1, 1) == MINUTE * 1.25
    total = sum((outbox.pause(one, 0) for one in range(1, outbox.MOST_ATTEMPTS)), timedelta())
    assert timedelta(hours=64) < total < timedelta(hours=67)
    assert outbox.pause(10_000, 1) == timedelta(minutes=75)


def test_what_was_not_taken_waits_for_its_pause(records: Records, start: datetime) -> None:
    enter(records)
    mark(records, claimed(records, start), outbox.postponed, "busy\x1b[2J " + "x" * 400, start, lambda: 1.0)
    kept = row(records)
    assert kept.next_attempt_at == start + MINUTE * 1.25
    assert kept.last_error.startswith("busy\\x1b[2J xxx")
    assert len(kept.last_error) == 301


def test_what_was_given_up_keeps_its_reason(records: Records, start: datetime) -> None:
    enter(records)
    mark(records, claimed(records, start), outbox.abandoned, "no such mailbox", start)
    kept = row(records)
    assert (kept.failed_at, kept.last_error, kept.sent_at) == (start, "no such mailbox", None)
    assert outbox.due(records, start + timedelta(days=9), channel="mail") is None


def test_the_feed_is_there_at_once_and_never_claimed(records: Records, start: datetime) -> None:
    for subject in ("r1", "r2", "r3"):
        enter(records, subject)
    enter(records, recipient="li")
    assert [message.subject for message in outbox.listed(records, "wang", limit=2)] == ["r3", "r2"]
    assert outbox.due(records, start, channel="feed") is None


def test_preferences_are_kept_and_replaced(records: Records) -> None:
    chosen = Preferences.model_validate(
        {"account": "wang", "mail": "w@h.example", "channels": {"overdue": ["webhook/sms"]}}
    )
    save(records, chosen)
    with records.transaction() as connection:
        assert message_preferences.find(connection, "wang") == chosen
        assert message_preferences.find(connection, "li") == Preferences(account="li")
    other = Preferences(account="wang", language="en")
    save(records, other)
    with records.transaction() as connection:
        assert message_preferences.find(connection, "wang") == other
