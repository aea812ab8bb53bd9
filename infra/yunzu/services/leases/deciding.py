"""What an operator decides about a lease that has ended: suspend production, or tolerate its use."""

from datetime import date

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.leases import refusal_about_leases
from yunzu.records import grants, lease_decisions
from yunzu.records.lease_decisions import LeaseDecision
from yunzu.records.requests import Request
from yunzu.services.leases.automation import file_suspension
from yunzu.services.leases.tenures import Lease, check_office_open, lease_of
from yunzu.services.requests.office import Office


def confirm(environment: str, *, actor: Actor, office: Office) -> Request:
    """确认暂停: the centre's request that suspends it, granted by the rule `lease.ended`; it waits for its
    delivery. Confirming it again returns the same request.

    Raises NotFoundError, and RefusedError where the lease has not ended or is tolerated, the environment
    rests already, the office is closed, or the actor is no operator who has proved their second factor.
    """
    _permit(environment, actor, office)
    with office.records.transaction() as connection:
        grants.lock(connection)
        lease = lease_of(connection, environment, office)
        _check_ended(lease, office)
        check_office_open(connection, environment, office)
        if lease.decision is None or lease.decision.decision != "confirmed":
            entry = LeaseDecision(environment, lease.tenure.until, "confirmed", actor.account, office.now())
            lease_decisions.add(connection, entry)
        return file_suspension(connection, environment, office, on_behalf=actor)


def tolerate(environment: str, until: date, reason: str, *, actor: Actor, office: Office) -> Lease:
    """暂缓: it may be used until a day, although its right of use has ended; the newest word counts.

    Raises NotFoundError, UsageError for a day that is over or no reason, and RefusedError where the lease
    has not ended, or the actor is no operator who has proved their second factor.
    """
    _permit(environment, actor, office)
    if not reason.strip():
        raise UsageError(environment, "is tolerated for a reason", "say why: --reason TEXT")
    with office.records.transaction() as connection:
        grants.lock(connection)
        lease = lease_of(connection, environment, office)
        if office.day <= lease.tenure.until:
            raise RefusedError(environment, f"may be used until {lease.tenure.until} anyway")
        if until < office.day:
            raise UsageError(environment, f"{until} is over", f"name a day from {office.day} on")
        entry = LeaseDecision(
            environment, lease.tenure.until, "tolerated", actor.account, office.now(), until, reason.strip()
        )
        lease_decisions.add(connection, entry)
        return lease_of(connection, environment, office)


def _check_ended(lease: Lease, office: Office) -> None:
    tenure = lease.tenure
    if not tenure.has_ended(office.day):
        last = max(tenure.until, tenure.tolerated_until or tenure.until)
        raise RefusedError(tenure.environment, f"may be used until {last}", "nothing was changed")
    if not lease.is_there:
        raise RefusedError(tenure.environment, "is not there", "see `yunzu lease list`")
    if tenure.suspended_on is not None:
        raise RefusedError(tenure.environment, f"is suspended since {tenure.suspended_on}")


def _permit(environment: str, actor: Actor, office: Office) -> None:
    if why := refusal_about_leases(actor, office.now()):
        raise RefusedError(f"lease of {environment}", why, "nothing was changed")
