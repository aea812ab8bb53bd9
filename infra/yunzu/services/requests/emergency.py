"""紧急: an operator has a request granted without the people whose steps it waits for, and answers for it.

Quota and room bind an emergency too. Security and the auditor are told in the same transaction, the request
carries the reason for ever, and the report of the period lists it.
"""

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Register
from yunzu.model.messages import EmergencyNotice
from yunzu.model.promises import Promise
from yunzu.records import outbox, request_history, requests
from yunzu.records.requests import Request
from yunzu.services.requests.casebook import CENTRE as THE_CENTRE
from yunzu.services.requests.granting import grant
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import CENTRE, Truth

_TOLD = frozenset({"security", "auditor"})


def override(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """Grant an accepted request now; returns it `granted`, or `waitlisted` where there is no room.

    Raises NotFoundError, and RefusedError where the actor is no operator, no reason is given, the request
    waits for nobody, two officers have to sign it, or people could not grant it either.
    """
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        handling.permit(actor, "emergency")
        if handling.item.second_signatory:
            raise RefusedError(f"request {number}", "is signed by two officers, also in an emergency")
        handling.make("emergency", actor, reason=reason, emergency=reason.strip())
        if handling.request.step is not None:
            request_history.end_step(
                connection, number, handling.request.step, ended_at=handling.now, action="skip"
            )
            handling.request = requests.change(connection, number, step=None)
        _tell(handling, actor)
        grant(handling, actor)
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
