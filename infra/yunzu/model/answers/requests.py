"""Requests, as the centre answers: in a list, one with its history, and what waits for somebody."""

from typing import Any

from yunzu.model.answers.common import Answer, Moment, Span, Title
from yunzu.model.answers.leases import LeaseAnswer
from yunzu.model.answers.outcomes import Outcome
from yunzu.model.answers.problem import Problem
from yunzu.model.promises import CaseKind
from yunzu.model.requests import State


class CaseAnswer(Answer):
    """One request with what its clock says. Moments that have not come are null; durations in seconds.

    `id` is null for a request that was rehearsed and not filed. `used_seconds` and `promised_seconds` are
    office time where working days are promised; `elapsed_seconds` is the wall clock from filing to end.
    """

    id: str | None
    item: str
    state: State
    result: str | None
    applicant: str
    department: str | None
    submitted_at: Moment
    accepted_at: Moment | None
    due_at: Moment | None
    done_at: Moment | None
    promised: Span
    used_seconds: float
    subject: str
    subject_kind: str
    agent: str | None
    bundle: str | None
    needs: tuple[str, ...]
    reason: str | None
    emergency: str | None
    kind: CaseKind
    title: Title
    promised_seconds: float | None
    elapsed_seconds: float | None
    statutory_due_at: Moment | None
    provisional: bool
    overdue: bool
    rating: int | None
    base_hash: str | None
    requested_hash: str
    decided_hash: str | None


class CasesAnswer(Answer):
    """Requests, newest first. `next`: where there are older ones, the number to name as `before`."""

    items: tuple[CaseAnswer, ...]
    next: str | None = None


class StepAnswer(Answer):
    """One step as it was taken, by `account` in the place of `principal`; `action` null: it waits.

    `due_at` is what was promised when it began. `statutory_due_at` is moved by the times in which the clock
    stood, null where the step has no limit of its own by law; `overdue`: it waits, or ended, after that.
    """

    step: str
    title: str | None
    by: str
    started_at: Moment
    due_at: Moment
    statutory_due_at: Moment | None
    overdue: bool
    ended_at: Moment | None
    action: str | None
    account: str | None
    principal: str | None
    opinion: str | None
    rule: str | None


class PauseAnswer(Answer):
    """A time in which the clock stood."""

    kind: str
    reason: str
    started_at: Moment
    ended_at: Moment | None
    approved_by: str | None


class MoveAnswer(Answer):
    """One move: who made it, in whose place, proved how, from where; `detail` is what it came to."""

    at: Moment
    move: str
    state: str
    account: str
    principal: str | None
    authenticated: str
    origin: str
    reason: str | None
    detail: dict[str, Any]


class RequestAnswer(CaseAnswer):
    """One request with all that happened to it; `rule` granted it, `ruling` is what the last rule found.

    Contents stand side by side: `original` was approved when it was handed in, null where nothing was;
    `requested` is asked for; `decided` is what was granted. What a correction replaced is in the detail of
    its move `resubmit`, as `replaced`.
    """

    rule: str | None
    steps: tuple[StepAnswer, ...]
    pauses: tuple[PauseAnswer, ...]
    ruling: dict[str, Any] | None
    original: dict[str, Any] | None
    requested: dict[str, Any]
    decided: dict[str, Any] | None
    moves: tuple[MoveAnswer, ...]
    dry_run: bool = False


class DeliveryAnswer(Answer):
    """How the delivery of a request goes: whether it is still to come, whether any worker is there, how many
    of how many steps are done (0: not known), what is done now, and what stopped the last try; what the last
    try that ended did to an environment."""

    under_way: bool
    attended: bool
    done: int
    total: int
    doing: str
    failure: Problem | None
    outcome: Outcome | None = None


class WaitingAnswer(Answer):
    """A request that waits for whoever asks: at which step (`resubmit`: a correction, `retry`: a delivery
    that failed), until when, and what they may do."""

    id: str
    item: str
    subject: str
    department: str | None
    applicant: str
    step: str
    due_at: Moment
    moves: tuple[str, ...]


class StrandedAnswer(Answer):
    """A step that nobody can take: its people left, are disabled, or have all applied or signed already.
    `resubmit`: the correction of a request whose applicant has left."""

    request: str
    step: str
    by: str
    due_at: Moment


class InboxAnswer(Answer):
    """What waits, by due time; `stranded` is what waits for nobody, as far as whoever asks may see it;
    `leases` are those that an operator who asks has to confirm or tolerate."""

    items: tuple[WaitingAnswer, ...]
    stranded: tuple[StrandedAnswer, ...] = ()
    leases: tuple[LeaseAnswer, ...] = ()
