"""What the rules say of a request, by the figures of this very transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import Connection

from yunzu.model import dated
from yunzu.model.capacity import Capacity
from yunzu.model.hashes import manifest_hash
from yunzu.model.lease_rules import lease_ended, lease_kept
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.plans import Plan
from yunzu.model.quotas import NOTHING, Amounts, department_quota, four_eyes_limit, plan_amounts
from yunzu.model.rules import (
    RuleName,
    Ruling,
    capacity_fits,
    department_standard,
    manifest_valid,
    not_production,
    nothing_added,
    plan_fits,
    quota_fits,
    self_service,
    standard_environment,
    within_limit,
)
from yunzu.records import grants
from yunzu.records.requests import Request
from yunzu.services.leases.tenures import lease_of
from yunzu.services.requests import fitting
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import CENTRE, Truth, parsed


class Rulings:
    """The rules applied to one request. Reads under the caller's lock on grants."""

    def __init__(self, connection: Connection, request: Request, office: Office) -> None:
        self._connection, self._request, self._office = connection, request, office
        self._truth = Truth(connection)
        self.manifest: Manifest = parsed(request.subject_kind, request.requested)

    def on(self, rule: RuleName) -> Ruling:
        """What one rule says. What is not valid no rule decides, also where silence accepted it; nor what
        shortens a right of use, whichever rule the item names."""
        valid = self.valid()
        if valid.verdict != "grant":
            return valid
        if rule != "manifest.valid" and isinstance(self.manifest, Environment):
            kept = self.kept()
            if kept.verdict != "grant":
                return kept
        rules: Mapping[RuleName, Callable[[], Ruling]] = {
            "manifest.valid": lambda: valid,
            "stage.not_production": lambda: not_production(self._environment),
            "plan.self_service": lambda: self_service(self.plan),
            "quota.fits": self.quota,
            "capacity.fits": self.capacity,
            "environment.standard": self.standard,
            "department.standard": self.department,
            "lease.ended": self.lease,
            "lease.kept": self.kept,
            "nothing.added": self.removal,
            "amount.within_limit": self.limit,
        }
        return rules[rule]()

    @property
    def _environment(self) -> Environment:
        assert isinstance(self.manifest, Environment)  # noqa: S101 - items say what their rules are about
        return self.manifest

    @property
    def plan(self) -> Plan:
        """The plan that the environment asks for, as it is approved. Raises NotFoundError."""
        return self._truth.get(Plan, self._environment.plan)

    @property
    def plan_hash(self) -> str:
        return manifest_hash(self.plan)

    def valid(self) -> Ruling:
        """Whether it fits what is approved."""
        return manifest_valid(fitting.findings(self.manifest, self._truth))

    def standard(self) -> Ruling:
        """Whether an environment is a standard case."""
        parts = [self_service(self.plan), self.quota(), self.capacity(), self.limit()]
        return standard_environment(parts)

    def limit(self) -> Ruling:
        """Whether one approver is enough for it."""
        return within_limit(self.plan, four_eyes_limit(self._truth.find(Capacity, CENTRE)))

    def quota(self) -> Ruling:
        """Whether the department's quota covers it."""
        held = grants.held(self._connection, self._environment.id)
        wanted = plan_amounts(self.plan)
        return self.quota_of(self._environment.department, wanted, as_amounts(held.amounts) if held else None)

    def quota_of(self, department_id: str, wanted: Amounts, held: Amounts | None) -> Ruling:
        """Whether a department's quota covers `wanted` instead of `held`. Raises NotFoundError."""
        department = self._truth.get(Department, department_id)
        reserved = grants.of_department(self._connection, department.id)
        return quota_fits(
            quota=department_quota(department, self._truth.find(Capacity, CENTRE)),
            reserved={**NOTHING, **as_amounts(reserved)},
            wanted=wanted,
            held=held,
        )

    def capacity(self) -> Ruling:
        """Whether there is room."""
        held = grants.held(self._connection, self._environment.id)
        return capacity_fits(
            capacity=self._truth.find(Capacity, CENTRE),
            plan=self.plan,
            reserved=self._reserved(),
            held=self._truth.plan_of_hash(held.plan_hash) if held else None,
        )

    def capacity_for_all(self, plan: Plan, held: Sequence[Amounts]) -> Ruling:
        """Whether there is room for a changed plan, in the place of what environments on it hold."""
        capacity = self._truth.find(Capacity, CENTRE)
        return plan_fits(capacity=capacity, plan=plan, reserved=self._reserved(), held=held)

    def _reserved(self) -> dict[str, Amounts]:
        """What all environments hold, by pool."""
        capacity = self._truth.find(Capacity, CENTRE)
        measured = grants.by_pool(self._connection)
        pools = {*(capacity.pools if capacity else ()), *measured}
        return {pool: {**NOTHING, **as_amounts(measured.get(pool, {}))} for pool in pools}

    def department(self) -> Ruling:
        """Whether a department is registered as most are."""
        assert isinstance(self.manifest, Department)  # noqa: S101 - items say what their rules are about
        return department_standard(self.manifest, by_agent=self._request.agent is not None)

    def lease(self) -> Ruling:
        """Whether nobody has the right to use the environment any more."""
        found = lease_of(self._connection, self._environment.id, self._office)
        confirmed = found.decision if found.decision and found.decision.decision == "confirmed" else None
        by = confirmed.account if confirmed else None
        return lease_ended(found.tenure, day=self._office.day, confirmed_by=by)

    def kept(self) -> Ruling:
        """Whether nobody's right of use becomes shorter."""
        return lease_kept(self._environment, self._truth.find(Environment, self._environment.id))

    def removal(self) -> Ruling:
        """Whether it only takes away."""
        had = self._request.original
        before = parsed(self._request.subject_kind, had) if had else None
        assert before is None or isinstance(before, Environment)  # noqa: S101 - it is about one
        return nothing_added(self._environment, [path for path, _ in dated.added(before, self._environment)])


def recorded(ruling: Ruling) -> dict[str, Any]:
    """A ruling as the records keep it."""
    return asdict(ruling) | {"inputs": dict(ruling.inputs)}


def as_amounts(sums: Mapping[str, int]) -> Amounts:
    """Amounts as the records keep them."""
    return cast("Amounts", dict(sums))
