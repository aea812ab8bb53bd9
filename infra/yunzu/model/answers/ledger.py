"""The ledger of rights of use 使用权台账, as the centre answers."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from yunzu.model.answers.common import Answer
from yunzu.model.leases import Standing


class PriceAnswer(Answer):
    """A price a month, as a decimal string."""

    month: Decimal
    currency: str


class RightAnswer(Answer):
    """A right to use one resource. `price` is of the whole environment; `retained`: data kept, unused."""

    owner: str
    department: str
    title: str
    environment: str
    kind: Literal["namespace", "database", "bucket"]
    name: str
    external_name: str | None
    plan: str
    price: PriceAnswer | None
    start: date | None = Field(alias="from")
    until: date | None
    state: str
    retained: bool
    expired: bool
    expired_days: int
    lease: Standing | None
    tolerated_until: date | None
    held_until: date | None
    request: str | None


class LedgerAnswer(Answer):
    """All rights as of a day; `expired` counts them, `price_month` is the sum."""

    day: date
    items: tuple[RightAnswer, ...]
    expired: int
    price_month: PriceAnswer
