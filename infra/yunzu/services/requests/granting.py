"""The decision: what it reserves and what it approves are one transaction."""

from typing import TYPE_CHECKING

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, system
from yunzu.model.manifests import Environment
from yunzu.model.quotas import plan_amounts
from yunzu.model.rules import Ruling
from yunzu.records import grants
from yunzu.services.requests.ruling import Rulings, recorded
from yunzu.services.requests.truth import Truth

if TYPE_CHECKING:
    from yunzu.services.requests.handling import Handling

_RESERVING = frozenset({"environment.new", "environment.resize"})
_RETIRING = frozenset({"environment.retire", "environment.erase"})


def grant(handling: "Handling", actor: Actor | None) -> None:
    """Grant an accepted request whose steps are all taken, by `actor` or, if None, by its rule.

    Where the pool is full it waits instead. Raises RefusedError where what it was written against is not
    approved any more, or the department's quota does not cover it: people decide, and they decide the quota.
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
    rulings = Rulings(handling.connection, request)
    valid = rulings.valid()
    if valid.verdict != "grant":
        raise RefusedError(f"request {request.number}", valid.sentence, "deny it, or have it withdrawn")
    room = _reserved(handling, rulings) if request.item in _RESERVING else None
    if room is not None and room.verdict != "grant":
        handling.make("wait", system(f"rule {room.rule}"), reason=room.sentence, ruling=recorded(room))
        return
    by = actor or system(f"rule {(request.ruling or {}).get('rule', 'none')}")
    handling.make("grant", by, decided_at=handling.now, decided_hash=request.requested_hash)
    if request.item in _RETIRING:
        truth.retire(request.subject_kind, request.subject, request=request.number, at=handling.now)
    else:
        truth.approve(rulings.manifest, request=request.number, at=handling.now)


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
