"""Requests as they are shown: with their clock, their steps and what waits for whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

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


@dataclass(frozen=True, slots=True)
class ByLaw:
    """Until when a step had to be taken by law, and whether it was, or still is, later than that."""

    due_at: datetime
    overdue: bool


@dataclass(frozen=True)
class View(Case):
    """A case with all that happened to it. `by_law`: by a step's number, where it has such a limit."""

    steps: tuple[StepTaken, ...]
    by_law: Mapping[int, ByLaw]
    pauses: tuple[Paused, ...]
    moves: tuple[Moved, ...]

    @property
    def decided(self) -> dict[str, Any] | None:
        """The content that was granted: the grant binds the hash of what was asked for."""
        return self.request.requested if self.request.decided_hash is not None else None

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
        pauses, clock = pauses_of(connection, number), office.working_time(connection)
        steps = tuple(request_history.steps(connection, [number])[number])
        case = _case(handling.request, pauses, clock, office.now())
        return View(
            **{field.name: getattr(case, field.name) for field in fields(case)},
            steps=steps,
            by_law=dict(_by_law(case, steps, pauses, clock, office.now())),
            pauses=tuple(request_history.pauses(connection, [number])[number]),
            moves=tuple(request_history.moves(connection, number)),
        )


def _by_law(
    case: Case, steps: Iterable[StepTaken], pauses: tuple[Pause, ...], clock: WorkingTime, now: datetime
) -> Iterator[tuple[int, ByLaw]]:
    limits = {step.id: step.statutory for step in case.item.steps}
    for one in steps:
        if limit := limits.get(one.step):
            until = one.ended_at or case.request.done_at or now
            due = Promise(case.item.case_kind, limit, one.started_at, pauses).due_at(clock, until)
            yield one.seq, ByLaw(due, until > due)


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


@dataclass(frozen=True, slots=True)
class Cases:
    """A page of them, newest first; `next`: the number of its last one, where there are older ones."""

    items: tuple[Case, ...]
    next: str | None


def listed(
    *,
    actor: Actor,
    office: Office,
    department: str | None = None,
    bundle: str | None = None,
    only_open: bool = False,
    limit: int = 200,
    before: str | None = None,
) -> Cases:
    """Requests that the actor may see, newest first, `limit` at most; with `department` or `bundle`, that
    one's alone; with `before`, those older than the request of that number. Raises RefusedError for a
    department or a request that is not the actor's to see, NotFoundError for a number that is none."""
    whose = department or actor.department
    if why := refusal(actor, "read", RequestFacts("draft", whose, "")):
        raise RefusedError(f"requests of {whose or 'the centre'}", why, "leave --department out")
    with office.records.transaction() as connection:
        states = OPEN if only_open else None
        last = _seen(before, connection, actor, office) if before is not None else None
        chosen = requests.Chosen(department=whose, bundle=bundle, states=states)
        found = requests.listed(connection, limit=limit + 1, before=last, **chosen)
        shown = found[:limit]
        pauses = pauses_of_all(connection, [one.number for one in shown])
        clock, now = office.working_time(connection), office.now()
        cases = tuple(_case(one, pauses[one.number], clock, now) for one in shown)
    return Cases(cases, shown[-1].number if len(found) > limit else None)


def _seen(number: str, connection: Connection, actor: Actor, office: Office) -> Request:
    handling = Handling(connection, number, office, lock=False)
    handling.permit(actor, "read")
    return handling.request


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
        for request in requests.each(connection, department=actor.department, states=list(_AWAITED)):
            handling = Handling(connection, request.number, office, lock=False)
            moves = tuple(move for move in handling.possible(actor) if move not in _NOT_OFFERED)
            awaited, row = _AWAITED[handling.state], handling.waiting_row
            if awaited not in moves:
                continue
            due = row.due_at if row and handling.state == "accepted" else telling.due_at(handling)
            found.append(Waiting(request, row.step if row else awaited, due, moves))
    return sorted(found, key=lambda one: (one.due_at, one.request.number))
