"""What people say to the centre about requests, leases and tokens: the API's bodies."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from yunzu.model.answers.common import Words


class Filing(Words):
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


class AskingWords(Words):
    """In whose name it is asked for, where an operator asks; an emergency's reason, where the
    department's people shall be done without."""

    applicant: str | None = None
    emergency: str | None = None


class Wanted(AskingWords):
    """A department or an environment as it should be.

    `base`: hash of the approved content that it was written from, "" for none; without it, it asks for
    nothing less than is approved. `after`: what is asked for before it, on a dry run.
    """

    manifest: dict[str, Any]
    base: str | None = None
    bundle: str | None = None
    after: tuple[dict[str, Any], ...] = ()


class RemovalWords(AskingWords):
    """An environment is to be retired; or its data erased, where `confirm` repeats its id."""

    erase: bool = False
    confirm: str | None = None


class ReasonWords(Words):
    """Why; the applicant reads it."""

    reason: str


class OpinionWords(Words):
    """What a signatory says to it (意见)."""

    opinion: str | None = None


class ExtensionWords(ReasonWords):
    """Until when the clock stands, and why. A day ends with its last moment, in the centre's zone."""

    until: date | datetime


class ResubmissionWords(Words):
    """The corrected manifest; without it, what was asked for stays."""

    manifest: dict[str, Any] | None = None


class AnswerWords(Words):
    """What becomes of an environment that a campaign asks about; `plan`: the smaller one of a shrinking;
    `applicant`: for whom an operator answers."""

    environment: str
    answer: Literal["renew", "shrink", "retire"]
    plan: str | None = None
    applicant: str | None = None


class TolerationWords(Words):
    """Until which last day the use of what has ended is tolerated, and why."""

    until: date
    reason: str


class CampaignWords(Words):
    """What is asked about: leases that end before `until`, of one department or all; `answer_by`: the last
    day for answers, in 14 days where none is said."""

    until: date
    answer_by: date | None = None
    department: str | None = None


class RatingWords(Words):
    """1 (very satisfied) to 5 (very dissatisfied)."""

    rating: int


class TokenWords(Words):
    """A token to be made."""

    label: str = ""
    days: int = Field(90, description="Until it expires.")
    scope: Literal["all", "read"] = "all"
