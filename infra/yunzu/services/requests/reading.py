"""Requests as they are shown: with their clock, their steps and what waits for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from yunzu.model.actors import Actor
from yunzu.model.items import Item
from yunzu.model.permissions import refusal
from yunzu.model.promises import Promise, acceptance_due, effective_acceptance
from yunzu.model.requests import STATES, State, is_ended, legal_moves
from yunzu.records import request_history, requests
from yunzu.records.request_history import Moved, Paused, StepTaken
from yunzu.records.requests import Request
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of
from yunzu.services.requests.truth import item_of

OPEN: tuple[State, ...] = tuple(state for state in STATES if not is_ended(state))


@dataclass(frozen=True, slots=True)
class View:
    """One request with what its clock says: when it is due, what it used, and whether the day is 暂定."""

    request: Request
    item: Item
    accepted_at: datetime | None
    due_at: datetime | None
    statutory_due_at: datetime | None
    provisional: bool
    used: timedelta
    steps: tuple[StepTaken, ...]
    pauses: tuple[Paused, ...]
    moves: tuple[Moved, ...]

    @property
    def overdue(self) -> bool:
        """Whether it is, or was done, past its due moment."""
        return (
            self.due_at is not None
            and self.request.done_at is not None
            and self.request.done_at > self.due_at
        )


def show(number: str, *, actor: Actor, office: Office) -> View:
    """One request. Raises NotFoundError, RefusedError for who may not see it."""
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office, lock=False)
        handling.permit(actor, "read")
        return _view(connection, handling.request, office)


def _view(connection: Connection, request: Request, office: Office) -> View:
    item, clock, now = item_of(request.item_content), office.working_time(connection), office.now()
    pauses = pauses_of(connection, request.number)
    until = request.done_at or now
    accepted = effective_acceptance(request.submitted_at, request.accepted_at, until, clock, pauses)
    due = statutory = None
    used = timedelta()
    provisional = False
    if accepted is not None:
        promise = Promise(item.case_kind, item.promised, accepted, pauses)
        due = promise.due_at(clock, until)
        statutory = Promise(item.case_kind, item.statutory, accepted, pauses).due_at(clock, until)
        used = promise.used(clock, until)
        provisional = clock.provisional(clock.day_of(due))
    numbers = [request.number]
    return View(
        request=request,
        item=item,
        accepted_at=accepted,
        due_at=due,
        statutory_due_at=statutory,
        provisional=provisional,
        used=used,
        steps=tuple(request_history.steps(connection, numbers)[request.number]),
        pauses=tuple(request_history.pauses(connection, numbers)[request.number]),
        moves=tuple(request_history.moves(connection, request.number)),
    )


def listed(*, actor: Actor, office: Office, only_open: bool = False, limit: int = 200) -> list[Request]:
    """Requests that the actor may see, newest first."""
    with office.records.transaction() as connection:
        states = OPEN if only_open else None
        return requests.listed(connection, department=actor.department, states=states, limit=limit)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for the actor: for which step, until when that is due, and what may be done."""

    request: Request
    step: StepTaken
    due_at: datetime
    moves: tuple[str, ...]


def inbox(*, actor: Actor, office: Office) -> list[Waiting]:
    """What waits for the actor, by due time."""
    found = []
    with office.records.transaction() as connection:
        clock, now = office.working_time(connection), office.now()
        for request in requests.listed(connection, department=actor.department, states=list(OPEN)):
            handling = Handling(connection, request.number, office, lock=False)
            facts = handling.facts()
            moves = tuple(move for move in legal_moves(handling.state) if refusal(actor, move, facts) is None)
            step = handling.waiting_row
            if step is None or not set(moves) & {"approve", "accept"}:
                continue
            due = step.due_at
            if handling.state == "submitted":
                due = acceptance_due(request.submitted_at, now, clock, pauses_of(connection, request.number))
            found.append(Waiting(request, step, due, moves))
    return sorted(found, key=lambda one: (one.due_at, one.request.number))
