"""A changed plan: what all environments on it hold of quota and room changes with the decision."""

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from yunzu.errors import RefusedError
from yunzu.model.hashes import manifest_hash
from yunzu.model.manifests import Environment
from yunzu.model.plans import Plan
from yunzu.model.quotas import NOTHING, plan_amounts, total
from yunzu.model.rules import Ruling
from yunzu.records import grants, rights_of_use
from yunzu.records.grants import Grant
from yunzu.services.requests import fitting
from yunzu.services.requests.ruling import Rulings, as_amounts
from yunzu.services.requests.truth import Truth

if TYPE_CHECKING:
    from yunzu.services.requests.handling import Handling


def reserve_anew(handling: "Handling", rulings: Rulings) -> Ruling:
    """Reserve what environments on the plan hold under it, if there is room; the ruling says whether there
    was. Under the lock on grants, which is the whole centre's.

    Raises RefusedError, naming each department, where a quota does not cover it; where environments on it
    claim more than it would have; where the centre has no figures; and where the plan would leave the pool
    that its environments' databases lie in.
    """
    plan, request = rulings.manifest, handling.request
    assert isinstance(plan, Plan)  # noqa: S101 - of the item
    subject = f"request {request.number}"
    held = _held(handling, plan)
    if away := sorted(one.environment for one in held if one.pool != plan.pool):
        fact = f"databases of {', '.join(away)} lie in another pool than {plan.pool}"
        raise RefusedError(subject, fact, "a plan with an id of its own is for that pool")
    if faults := fitting.findings(plan, Truth(handling.connection)):
        fact = "; ".join(str(one) for one in faults)
        raise RefusedError(
            subject, fact, "have `environment.resize` asked for first, or leave the plan larger"
        )
    if short := _short(held, plan, rulings):
        advice = "file `department.quota` for each of these first, or ask for a smaller plan"
        raise RefusedError(subject, "; ".join(short), advice)
    room = rulings.capacity_for_all(plan, [as_amounts(one.amounts) for one in held])
    if room.verdict == "people" and held:
        raise RefusedError(subject, room.sentence, "see centre/capacity.yaml")
    if room.verdict == "wait":
        names = ", ".join(sorted({one.department for one in held}))
        return replace(room, sentence=f"{room.sentence}, for environments of {names}")
    for one in held:
        amounts = dict[str, int](plan_amounts(plan).items())
        anew = replace(one, plan_hash=manifest_hash(plan), amounts=amounts, at=handling.now)
        grants.reserve(handling.connection, anew)
    return replace(room, verdict="grant")


def _held(handling: "Handling", plan: Plan) -> list[Grant]:
    """What is held by environments that are approved on the plan: one that is to go grows no more."""
    approved = Truth(handling.connection).all(Environment)
    every = rights_of_use.granted(handling.connection)
    return [one for name, one in sorted(every.items()) if name in approved and approved[name].plan == plan.id]


def _short(held: list[Grant], plan: Plan, rulings: Rulings) -> list[str]:
    """A sentence for each department whose quota does not cover what it would hold."""
    departments: dict[str, list[Grant]] = defaultdict(list)
    for one in held:
        departments[one.department].append(one)
    found = []
    for department, its in departments.items():
        wanted = total([NOTHING, *(plan_amounts(plan) for _ in its)])
        before = total([NOTHING, *(as_amounts(one.amounts) for one in its)])
        ruling = rulings.quota_of(department, wanted, before)
        if ruling.verdict != "grant":
            found.append(f"{department}: {ruling.sentence}")
    return found
