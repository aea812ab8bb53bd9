"""What all answers are made of."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

from yunzu.model.limits import Unit


class Answer(BaseModel):
    """A document of the centre. One of a newer centre may hold more keys: they are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True)


class Words(BaseModel):
    """What somebody says to the centre. A key that is not known is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


def _to_the_millisecond(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


Moment = Annotated[datetime, PlainSerializer(_to_the_millisecond, return_type=str, when_used="json")]
"""In the centre's zone, with its offset."""


class Title(Answer):
    """What something is called."""

    zh: str
    en: str | None


class Span(Answer):
    """`n` minutes or hours of wall clock, or working days."""

    n: int
    unit: Unit
