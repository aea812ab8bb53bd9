"""终止办理: end a request whose delivery can never succeed, so that it holds nothing any more.

It was granted and not delivered: the figures count it as late, and never as fast.
"""

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor
from yunzu.model.manifests import Environment
from yunzu.records import grants, rights_of_use
from yunzu.records.requests import Request
from yunzu.services.requests import moving
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth

_THERE = frozenset({"provisioning", "active", "suspended", "failed"})


def abandon(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """By an operator. Where nothing of it was made, what it reserved is free again, for those who waited for
    room, and what it approved is not approved any more. Where something was made, a later request has to
    have taken its place.

    Raises NotFoundError, and RefusedError where it has not failed, the actor may not, the reason is missing
    or what it approved is there and still what should be.
    """
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        handling.permit(actor, "abandon")
        _let_go(handling)
        handling.make("abandon", actor, reason=reason)
        ended = handling.request
    moving.admit_waiting(office)
    return ended


def _let_go(handling: Handling) -> None:
    request, connection = handling.request, handling.connection
    truth = Truth(connection)
    stands = truth.request_of(request.subject_kind, request.subject) == request.number
    is_there = request.subject_kind != Environment.__name__ or _is_there(handling)
    if is_there:
        if stands:
            raise RefusedError(
                f"request {request.number}",
                f"{request.subject} is there, and what it should be is what this request says",
                "have it delivered, retire it, or file what it should be instead; then abandon this",
            )
        return
    held = grants.held(connection, request.subject)
    if held is not None and held.request == request.number:
        grants.release(connection, request.subject)
    if stands and truth.hash_of(request.subject_kind, request.subject) is not None:
        truth.retire(request.subject_kind, request.subject, request=request.number, at=handling.now)


def _is_there(handling: Handling) -> bool:
    """Whether anything of the environment was begun and not taken down."""
    living = rights_of_use.living(handling.connection)
    return any(one.id == handling.request.subject and one.state in _THERE for one in living)
