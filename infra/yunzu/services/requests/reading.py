"""Requests as they are shown: with their clock, their steps and what waits for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor
from yunzu.model.items import ACCEPTANCE, Item
from yunzu.model.permissions import RequestFacts, refusal
from yunzu.model.promises import Pause, Promise, effective_acceptance
from yunzu.model.requests import STATES, Move, State, is_ended
from yunzu.model.working_time import WorkingTime
from yunzu.records import request_history, requests
from yunzu.records.request_history import Moved, Paused, StepTaken
from yunzu.records.requests import Request
from yunzu.services.requests import telling
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of, pauses_of_all
from yunzu.services.requests.truth import item_of

OPEN: tuple[State, ...] = tuple(state for state in STATES if not is_ended(state))


@dataclass(frozen=True)
class Case:
    """One request with what its clock says: since when it counts as accepted, when it is due and whether
    that day is 暂定, how much of its `length` it used, and whether it is, or was done, past its due moment.
    """

    request: Request
    item: Item
    accepted_at: datetime | None
    due_at: datetime | None
    statutory_due_at: datetime | None
    provisional: bool
    used: timedelta
    length: timedelta | None
    overdue: bool

    @property
    def result(self) -> str | None:
        """How it was decided; None: not yet."""
        if self.request.state in ("denied", "refused", "withdrawn", "abandoned"):
            return self.request.state
        return "granted" if self.request.decided_hash is not None else None


@dataclass(frozen=True)
class View(Case):
    """A case with all that happened to it."""

    steps: tuple[StepTaken, ...]
    pauses: tuple[Paused, ...]
    moves: tuple[Moved, ...]

    @property
    def rule(self) -> str | None:
        """The rule that granted it; None where a person signed, in an emergency, or nothing is granted."""
        if (
            self.result != "granted"
            or self.request.emergency
            or any(step.account for step in self.steps if step.step != ACCEPTANCE)
        ):
            return None
        rules = [step.ruling["rule"] for step in self.steps if step.ruling]
        return rules[-1] if rules else None


def show(number: str, *, actor: Actor, office: Office) -> View:
    """One request. Raises NotFoundError, RefusedError for who may not see it."""
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office, lock=False)
        handling.permit(actor, "read")
        case = _case(
            handling.request, pauses_of(connection, number), office.working_time(connection), office.now()
        )
        return View(
            **{field.name: getattr(case, field.name) for field in fields(case)},
            steps=tuple(request_history.steps(connection, [number])[number]),
            pauses=tuple(request_history.pauses(connection, [number])[number]),
            moves=tuple(request_history.moves(connection, number)),
        )


def _case(request: Request, pauses: tuple[Pause, ...], clock: WorkingTime, now: datetime) -> Case:
    item, until = item_of(request.item_content), request.done_at or now
    accepted = effective_acceptance(request.submitted_at, request.accepted_at, until, clock, pauses)
    if accepted is None:
        return Case(request, item, None, None, None, False, timedelta(), None, False)
    promise = Promise(item.case_kind, item.promised, accepted, pauses)
    due = promise.due_at(clock, until)
    return Case(
        request=request,
        item=item,
        accepted_at=accepted,
        due_at=due,
        statutory_due_at=Promise(item.case_kind, item.statutory, accepted, pauses).due_at(clock, until),
        provisional=clock.provisional(clock.day_of(due)),
        used=promise.used(clock, until),
        length=promise.length(clock),
        overdue=until > due,
    )


def listed(
    *,
    actor: Actor,
    office: Office,
    department: str | None = None,
    bundle: str | None = None,
    only_open: bool = False,
    limit: int = 200,
) -> list[Case]:
    """Requests that the actor may see, newest first; with `department` or `bundle`, that one's alone. Raises
    RefusedError for a department that is not the actor's."""
    whose = department or actor.department
    if why := refusal(actor, "read", RequestFacts("draft", whose, "")):
        raise RefusedError(f"requests of {whose or 'the centre'}", why, "leave --department out")
    with office.records.transaction() as connection:
        states = OPEN if only_open else None
        found = requests.listed(connection, department=whose, bundle=bundle, states=states, limit=limit)
        pauses = pauses_of_all(connection, [one.number for one in found])
        clock, now = office.working_time(connection), office.now()
        return [_case(one, pauses[one.number], clock, now) for one in found]


# The last approval grants; an emergency is nothing that waits to be done.
_NOT_OFFERED = frozenset({"grant", "emergency"})


# What somebody is waited for to do, in each state in which somebody is.
_AWAITED: Mapping[State, Move] = {
    "submitted": "accept",
    "accepted": "approve",
    "returned": "resubmit",
    "failed": "retry",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for the actor: for which step (`resubmit`: a correction, `retry`: a delivery that
    failed), until when that is due, and what may be done."""

    request: Request
    step: str
    due_at: datetime
    moves: tuple[str, ...]


def inbox(*, actor: Actor, office: Office) -> list[Waiting]:
    """What waits for the actor, by due time."""
    found = []
    with office.records.transaction() as connection:
        for request in requests.listed(connection, department=actor.department, states=list(_AWAITED)):
            handling = Handling(connection, request.number, office, lock=False)
            moves = tuple(move for move in handling.possible(actor) if move not in _NOT_OFFERED)
            awaited, row = _AWAITED[handling.state], handling.waiting_row
            if awaited not in moves:
                continue
            due = row.due_at if row and handling.state == "accepted" else telling.due_at(handling)
            found.append(Waiting(request, row.step if row else awaited, due, moves))
    return sorted(found, key=lambda one: (one.due_at, one.request.number))
