"""紧急: an operator has a request go on without the people of its department, and answers for it.

The declaration is the operator's signature. Quota and room bind an emergency too, and so does what a second
officer has to sign: their step waits, and whoever declared the emergency does not take it. Security and the
auditor are told in the same transaction, the request carries the reason for ever, and the report of the
period lists it.
"""

from yunzu.model.actors import Actor, Register
from yunzu.model.messages import EmergencyNotice
from yunzu.model.promises import Promise
from yunzu.records import outbox
from yunzu.records.requests import Request
from yunzu.services.requests.casebook import CENTRE as THE_CENTRE
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import CENTRE, Truth

_TOLD = frozenset({"security", "auditor"})


def declare(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """Have an accepted request go on without the department's steps, signed by the operator; returns it
    `granted`, `waitlisted` where there is no room, or `accepted` where another officer still signs.

    Raises NotFoundError, and RefusedError where the actor is no operator who has proved their second factor,
    no reason is given, no step waits that an emergency leaves out, data would be erased, or people could not
    grant it either.
    """
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        handling.permit(actor, "emergency")
        handling.make("emergency", actor, reason=reason, emergency=reason.strip())
        handling.end_step(actor, "skip", None)
        _tell(handling, actor)
        handling.advance(actor)
        return handling.request


def _tell(handling: Handling, actor: Actor) -> None:
    request, item = handling.request, handling.item
    register = Truth(handling.connection).find(Register, CENTRE)
    since = request.accepted_at or handling.now
    notice = EmergencyNotice(
        department=request.department or THE_CENTRE,
        about=request.subject,
        request=request.number,
        item_zh=item.title.zh,
        item_en=item.title.en,
        due_at=Promise(item.case_kind, item.promised, since).due_at(
            handling.office.working_time(handling.connection), handling.now
        ),
        reason=request.emergency,
        operator=actor.account,
    )
    for officer in register.officers if register else ():
        if _TOLD & set(officer.roles):
            outbox.enqueue(
                handling.connection, "emergency", notice, subject=request.number, recipient=officer.account
            )
