"""Messages about requests, entered in the transaction that makes them true, each occurrence once."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from yunzu.model.actors import SYSTEM, Actor, Register, of_officer, of_person
from yunzu.model.items import Item
from yunzu.model.manifests import Department
from yunzu.model.messages import ClockNotice, DecisionNotice, DeliveryNotice, Event, RequestNotice
from yunzu.model.permissions import Action, RequestFacts, refusal
from yunzu.model.promises import Promise, acceptance_due
from yunzu.model.requests import Move
from yunzu.records import disabled_accounts, outbox
from yunzu.records.requests import Request
from yunzu.services.requests.pausing import pauses_of
from yunzu.services.requests.truth import CENTRE, Truth

if TYPE_CHECKING:
    from yunzu.services.requests.handling import Handling

Decision = Literal["granted", "denied", "refused"]
Change = Literal["paused", "extended", "resumed"]
_DECISIONS: dict[str, Decision] = {"grant": "granted", "deny": "denied", "refuse": "refused"}


def waits(handling: "Handling", step: str, seq: int, due_at: datetime) -> None:
    """A step has begun that somebody has to take: all who may."""
    notice = RequestNotice(**_facts(handling.request, handling.item), step=step, due_at=due_at)
    for account in signatories(handling.connection, handling.facts()):
        subject = f"{handling.request.number}/{seq}"
        outbox.enqueue(handling.connection, "waiting_for_me", notice, subject=subject, recipient=account)


def moved(handling: "Handling", move: Move, reason: str | None) -> None:
    """A move was made that the applicant, and whoever filed for them, should know of."""
    if move in _DECISIONS:
        _tell_applicant(handling, "decided", move, DecisionNotice, reason=reason, decision=_DECISIONS[move])
    elif move == "complete":
        _tell_applicant(handling, "delivered", move, DeliveryNotice, reason=reason, delivered_at=handling.now)
    elif move == "return":
        _tell_applicant(handling, "waiting_for_me", move, RequestNotice, reason=reason, step="补正")
    elif move == "resume":
        clock_changed(handling, "resumed", None)


def clock_changed(handling: "Handling", change: Change, reason: str | None) -> None:
    """The clock stands, or runs again, as the pauses in the records say: the applicant's side is told."""
    _tell_applicant(handling, "clock", change, ClockNotice, reason=reason, change=change)


def _tell_applicant(
    handling: "Handling", event: Event, move: str, notice: type[RequestNotice], **more: object
) -> None:
    request = handling.request
    facts = {**_facts(request, handling.item), "due_at": due_at(handling), **more}
    occurrence = f"{request.number}/{move}/{handling.now:%Y%m%dT%H%M%S%f}"
    for account in handling.facts().applying - {SYSTEM}:
        outbox.enqueue(handling.connection, event, notice(**facts), subject=occurrence, recipient=account)


def falls_due(
    handling: "Handling", event: Literal["due_soon", "overdue"], due: datetime, accounts: Iterable[str]
) -> None:
    """The promised moment comes near, or has passed; a moment that was moved is another occurrence."""
    notice = RequestNotice(**_facts(handling.request, handling.item), due_at=due)
    subject = f"{handling.request.number}/{due:%Y%m%dT%H%M%S}"
    for account in accounts:
        outbox.enqueue(handling.connection, event, notice, subject=subject, recipient=account)


def signatories(connection: Connection, facts: RequestFacts) -> list[str]:
    """Accounts of all who may take the step that waits, officers once they have confirmed."""
    taking: Action = "accept" if facts.state == "submitted" else "approve"
    found = {
        one.account
        for one in _known(connection, facts.department)
        if refusal(one, taking, facts, once_confirmed=True) is None
    }
    return sorted(found - disabled_accounts.listed(connection).keys())


def operators(connection: Connection) -> list[str]:
    """Accounts of the centre's operators."""
    return sorted(one.account for one in _known(connection, None) if "operator" in one.roles)


def due_at(handling: "Handling") -> datetime:
    """Until when somebody has to act, as it is now: to accept it, then to have it done."""
    request, item = handling.request, handling.item
    clock = handling.office.working_time(handling.connection)
    pauses = pauses_of(handling.connection, request.number)
    if request.accepted_at is None:
        return acceptance_due(request.submitted_at, handling.now, clock, pauses)
    return Promise(item.case_kind, item.promised, request.accepted_at, pauses).due_at(clock, handling.now)


def _known(connection: Connection, department: str | None) -> list[Actor]:
    """Everybody of the centre and of one department."""
    truth = Truth(connection)
    register = truth.find(Register, CENTRE)
    found = [
        of_officer(one, authenticated="token", origin="messages")
        for one in (register.officers if register else ())
    ]
    home = truth.find(Department, department) if department else None
    if home:
        found += [of_person(one, home, authenticated="token", origin="messages") for one in home.people]
    return found


def _facts(request: Request, item: Item) -> dict[str, Any]:
    return {
        "department": request.department or "",
        "about": request.subject,
        "request": request.number,
        "item_zh": item.title.zh,
        "item_en": item.title.en,
    }
