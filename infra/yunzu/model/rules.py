"""Rules decide standard cases at once, and say which rule did, by what figures. The rest is left to people.

A rule is pure: the same inputs give the same ruling, so that an auditor can run it again. A figure that is
missing, or that contradicts another, never decides. Whoever changes a rule's meaning raises its version.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from yunzu.findings import Finding
from yunzu.model.capacity import Capacity
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.quotas import (
    NOTHING,
    POOL_METERS,
    QUOTA_METERS,
    SHARED_METERS,
    Amounts,
    Meter,
    amount_text,
    plan_amounts,
    total,
)

RuleName = Literal[
    "manifest.valid",
    "stage.not_production",
    "plan.self_service",
    "quota.fits",
    "capacity.fits",
    "environment.standard",
    "department.standard",
    "lease.ended",
    "lease.kept",
    "nothing.added",
    "amount.within_limit",
]
Verdict = Literal["grant", "people", "wait"]
"""Granted by the rule alone; left to people; granted but for room in the pool."""

RULES: Mapping[RuleName, int] = {
    "manifest.valid": 1,
    "stage.not_production": 1,
    "plan.self_service": 1,
    "quota.fits": 1,
    "capacity.fits": 1,
    "environment.standard": 2,
    "department.standard": 1,
    "lease.ended": 1,
    "lease.kept": 1,
    "nothing.added": 1,
    "amount.within_limit": 1,
}
"""Rule -> its version."""

Input = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule said: enough to say it again and to explain it to the applicant. JSON values throughout."""

    rule: RuleName
    version: int
    verdict: Verdict
    inputs: Mapping[str, Input] = field(hash=False)
    sentence: str


def ruled(rule: RuleName, verdict: Verdict, inputs: Mapping[str, Input], sentence: str) -> Ruling:
    """What a rule says, under its present version."""
    return Ruling(rule, RULES[rule], verdict, dict(inputs), sentence)


def manifest_valid(findings: Sequence[Finding]) -> Ruling:
    """Whether nothing is wrong with what the request proposes (受理条件)."""
    count = len(findings)
    if not count:
        return ruled("manifest.valid", "grant", {"findings": 0}, "the manifest is valid")
    said = f"the manifest has {count} finding{'s' if count > 1 else ''}: {min(findings)}"
    return ruled("manifest.valid", "people", {"findings": count}, said)


def not_production(environment: Environment) -> Ruling:
    """Whether nobody outside the department depends on the environment."""
    stage = environment.stage
    verdict: Verdict = "people" if stage == "prod" else "grant"
    said = f"{environment.id} is a {stage} environment"
    return ruled("stage.not_production", verdict, {"environment": environment.id, "stage": stage}, said)


def nothing_added(environment: Environment, paths: Sequence[str]) -> Ruling:
    """Whether a request only takes away what an environment is let have beside its plan, or ends it earlier.

    `paths` name what of it would be more than before.
    """
    inputs: dict[str, Input] = {"environment": environment.id, "added": len(paths)}
    if paths:
        said = f"{environment.id} would get more than it has: {', '.join(paths)}"
        return ruled("nothing.added", "people", inputs, said)
    return ruled("nothing.added", "grant", inputs, f"{environment.id} gets nothing that it has not")


def department_standard(department: Department, *, by_agent: bool) -> Ruling:
    """Whether a department is registered as most are: by an operator, with the centre's default quota.

    That alone gives nobody anything: what it may hold is bounded, and each environment is a request.
    """
    inputs: dict[str, Input] = {
        "department": department.id,
        "own_quota": department.quota is not None,
        "by_agent": by_agent,
    }
    if not by_agent:
        return ruled("department.standard", "people", inputs, "it was not filed by an operator")
    if department.quota is not None:
        said = f"{department.id} asks for a quota of its own"
        return ruled("department.standard", "people", inputs, said)
    said = f"{department.id} gets the centre's default quota"
    return ruled("department.standard", "grant", inputs, said)


