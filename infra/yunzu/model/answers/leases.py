"""Leases that end, and campaigns about them, as the centre answers."""

from datetime import date

from pydantic import Field

from yunzu.model.answers.common import Answer, Moment
from yunzu.model.leases import Standing
from yunzu.model.manifests import Stage


class LeaseAnswer(Answer):
    """A right to use one environment: `days_left` to its last day (negative: after it), `due` by when
    somebody has to do something, and what an operator decided, by whom and why."""

    environment: str
    department: str
    stage: Stage
    until: date
    days_left: int
    standing: Standing
    due: date
    suspended_on: date | None
    held_until: date | None
    tolerated_until: date | None
    decision: str | None
    decided_by: str | None
    reason: str | None


class LeasesAnswer(Answer):
    """Leases as of a day, what is due first, first."""

    day: date
    items: tuple[LeaseAnswer, ...]
    dry_run: bool = False


class CampaignLineAnswer(Answer):
    """One environment that is asked about; the newest request that answers for it, if any."""

    environment: str
    department: str
    bundle: str
    item: str | None
    answered: bool
    request: str | None
    state: str | None


class CampaignAnswer(Answer):
    """A campaign with the lines that whoever asks may see, and wants to; `asked`: how many may be seen."""

    id: str
    until: date
    answer_by: date
    opened_by: str
    opened_at: Moment
    asked: int
    unanswered: int = Field(description="Of those that are asked about.")
    lines: tuple[CampaignLineAnswer, ...]


class CampaignsAnswer(Answer):
    """Campaigns, the newest first."""

    items: tuple[CampaignAnswer, ...]
    dry_run: bool = False
