"""What the centre does by itself about leases, whenever it looks: tell people, suspend what has ended.

Level, not edge: each function may run at any time, any number of times and twice at once, and does what is
due then, once. Time comes from the office. One environment that cannot be dealt with stops no other.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yunzu.errors import NotFoundError, RefusedError, YunzuError
from yunzu.model.actors import SYSTEM, Actor, system
from yunzu.model.manifests import Environment
from yunzu.model.messages import LeaseEndedNotice, LeaseNotice
from yunzu.model.requests import UNDECIDED, UNDELIVERED
from yunzu.records import grants, requests
from yunzu.records.requests import Request
from yunzu.services.leases.tenures import Lease, check_office_open, lease_of, leases_of
from yunzu.services.recipients import Recipients, tell
from yunzu.services.requests import filing
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import Office
from yunzu.services.requests.ruling import Rulings
from yunzu.services.requests.truth import Truth

SUSPEND = "environment.suspend"
CLOCK = system("lease")
_OPEN = (*UNDECIDED, *UNDELIVERED)


@dataclass(frozen=True)
class Suspensions:
    """Numbers of the requests that the centre filed and that can be delivered now, those of earlier runs
    included; environments that could not be dealt with, with the reason."""

    undelivered: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def give_notice(office: Office) -> int:
    """Tell people of leases that end soon or have ended; how many messages are new.

    The department's applicants, stewards and approvers are told, and of production the operators too; of
    one that waits for them, and of one that may be reclaimed, the operators in any case.
    """
    with office.records.transaction() as connection:
        recipients = Recipients(Truth(connection))
        found = leases_of(connection, office)
        return sum(_notice(connection, one, recipients, office) for one in found.values() if one.is_there)


def _notice(connection: Connection, lease: Lease, recipients: Recipients, office: Office) -> int:
    tenure, of_department = lease.tenure, recipients.of_department(lease.department)
    is_prod = tenure.stage == "prod"
    common = {"department": lease.department, "about": tenure.environment, "until": tenure.until}
    days = tenure.notice(office.day)
    if days is not None:
        payload = LeaseNotice(
            **common, days_left=lease.days_left, then="escalated" if is_prod else "suspended"
        )
        to = (*of_department, *(recipients.operators if is_prod else ()))
        subject = f"{tenure.environment}/{tenure.until}/{days}"
        return tell(connection, "lease_ending", payload, subject=subject, to=to)
    status = _status(lease)
    if status is None:
        return 0
    ended = LeaseEndedNotice(**common, status=status)
    to = of_department if status == "suspended" else (*of_department, *recipients.operators)
    subject = f"{tenure.environment}/{tenure.until}/{status}/{tenure.tolerated_until or ''}"
    return tell(connection, "lease_ended", ended, subject=subject, to=to)


def _status(lease: Lease) -> str | None:
    """What people are told of a lease that has ended; None: nothing new."""
    if lease.standing == "ended":
        is_decided = lease.decision is not None and lease.decision.decision == "confirmed"
        return "escalated" if lease.tenure.stage == "prod" and not is_decided else None
    return {"held": "suspended", "reclaimable": "reclaimable"}.get(lease.standing)


def suspend_ended(office: Office) -> Suspensions:
    """File the suspension of each dev or test environment whose lease has ended. Who calls it has the
    numbers that it returns delivered; a delivery that failed is among them at the next run again."""
    with office.records.transaction() as connection:
        ended = [name for name, one in leases_of(connection, office).items() if _is_to_rest(one)]
    problems = {}
    for environment in ended:
        try:
            with office.records.transaction() as connection:
                grants.lock(connection)  # two at once: the second one finds it filed
                if _is_to_rest(lease_of(connection, environment, office)):
                    file_suspension(connection, environment, office)
        except YunzuError as error:
            problems[environment] = str(error)
    return Suspensions(list(_undelivered(office)), problems)


def _is_to_rest(lease: Lease) -> bool:
    return lease.standing == "ended" and lease.is_there and lease.tenure.stage != "prod"


def file_suspension(
    connection: Connection, environment: str, office: Office, *, on_behalf: Actor = CLOCK
) -> Request:
    """The centre's own request that suspends it: the one that is under way, or a new one."""
    for one in requests.each(connection, subject=environment, states=_OPEN):
        if _is_ours(one):
            return one
    wanted = Truth(connection).get(Environment, environment)
    proposal = Proposal(SUSPEND, wanted, SYSTEM, wanted.department)
    return filing.file_by_centre(connection, proposal, on_behalf=on_behalf, office=office)


def _is_ours(request: Request) -> bool:
    return request.item == SUSPEND and request.applicant == SYSTEM


def _undelivered(office: Office) -> Iterator[str]:
    """What the office is closed for is not tried: it would fail every hour of a night."""
    with office.records.transaction() as connection:
        for one in requests.each(connection, states=UNDELIVERED):
            if _is_ours(one) and _may_be_tried(connection, one, office):
                yield one.number


def _may_be_tried(connection: Connection, request: Request, office: Office) -> bool:
    with suppress(RefusedError):
        check_hours(connection, request, office)
        return True
    return False


@dataclass(frozen=True, slots=True)
class Pointless:
    """Why a suspension of the centre's own has no reason any more; `is_begun`: an earlier try of it has begun
    what is to be undone."""

    reason: str
    is_begun: bool


def look_again(connection: Connection, request: Request, office: Office) -> Pointless | None:
    """Whether what let the centre suspend it still does: people may have renewed, tolerated or retired it
    since it was granted. None: it does, or it is not the centre's own suspension."""
    if not _is_ours(request):
        return None
    try:
        lease = lease_of(connection, request.subject, office)
    except NotFoundError:
        return Pointless(f"{request.subject} was retired meanwhile", is_begun=False)
    ruling = Rulings(connection, request, office).lease()
    return None if ruling.verdict == "grant" else Pointless(ruling.sentence, lease.by_centre)


def check_hours(connection: Connection, request: Request, office: Office) -> None:
    """Raises RefusedError where the centre itself would suspend production and the office is closed."""
    if _is_ours(request) and request.requested["stage"] == "prod":
        check_office_open(connection, request.subject, office)
