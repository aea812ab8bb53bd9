"""The decision: what it reserves and what it approves are one transaction."""

from typing import TYPE_CHECKING

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Register, system
from yunzu.model.manifests import Department, Environment
from yunzu.model.quotas import plan_amounts
from yunzu.model.rules import Ruling
from yunzu.records import grants, queue
from yunzu.records.requests import Request
from yunzu.services.accounts.closing import close_leavers
from yunzu.services.leases.tenures import check_usable
from yunzu.services.requests.recomputing import enter_moved_dues
from yunzu.services.requests.replanning import reserve_anew
from yunzu.services.requests.ruling import Rulings, recorded
from yunzu.services.requests.truth import Truth

if TYPE_CHECKING:
    from yunzu.services.requests.handling import Handling

RESERVING = frozenset({"environment.new", "environment.resize"})
"""Items whose grant reserves quota and room."""

_RETIRING = frozenset({"environment.retire", "environment.erase"})
_RESUMING = "environment.resume"
_MOVING_DAYS = "calendar.change"


def grant(handling: "Handling", actor: Actor | None) -> None:
    """Grant an accepted request whose steps are all taken, by `actor` or, if None, by its rule.

    Where the pool is full it waits instead. Raises RefusedError where what it was written against is not
    approved any more, where a department's quota does not cover it (people decide, and they decide the
    quota), or where nobody has the right any more to use what it resumes.
    """
    request = handling.request
    truth = Truth(handling.connection)
    current = truth.hash_of(request.subject_kind, request.subject)
    if current != request.base_hash:
        raise RefusedError(
            f"request {request.number}",
            f"{request.subject} was changed since it was written",
            "deny it, or have it withdrawn and filed again",
        )
    rulings = Rulings(handling.connection, request, handling.office)
    valid = rulings.valid()
    if valid.verdict != "grant":
        raise RefusedError(f"request {request.number}", valid.sentence, "deny it, or have it withdrawn")
    if request.item == _RESUMING:
        check_usable(handling.connection, request.subject, handling.office)
    room = _reserved(handling, rulings) if request.item in RESERVING else None
    if request.item == "plan.change":
        room = reserve_anew(handling, rulings)
    if room is not None and room.verdict != "grant":
        handling.make("wait", system(f"rule {room.rule}"), reason=room.sentence, ruling=recorded(room))
        return
    by = actor or system(f"rule {(request.ruling or {}).get('rule', 'none')}")
    handling.make("grant", by, decided_at=handling.now, decided_hash=request.requested_hash)
    if isinstance(rulings.manifest, Department | Register):
        known = truth.find(type(rulings.manifest), request.subject)
        close_leavers(
            handling.connection, known, rulings.manifest, request=request.number, by=by, now=handling.now
        )
    queue.defer_delivery(handling.connection, request.number, subject=delivery_subject(request))
    if request.item in _RETIRING:
        truth.retire(request.subject_kind, request.subject, request=request.number, at=handling.now)
        return
    clock = handling.office.working_time(handling.connection)
    truth.approve(rulings.manifest, request=request.number, at=handling.now)
    if request.item == _MOVING_DAYS:
        enter_moved_dues(handling.connection, clock, request.number, handling.office)


def delivery_subject(request: Request) -> str:
    """What deliveries are made one after the other for."""
    return f"{request.subject_kind} {request.subject}"


def _reserved(handling: "Handling", rulings: Rulings) -> Ruling:
    """Reserve what the environment needs, if there is room; the ruling says whether there was."""
    quota = rulings.quota()
    if quota.verdict != "grant":
        advice = "file `department.quota` first, or ask for a smaller plan"
        raise RefusedError(f"request {handling.request.number}", quota.sentence, advice)
    room = rulings.capacity()
    if room.verdict == "people":
        raise RefusedError(f"request {handling.request.number}", room.sentence, "see centre/capacity.yaml")
    if room.verdict == "grant":
        environment = rulings.manifest
        assert isinstance(environment, Environment)  # noqa: S101 - of the items that reserve
        plan = rulings.plan
        grants.reserve(
            handling.connection,
            grants.Grant(
                environment=environment.id,
                department=environment.department,
                pool=plan.pool,
                plan_hash=rulings.plan_hash,
                request=handling.request.number,
                amounts=dict[str, int](plan_amounts(plan).items()),
                at=handling.now,
            ),
        )
    return room
