"""Whether somebody may do something to a request, as themselves or as a deputy, by what the records say."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from yunzu import naming
from yunzu.model.actors import Actor
from yunzu.model.items import ACCEPTANCE
from yunzu.model.permissions import Action, RequestFacts, may_apply, refusal, refusal_as_deputy
from yunzu.records import deputies, request_history
from yunzu.records.requests import Request
from yunzu.services.requests.office import actor_of_account
from yunzu.services.requests.proposing import ERASE
from yunzu.services.requests.registering import beneficiaries

if TYPE_CHECKING:
    from yunzu.services.requests.handling import Handling


def facts(handling: "Handling") -> RequestFacts:
    """What permissions depend on."""
    request, connection, step = handling.request, handling.connection, handling.waiting
    signed = {
        account
        for one in handling.taken()
        if one.step != ACCEPTANCE and one.action == "pass"
        for account in (one.account, one.principal)
        if account
    }
    return RequestFacts(
        state=handling.state,
        department=request.department,
        applicant=request.applicant,
        agent=request.agent,
        authors=frozenset(request.authors),
        step=step.by if step else None,
        signed=frozenset(signed),
        extended=frozenset(request_history.makers(connection, request.number, "extend")),
        declared=frozenset(request_history.makers(connection, request.number, "emergency")),
        beneficiaries=beneficiaries(request, connection),
        erases=request.item == ERASE,
        left=handling.state == "returned" and _has_left(connection, request),
        at=handling.now,
    )


def examined(
    handling: "Handling", actor: Actor, action: Action, facts: RequestFacts, *, once_confirmed: bool = False
) -> tuple[str | None, str | None]:
    """Why the actor may not, and in whose place they may; both None where they may as themselves."""
    why = refusal(actor, action, facts, once_confirmed=once_confirmed)
    if why is None or actor.is_system:
        return why, None
    day = handling.now.astimezone(handling.office.zone).date()
    named = deputies.standing_in(handling.connection, actor.account, day)
    for principal in (_person(handling.connection, one.of) for one in named):
        if principal is None:
            continue
        instead = refusal_as_deputy(
            actor, principal, action, facts, deputies=named, day=day, once_confirmed=once_confirmed
        )
        if instead is None:
            return None, principal.account
        why = f"{why}; and in the place of {principal.account}: {instead}"
    return why, None


def _has_left(connection: Connection, request: Request) -> bool:
    """Whether the applicant is gone, disabled, or holds the role no more. Who is on the machine never has."""
    if request.applicant.startswith(naming.LOCAL_ACCOUNTS):
        return False
    who = _person(connection, request.applicant)
    return who is None or not may_apply(who, request.department)


def _person(connection: Connection, account: str) -> Actor | None:
    """Who an account is now; None: they have left, or are disabled."""
    return actor_of_account(connection, account, authenticated="token", origin="examined")