def self_service(plan: Plan) -> Ruling:
    """Whether the plan is one that departments take without being asked why."""
    inputs: dict[str, Input] = {"plan": plan.id, "self_service": plan.self_service}
    if plan.self_service:
        return ruled("plan.self_service", "grant", inputs, f"plan {plan.id} is self-service")
    return ruled("plan.self_service", "people", inputs, f"plan {plan.id} is not self-service")


def within_limit(plan: Plan, limit: Amounts) -> Ruling:
    """Whether one approver is enough for the plan: no amount of it is above the centre's limit.

    A meter without a limit limits nothing.
    """
    amounts = plan_amounts(plan)
    inputs: dict[str, Input] = {"plan": plan.id}
    for meter, most in limit.items():
        inputs |= {f"{meter}.limit": most, f"{meter}.wanted": amounts[meter]}
    above = [
        f"{meter} {amount_text(meter, amounts[meter])} is above {amount_text(meter, most)}"
        for meter, most in limit.items()
        if amounts[meter] > most
    ]
    if above:
        said = f"two different people approve plan {plan.id}: {'; '.join(above)}"
        return ruled("amount.within_limit", "people", inputs, said)
    return ruled("amount.within_limit", "grant", inputs, f"one approver is enough for plan {plan.id}")


@dataclass(frozen=True, slots=True)
class _Figure:
    """One meter of a decision. None: not measured."""

    meter: Meter
    limit: int | None
    reserved: int | None
    held: int | None
    wanted: int | None

    @property
    def gap(self) -> str:
        """Why the figures decide nothing; empty where they do."""
        figures = {name: getattr(self, name) for name in ("limit", "reserved", "held", "wanted")}
        if missing := [name for name, value in figures.items() if value is None]:
            return f"{self.meter} has no figure for {' and '.join(missing)}"
        if figures["held"] > figures["reserved"]:
            return f"{self.meter} reserved in all is less than what the environment holds"
        return ""

    @property
    def excess(self) -> str:
        """What does not fit; empty where it does. Holding what one has, or less, always fits."""
        limit, reserved, held, wanted = (
            value or 0 for value in (self.limit, self.reserved, self.held, self.wanted)
        )
        after = reserved - held + wanted
        if wanted <= held or after <= limit:
            return ""
        return f"{self.meter} would be {amount_text(self.meter, after)} of {amount_text(self.meter, limit)}"

    def inputs(self) -> Iterator[tuple[str, Input]]:
        for name in ("limit", "reserved", "held", "wanted"):
            yield f"{self.meter}.{name}", getattr(self, name)


def _fits(
    rule: RuleName, figures: Iterable[_Figure], inputs: Mapping[str, Input], *, full: Verdict, what: str
) -> Ruling:
    listed = list(figures)
    inputs = {**inputs, **{key: value for figure in listed for key, value in figure.inputs()}}
    if gaps := [figure.gap for figure in listed if figure.gap]:
        return ruled(rule, "people", inputs, f"{what} is not known: {'; '.join(gaps)}")
    if excesses := [figure.excess for figure in listed if figure.excess]:
        return ruled(rule, full, inputs, f"{what} is not enough: {'; '.join(excesses)}")
    return ruled(rule, "grant", inputs, f"{what} is enough")


def quota_fits(
    *, quota: Amounts | None, reserved: Amounts | None, wanted: Amounts, held: Amounts | None = None
) -> Ruling:
    """Whether the department's quota covers what is wanted. Over it, people decide.

    `reserved` is what all its environments hold now. An edit names what its environment holds of that as
    `held`, which is not counted twice; what only shrinks or stays fits even above the quota.
    """
    figures = (
        _Figure(
            meter,
            (quota or {}).get(meter),
            (reserved or {}).get(meter),
            0 if held is None else held.get(meter),
            wanted.get(meter),
        )
        for meter in QUOTA_METERS
    )
    return _fits("quota.fits", figures, {}, full="people", what="the department's quota")


