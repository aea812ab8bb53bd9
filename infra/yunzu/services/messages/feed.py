"""A person's messages as an Atom feed (RFC 4287), the newest first."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from yunzu import naming
from yunzu.errors import YunzuError
from yunzu.model.messages import Language
from yunzu.records import message_preferences, outbox
from yunzu.records.database import Records
from yunzu.services.messages.rendering import Templates, Text
from yunzu.services.messages.sending import letter

_ATOM = "http://www.w3.org/2005/Atom"
_TITLES: dict[Language, str] = {"zh": "云租消息", "en": "Messages of yunzu"}


def atom(
    records: Records,
    account: str,
    *,
    centre: str,
    address: str,
    templates: Templates,
    now: datetime,
    limit: int = 100,
) -> str:
    """The feed as an XML document in UTF-8.

    `centre` is the centre's id, `address` the https:// URL under which the feed is served. A feed without
    entries counts as updated at `now`.
    """
    with records.transaction() as connection:
        language = message_preferences.find(connection, account).language
    messages = outbox.listed(records, account, limit=limit)
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    _add(feed, "id", naming.feed_id(centre, account))
    _add(feed, "title", f"{_TITLES[language]} · {account}")
    _add(feed, "updated", _moment(max((message.created_at for message in messages), default=now)))
    _add(SubElement(feed, "author"), "name", "云租")
    SubElement(feed, "link", {"rel": "self", "href": address})
    for message in messages:
        _entry(feed, message, readable(message, templates))
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document.decode()


def _entry(feed: Element, message: outbox.Message, text: Text) -> None:
    entry = SubElement(feed, "entry")
    _add(entry, "id", message.delivery.urn)
    _add(entry, "title", text.title)
    _add(entry, "published", _moment(message.created_at))
    _add(entry, "updated", _moment(message.created_at))
    SubElement(entry, "category", {"term": message.event})
    if message.payload.get("link"):
        SubElement(entry, "link", {"rel": "alternate", "href": message.payload["link"]})
    _add(entry, "content", text.body)


def readable(message: outbox.Message, templates: Templates) -> Text:
    """A message as its reader sees it.

    One that does not fit its template is shown by its name; the others are read all the same.
    """
    try:
        ready = letter(message, templates)
    except YunzuError:
        return Text(f"{message.event} {message.subject}", "")
    return Text(ready.title, ready.text)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")
