"""Rules about rights of use: one ends on its last day, and no rule shortens one."""

from datetime import date

from yunzu.model.leases import Tenure
from yunzu.model.manifests import Environment
from yunzu.model.rules import Input, Ruling, ruled


def lease_ended(tenure: Tenure, *, day: date, confirmed_by: str | None) -> Ruling:
    """Whether an environment is suspended because nobody has the right to use it any more.

    Production is not suspended by the calendar alone: an operator confirms it.
    """
    inputs: dict[str, Input] = {
        "environment": tenure.environment,
        "stage": tenure.stage,
        "until": str(tenure.until),
        "tolerated_until": str(tenure.tolerated_until) if tenure.tolerated_until else None,
        "day": str(day),
        "confirmed_by": confirmed_by,
    }
    if not tenure.has_ended(day):
        last = max(tenure.until, tenure.tolerated_until or tenure.until)
        return ruled("lease.ended", "people", inputs, f"{tenure.environment} may be used until {last}")
    said = f"the right to use {tenure.environment} ended on {tenure.until}"
    if tenure.stage == "prod" and confirmed_by is None:
        return ruled("lease.ended", "people", inputs, f"{said}, and no operator has confirmed it")
    return ruled("lease.ended", "grant", inputs, said)


def lease_kept(environment: Environment, approved: Environment | None) -> Ruling:
    """Whether nobody's right of use becomes shorter: no rule takes one away. `approved`: as it is now."""
    until = str(approved.lease.until) if approved else None
    inputs: dict[str, Input] = {
        "environment": environment.id,
        "approved_until": until,
        "until": str(environment.lease.until),
    }
    if approved is not None and environment.lease.until < approved.lease.until:
        said = f"the right to use {environment.id} would end on {environment.lease.until} instead of {until}"
        return ruled("lease.kept", "people", inputs, said)
    return ruled("lease.kept", "grant", inputs, f"the right to use {environment.id} becomes no shorter")
