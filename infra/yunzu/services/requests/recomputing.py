"""A calendar that is approved moves due days, provisional 暂定 ones above all: each move is on the record."""

from datetime import datetime

from sqlalchemy import Connection

from yunzu.model.actors import SYSTEM
from yunzu.model.promises import Promise, effective_acceptance
from yunzu.model.working_time import WorkingTime
from yunzu.records import request_history, requests
from yunzu.records.requests import Request
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of
from yunzu.services.requests.truth import item_of

RECOMPUTE = "recompute"
_RUNNING = ("submitted", "accepted", "paused", "waitlisted", "granted", "delivering", "failed")


def enter_moved_dues(connection: Connection, before: WorkingTime, cause: str, office: Office) -> int:
    """Enter, for each open request whose due moment is another than under the clock `before`, both moments
    and whether the former was provisional; how many there were. `cause`: the request that approved the
    calendar. Under the lock on grants, so that nobody moves them meanwhile.
    """
    after = office.working_time(connection)
    moved = 0
    for request in requests.each(connection, states=_RUNNING):
        due = _due(connection, request, before, office), _due(connection, request, after, office)
        if due[0] is None or due[1] is None or due[0] == due[1]:
            continue
        detail = {
            "due_before": due[0].isoformat(),
            "due_after": due[1].isoformat(),
            "was_provisional": before.provisional(before.day_of(due[0])),
            "calendar": cause,
        }
        request_history.add_move(
            connection,
            request.number,
            at=office.now(),
            move=RECOMPUTE,
            state_before=request.state,
            state_after=request.state,
            account=SYSTEM,
            roles=[],
            authenticated="system",
            origin=f"request {cause}",
            principal=None,
            reason=None,
            detail=detail,
        )
        moved += 1
    return moved


def _due(connection: Connection, request: Request, clock: WorkingTime, office: Office) -> datetime | None:
    item, pauses, now = item_of(request.item_content), pauses_of(connection, request.number), office.now()
    accepted = effective_acceptance(request.submitted_at, request.accepted_at, now, clock, pauses)
    if accepted is None:
        return None
    return Promise(item.case_kind, item.promised, accepted, pauses).due_at(clock, now)
