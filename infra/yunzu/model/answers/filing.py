"""What people say to the centre about a request: the API's bodies. A key that is not known is a fault."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Filing(_Words):
    """What is asked for: by a manifest, or of an environment by its id (suspend, resume, retire, renew).

    `applicant`: for whom an operator or a colleague files; `base`: hash of the approved content that it is
    written against; `needs`: numbers of requests to be done before; `until`: last day of a renewal.
    """

    item: str
    manifest: dict[str, Any] | None = None
    subject: str | None = None
    until: date | None = None
    applicant: str | None = None
    base: str | None = None
    bundle: str | None = None
    needs: tuple[str, ...] = ()


class ReasonWords(_Words):
    """Why; the applicant reads it."""

    reason: str


class OpinionWords(_Words):
    """What a signatory says to it (意见)."""

    opinion: str | None = None


class PauseWords(_Words):
    """Why the clock stands; an extension has an end and an approver. A day ends with its last moment, in the
    centre's zone."""

    reason: str
    kind: Literal["extension", "other"] = "other"
    until: date | datetime | None = None
    approved_by: str | None = None


class ResubmissionWords(_Words):
    """The corrected manifest; without it, what was asked for stays."""

    manifest: dict[str, Any] | None = None


class AnswerWords(_Words):
    """What becomes of an environment that a campaign asks about; `plan`: the smaller one of a shrinking;
    `applicant`: for whom an operator answers."""

    environment: str
    answer: Literal["renew", "shrink", "retire"]
    plan: str | None = None
    applicant: str | None = None


class RatingWords(_Words):
    """1 (very satisfied) to 5 (very dissatisfied)."""

    rating: int


class TokenWords(_Words):
    """A token to be made."""

    label: str = ""
    days: int = Field(90, description="Until it expires.")
    scope: Literal["all", "read"] = "all"
