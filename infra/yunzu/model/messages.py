"""What the centre tells people: the events, and the facts that a message of each may hold.

A message holds what is needed to know whether to act, and a link. Its facts are the fields below and no
others; none may be a secret, because messages leave the centre unencrypted at rest. Text of strangers
(titles, reasons) is made fit to be shown when a payload is built: no control or bidi character gets any
further.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from yunzu.model.text import shortened

Event = Literal[
    "waiting_for_me", "due_soon", "overdue", "decided", "delivered", "lease_ending",
    "lease_ended", "campaign", "quota_80", "quota_90", "quota_100", "emergency", "clock",
]  # fmt: skip
Language = Literal["zh", "en"]

EVENT_NAMES: tuple[Event, ...] = get_args(Event)
LANGUAGES: tuple[Language, ...] = get_args(Language)

LONGEST_TEXT = 500  # characters of one value


def presentable(text: str) -> str:
    """One line without control, bidi or zero-width characters; cut after 500 characters.

    Wide and no-break spaces become plain ones: Chinese text is full of them, and they hide nothing.
    """
    plain = "".join(" " if unicodedata.category(one) == "Zs" else one for one in text[: LONGEST_TEXT + 1])
    return shortened(plain, LONGEST_TEXT)


def page_address(value: str) -> str:
    """A link to a page behind the centre's login. Raises ValueError for one that could hold a secret."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("a link is https://host/path, without a login, a query or a fragment")
    return presentable(value)


Shown = Annotated[str, AfterValidator(presentable)]
Link = Annotated[str, AfterValidator(page_address)]


class Payload(BaseModel):
    """The facts that every message has: which department, and the id of what it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    department: Shown
    about: Shown
    link: Link | None = None


class RequestNotice(Payload):
    """办件: a request's number, its item's title, and the moment by which somebody has to act."""

    request: Shown
    item_zh: Shown
    item_en: Shown | None = None
    step: Shown | None = None
    due_at: AwareDatetime
    reason: Shown | None = None


class DecisionNotice(RequestNotice):
    """How a request was decided; `reason` says why it was not granted."""

    decision: Literal["granted", "denied", "refused"]


class DeliveryNotice(RequestNotice):
    """What was asked for stands, and its probe has passed as the tenant."""

    delivered_at: AwareDatetime


class EmergencyNotice(RequestNotice):
    """紧急: an operator had a request go on without the people of its department, and why."""

    operator: Shown


class ClockNotice(RequestNotice):
    """特别程序, 延长审批: the promise's clock stands, for `reason`, or runs again. `due_at` is the new
    moment; of what is paused it is the one that it would have if it were resumed at once."""

    change: Literal["paused", "extended", "resumed"]


class LeaseNotice(Payload):
    """使用权 ends: its last day, and what happens to the environment after it."""

    until: date
    days_left: int
    then: Literal["suspended", "escalated"]


class LeaseEndedNotice(Payload):
    """使用权 has ended on `until`: the environment is suspended, or an operator has to confirm that it is,
    or it was held long enough and may be reclaimed by request."""

    until: date
    status: Literal["suspended", "escalated", "reclaimable"]


class CampaignNotice(Payload):
    """A renewal campaign asks a department which of its environments it keeps; `about` is the campaign."""

    until: date
    answer_by: date
    unanswered: int


class QuotaNotice(Payload):
    """A meter of a department's quota, or of the centre's capacity; `used` and `granted` are numbers with
    their `unit`."""

    meter: Shown
    used: Shown
    granted: Shown
    unit: Shown
    percent: int


EVENTS: Mapping[Event, type[Payload]] = {
    "waiting_for_me": RequestNotice,
    "due_soon": RequestNotice,
    "overdue": RequestNotice,
    "decided": DecisionNotice,
    "delivered": DeliveryNotice,
    "lease_ending": LeaseNotice,
    "lease_ended": LeaseEndedNotice,
    "campaign": CampaignNotice,
    "quota_80": QuotaNotice,
    "quota_90": QuotaNotice,
    "quota_100": QuotaNotice,
    "emergency": EmergencyNotice,
    "clock": ClockNotice,
}


def payload_of(event: Event, document: Mapping[str, Any]) -> Payload:
    """A payload as the records hold it. Raises pydantic's ValidationError when it is none of the event's."""
    return EVENTS[event].model_validate(document)