def capacity_fits(
    *,
    capacity: Capacity | None,
    plan: Plan,
    reserved: Mapping[str, Amounts] | None,
    held: Plan | None = None,
) -> Ruling:
    """Whether the plan's pool, the cluster and the object store have room. Where not, the request waits.

    `reserved` says for each of the centre's pools what all environments on it hold now; a pool without
    environments is there with zeros (`NOTHING`), one that is missing was not measured. `held` is the plan
    that an edit leaves.
    """
    leaving = (held.pool, plan_amounts(held)) if held else None
    figures = _room(capacity, plan.pool, reserved or {}, plan_amounts(plan), leaving)
    inputs: dict[str, Input] = {"plan": plan.id, "pool": plan.pool, "held": held.id if held else None}
    return _fits("capacity.fits", figures, inputs, full="wait", what=f"room in {plan.pool}")


def plan_fits(
    *, capacity: Capacity | None, plan: Plan, reserved: Mapping[str, Amounts] | None, held: Sequence[Amounts]
) -> Ruling:
    """Whether there is room for a changed plan: each of the environments on it that holds `held` now, in the
    plan's pool, holds the plan's amounts then. `reserved` as in `capacity_fits`."""
    wanted = total([NOTHING, *(plan_amounts(plan) for _ in held)])
    figures = _room(capacity, plan.pool, reserved or {}, wanted, (plan.pool, total([NOTHING, *held])))
    inputs: dict[str, Input] = {"plan": plan.id, "pool": plan.pool, "environments": len(held)}
    return _fits("capacity.fits", figures, inputs, full="wait", what=f"room in {plan.pool}")


def _room(
    capacity: Capacity | None,
    pool: str,
    measured: Mapping[str, Amounts],
    wanted: Amounts,
    leaving: tuple[str, Amounts] | None,
) -> Iterator[_Figure]:
    """`leaving`: a pool, and what is given back there."""
    promisable = capacity.promisable(pool) if capacity else {}
    pools = {pool, *(capacity.pools if capacity else ()), *((leaving[0],) if leaving else ())}
    in_all = total(measured.values()) if pools <= set(measured) else {}

    def figure(meter: Meter, now: Amounts, gives_back: bool) -> _Figure:
        back = leaving[1].get(meter) if leaving and gives_back else 0
        return _Figure(meter, promisable.get(meter), now.get(meter), back, wanted[meter])

    stays = leaving is not None and leaving[0] == pool
    yield from (figure(meter, measured.get(pool, {}), stays) for meter in POOL_METERS)
    yield from (figure(meter, in_all, True) for meter in SHARED_METERS)


def standard_environment(rulings: Sequence[Ruling]) -> Ruling:
    """The ruling on an environment from those on plan, quota, capacity and the limit of one approver: the
    most careful one counts.

    `people` before `wait`: who waits for room has been granted everything else. No ruling at all is `people`.
    """
    inputs: dict[str, Input] = {}
    for one in rulings:
        inputs |= {one.rule: one.verdict, f"{one.rule}.version": one.version}
        inputs |= {f"{one.rule}.{key}": value for key, value in one.inputs.items()}
    needed = {"plan.self_service", "quota.fits", "capacity.fits", "amount.within_limit"}
    if absent := sorted(needed - {one.rule for one in rulings}):
        said = f"nothing was ruled on {', '.join(absent)}"
        return ruled("environment.standard", "people", inputs, said)
    verdicts = {one.verdict for one in rulings}
    verdict: Verdict = "people" if "people" in verdicts else "wait" if "wait" in verdicts else "grant"
    said = "; ".join(one.sentence for one in rulings if one.verdict == verdict)
    return ruled("environment.standard", verdict, inputs, said)
