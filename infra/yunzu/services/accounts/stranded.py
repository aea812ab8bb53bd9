"""Steps that nobody can take: whose people left, are disabled, or have all applied or signed already. A
correction is such a step where the applicant has left, and nobody is there who may take it over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from yunzu.model.actors import Actor, Register
from yunzu.model.manifests import Department
from yunzu.records import requests
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office, actor_of_account
from yunzu.services.requests.telling import due_at
from yunzu.services.requests.truth import CENTRE, Truth

_WAITING = {"submitted": "accept", "accepted": "approve", "returned": "resubmit"}


@dataclass(frozen=True, slots=True)
class Stranded:
    """A request whose waiting step, or correction (`resubmit`), nobody is eligible for; `due_at` in UTC."""

    request: str
    department: str | None
    step: str
    by: str
    due_at: datetime


def listed(*, actor: Actor, office: Office) -> list[Stranded]:
    """All of them that the actor may see: the centre's officers every one, others their department's."""
    with office.records.transaction() as connection:
        return _of(connection, office, actor.department)


def _of(connection: Connection, office: Office, department: str | None) -> list[Stranded]:
    found = []
    people = _everybody(connection)
    for request in requests.each(connection, department=department, states=list(_WAITING)):
        handling = Handling(connection, request.number, office, lock=False)
        row = handling.waiting_row
        move = _WAITING[request.state]
        if (row is None and move != "resubmit") or any(move in handling.possible(one) for one in people):
            continue
        step, by, due = (row.step, row.by, row.due_at) if row else (move, "applicant", due_at(handling))
        found.append(Stranded(request.number, request.department, step, by, due))
    return sorted(found, key=lambda one: (one.due_at, one.request))


def _everybody(connection: Connection) -> list[Actor]:
    """Everybody who can get in."""
    truth = Truth(connection)
    register = truth.find(Register, CENTRE)
    accounts = [one.account for one in (register.officers if register else ())]
    accounts += [one.account for each in truth.all(Department).values() for one in each.people]
    found = (actor_of_account(connection, one, authenticated="token", origin="") for one in accounts)
    return [one for one in found if one is not None]
