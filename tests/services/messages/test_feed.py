"""The Atom feed, by the rules of RFC 4287."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, fromstring

from tests.services.messages.conftest import Office
from tests.support.messages import LINK
from yunzu.model.message_preferences import Preferences
from yunzu.records import message_preferences
from yunzu.services.messages.feed import atom
from yunzu.services.messages.rendering import Templates

ATOM = "{http://www.w3.org/2005/Atom}"
ADDRESS = "https://cloud.nantong.example/feeds/wang?page=1&size=<2>"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def read(office: Office, account: str = "wang", limit: int = 100) -> Element:
    document = atom(
        office.records,
        account,
        centre="0badcafe",
        address=ADDRESS,
        templates=Templates(),
        now=NOW,
        limit=limit,
    )
    assert document.startswith("<?xml version='1.0' encoding='utf-8'?>")
    return fromstring(document)  # noqa: S314 - our own document


def text(parent: Element, name: str) -> str:
    (only,) = parent.findall(f"{ATOM}{name}")  # each of them exactly once (RFC 4287 4.1.1, 4.1.2)
    assert only.text
    return only.text


def entries(feed: Element) -> list[Element]:
    return feed.findall(f"{ATOM}entry")


def moment(value: str) -> datetime:
    made = datetime.fromisoformat(value)
    assert made.tzinfo is not None
    return made


def test_a_feed_has_what_the_rfc_requires(office: Office) -> None:
    office.enter("r1")
    office.enter("r2", event="quota_90")
    feed = read(office)
    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "id") == "tag:yunzu.io,2026:0badcafe/feed/wang"
    assert "云租" in text(feed, "title")
    (author,) = feed.findall(f"{ATOM}author")
    assert text(author, "name") == "云租"
    (itself,) = feed.findall(f"{ATOM}link")
    assert (itself.get("rel"), itself.get("href")) == ("self", ADDRESS)
    newest, oldest = entries(feed)
    assert moment(text(feed, "updated")) == moment(text(newest, "updated")) >= moment(text(oldest, "updated"))
    for entry, event in ((newest, "quota_90"), (oldest, "decided")):
        assert text(entry, "id").startswith("urn:uuid:")
        assert text(entry, "title").isprintable()
        assert moment(text(entry, "published")) <= moment(text(entry, "updated"))
        (category,) = entry.findall(f"{ATOM}category")
        assert category.get("term") == event
        (link,) = entry.findall(f"{ATOM}link")
        assert (link.get("rel"), link.get("href")) == ("alternate", LINK)
        (content,) = entry.findall(f"{ATOM}content")
        assert content.get("type", "text") == "text"
    assert text(newest, "id") != text(oldest, "id")


def test_ids_stay_the_same(office: Office) -> None:
    office.enter("r1")
    first, second = (text(entries(read(office))[0], "id") for _ in range(2))
    assert first == second


def test_an_empty_feed_is_a_feed(office: Office) -> None:
    feed = read(office, "li")
    assert entries(feed) == []
    assert moment(text(feed, "updated")) == NOW


def test_a_feed_is_one_persons(office: Office) -> None:
    office.enter("r1")
    office.enter("r2", recipient="li")
    assert len(entries(read(office))) == 1
    assert len(entries(read(office, "zhang"))) == 0


def test_a_feed_is_as_long_as_asked_for(office: Office) -> None:
    for number in range(5):
        office.enter(f"r{number}")
    assert len(entries(read(office, limit=2))) == 2


def test_markup_and_controls_are_text(office: Office) -> None:
    office.enter("r1", item_zh="</title><script>alert(1)</script>&amp;\x00\x1b\ufffe\u202e")
    (entry,) = entries(read(office))
    shown = "</title><script>alert(1)</script>&amp;\\x00\\x1b\\ufffe\\u202e"
    assert shown in text(entry, "title")
    assert shown in text(entry, "content")
    assert list(entry.iter("script")) == []


def test_an_entry_without_a_link_is_one_all_the_same(office: Office) -> None:
    office.enter("r1", link=None)
    (entry,) = entries(read(office))
    assert entry.findall(f"{ATOM}link") == []
    assert text(entry, "content")  # RFC 4287 4.1.2: without content there must be an alternate link


def test_a_feed_is_in_its_readers_language(office: Office) -> None:
    office.enter("r1")
    with office.records.transaction() as connection:
        message_preferences.save(connection, Preferences(account="wang", language="en"))
    feed = read(office)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert text(entries(feed)[0], "title").startswith("Decided: granted")


def test_one_bad_message_does_not_hide_the_others(office: Office) -> None:
    office.enter("r1")
    with office.records.transaction() as connection:
        connection.exec_driver_sql("UPDATE yunzu.messages SET payload = '{}' WHERE subject = 'r1'")
    office.enter("r2")
    newest, oldest = entries(read(office))
    assert "准予" in text(newest, "title")
    assert text(oldest, "title") == "decided r1"
