"""Where each lease stands, as the records say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.actors import SYSTEM, Actor
from yunzu.model.leases import Standing, Tenure
from yunzu.model.manifests import Environment
from yunzu.model.text import shown
from yunzu.records import lease_decisions, rights_of_use
from yunzu.records.lease_decisions import LeaseDecision
from yunzu.records.rights_of_use import Rest
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth

_THERE = frozenset({"provisioning", "active", "suspended", "failed"})


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of an approved environment on a day. `is_there`: it was delivered and not taken down;
    `by_centre`: the centre suspended it when its lease ended, or has begun to; `decision`: what an operator
    said about it."""

    tenure: Tenure
    department: str
    standing: Standing
    days_left: int
    due: date
    held_until: date | None
    is_there: bool
    by_centre: bool
    decision: LeaseDecision | None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it is production in use without a right, which an operator has to confirm or tolerate."""
        is_confirmed = self.decision is not None and self.decision.decision == "confirmed"
        is_over = self.is_there and self.standing == "ended" and self.tenure.stage == "prod"
        return is_over and not is_confirmed


def leases_of(connection: Connection, office: Office) -> dict[str, Lease]:
    """Every approved environment's lease, by environment."""
    decisions = lease_decisions.newest(connection)
    rests = rights_of_use.rests(connection)
    recorded = {one.id: one for one in rights_of_use.living(connection)}
    found = {}
    for identifier, environment in Truth(connection).all(Environment).items():
        known, rest = recorded.get(identifier), rests.get(identifier)
        decision = decisions.get((identifier, environment.lease.until))
        if known is None or not known.suspended:
            rest = None
        tenure = _tenure(environment, office, decision, rest)
        found[identifier] = Lease(
            tenure=tenure,
            department=environment.department,
            standing=tenure.standing(office.day, office.hold_days),
            days_left=tenure.days_left(office.day),
            due=tenure.due(office.day, office.hold_days),
            held_until=tenure.held_until(office.hold_days),
            is_there=known is not None and known.state in _THERE,
            by_centre=rest is not None and rest.applicant == SYSTEM,
            decision=decision,
        )
    return found


def lease_of(connection: Connection, environment: str, office: Office) -> Lease:
    """One environment's lease. Raises NotFoundError."""
    found = leases_of(connection, office).get(environment)
    if found is None:
        raise NotFoundError(f"environment {shown(environment)}", "is not approved", "see `yunzu lease list`")
    return found


def _tenure(
    environment: Environment, office: Office, decision: LeaseDecision | None, rest: Rest | None
) -> Tenure:
    return Tenure(
        environment=environment.id,
        stage=environment.stage,
        until=environment.lease.until,
        suspended_on=rest.at.astimezone(office.zone).date() if rest and rest.at else None,
        tolerated_until=decision.tolerated_until if decision else None,
    )


def check_usable(connection: Connection, environment: str, office: Office) -> None:
    """Raises RefusedError where nobody has the right to use it any more, so that it cannot be resumed."""
    tenure = lease_of(connection, environment, office).tenure
    if tenure.has_ended(office.day):
        fact = f"its right of use ended on {tenure.until}"
        raise RefusedError(environment, fact, "ask for environment.renew; once granted, that resumes it")


def is_resumed_by_renewal(environment: str, office: Office) -> bool:
    """Whether the centre suspended it because its lease had ended, and that is no reason any more."""
    with office.records.transaction() as connection:
        lease = lease_of(connection, environment, office)
    return lease.by_centre and not lease.tenure.has_ended(office.day)


def is_resumed_by_new_grant(environment: str, office: Office) -> bool:
    """Whether it is recorded as suspended although it was granted anew since: taken down in between, or not
    yet."""
    with office.records.transaction() as connection:
        rests = rights_of_use.rests(connection)
        suspended = {one.id for one in rights_of_use.living(connection) if one.suspended}
    return environment in suspended - rests.keys()


def check_office_open(connection: Connection, environment: str, office: Office) -> None:
    """Raises RefusedError outside office hours, when nobody can be asked about a suspension."""
    opening = office.working_time(connection).next_opening(office.now())
    if opening != office.now():
        fact = "is suspended on working days in office hours only, when somebody can be asked"
        raise RefusedError(environment, fact, f"the office opens on {opening:%Y-%m-%d at %H:%M}")


def listed(
    *, actor: Actor, office: Office, department: str | None = None, every: bool = False
) -> list[Lease]:
    """What ends soon, has ended, is tolerated, held or reclaimable, by due day; with `every`, all others too.

    Who belongs to a department sees that one's. Raises RefusedError for others.
    """
    if not actor.roles:
        raise RefusedError("leases", f"{actor.account} holds no role", "ask an operator")
    if actor.department is not None and department not in {None, actor.department}:
        raise RefusedError(f"leases of {department}", "are not of your department", "leave --department out")
    chosen = department or actor.department
    with office.records.transaction() as connection:
        found: Mapping[str, Lease] = leases_of(connection, office)
    wanted = (
        one
        for one in found.values()
        if one.is_there and chosen in {None, one.department} and (every or one.standing != "current")
    )
    return sorted(wanted, key=lambda one: (one.due, one.tenure.environment))


def unconfirmed(*, actor: Actor, office: Office) -> list[Lease]:
    """What waits for an operator to confirm or tolerate it, by due day; nothing waits for anybody else."""
    if actor.department is not None or "operator" not in actor.roles:
        return []
    return [one for one in listed(actor=actor, office=office) if one.is_unconfirmed]
