"""续期清单: a campaign asks each department which of its environments it keeps, line by line.

An answer is a request in the department's bundle, decided and delivered as any other. A line counts as
unanswered until somebody files one, and again where it came to nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.hashes import manifest_hash
from yunzu.model.leases import refusal_about_leases
from yunzu.model.manifests import Environment, Lease
from yunzu.model.messages import CampaignNotice
from yunzu.records import campaigns
from yunzu.records.campaigns import Campaign, Line
from yunzu.records.requests import Request
from yunzu.services.leases.tenures import leases_of
from yunzu.services.recipients import Recipients, tell
from yunzu.services.requests import filing
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import Office
from yunzu.services.requests.proposing import applicant as applicant_of
from yunzu.services.requests.truth import Truth

Answer = Literal["renew", "shrink", "retire"]
ANSWER_DAYS = 14
"""How long a department has for its answers where nobody says otherwise."""

_REMINDER_DAYS = (7, 1)
_CAME_TO_NOTHING = frozenset({"denied", "refused", "withdrawn", "abandoned"})


@dataclass(frozen=True)
class Sheet:
    """A campaign with the lines that its reader may see."""

    campaign: Campaign
    lines: tuple[Line, ...]

    @property
    def unanswered(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not is_answered(line))


def is_answered(line: Line) -> bool:
    """Whether a request answers for it that did not come to nothing. What was shrunk is to be renewed yet."""
    is_shrunk_only = line.item == "environment.resize" and line.state == "done"
    return line.request is not None and line.state not in _CAME_TO_NOTHING and not is_shrunk_only


def open_(
    until: date, *, actor: Actor, office: Office, department: str | None = None, answer_by: date | None = None
) -> Sheet:
    """Ask about every environment, of all departments or one, whose lease ends before `until`.

    Opened again it takes in what has come since. Raises RefusedError for who is no operator or has not
    proved their second factor, UsageError for days that are over or out of order.
    """
    if why := refusal_about_leases(actor, office.now()):
        raise RefusedError("campaign", why, "nothing was changed")
    wanted_by = answer_by or office.day + timedelta(days=ANSWER_DAYS)
    if not office.day <= wanted_by < until:
        fact = f"is answered by {wanted_by}, which is not from {office.day} to the day before {until}"
        raise UsageError("campaign", fact, "name later days: --until DATE, --answer-by DATE")
    one = Campaign(f"renew-{until}", until, wanted_by, actor.account, office.now())
    with office.records.transaction() as connection:
        found = [
            (name, lease.department)
            for name, lease in leases_of(connection, office).items()
            if lease.is_there and lease.tenure.until < until and department in {None, lease.department}
        ]
        campaigns.open_(connection, one, found)
        sheet = Sheet(campaigns.find(connection, one.id), tuple(campaigns.lines(connection, one.id)))
    remind(office)
    return sheet


def answer(
    campaign: str,
    environment: str,
    given: Answer,
    *,
    actor: Actor,
    office: Office,
    plan: str | None = None,
    applicant: str | None = None,
) -> Request:
    """Answer for one line: file its request. `plan`: of a shrinking; where a rule grants that at once, the
    renewal is filed too and begins when it is delivered, else it is asked for afterwards. An operator
    answers as the agent of `applicant`.

    Raises NotFoundError for no such line, UsageError for a plan that does not belong there, RefusedError
    where it is answered already, or as `filing.file` does.
    """
    if (plan is not None) != (given == "shrink"):
        raise UsageError(f"answer {given}", "a shrinking names its plan, and nothing else does", "see --plan")
    with office.records.transaction() as connection:
        asked = campaigns.find(connection, campaign)
        current = Truth(connection).find(Environment, environment)
        line = _line(campaigns.lines(connection, campaign), environment, actor)
    if current is None:
        raise RefusedError(environment, "was retired meanwhile", "there is nothing to answer")
    if is_answered(line):
        raise RefusedError(
            environment, f"was answered by request {line.request}", "have that withdrawn first"
        )
    item, wanted = _asked(given, current, asked.until, plan)
    proposal = Proposal(
        item=item,
        manifest=wanted,
        applicant=applicant_of(applicant, wanted, actor),
        department=wanted.department,
        base_hash=manifest_hash(current),
        bundle=campaigns.bundle(campaign, wanted.department),
    )
    request = filing.file(proposal, actor=actor, office=office)
    if given == "shrink" and request.state == "granted":
        item, renewed = _asked("renew", wanted, asked.until, None)
        base = request.decided_hash
        after = replace(proposal, item=item, manifest=renewed, base_hash=base, needs=(request.number,))
        filing.file(after, actor=actor, office=office)
    return request


def _line(lines: Iterable[Line], environment: str, actor: Actor) -> Line:
    for line in lines:
        if line.environment == environment and actor.department in {None, line.department}:
            return line
    raise NotFoundError(environment, "is not asked about in this campaign", "see `yunzu campaign show`")


def _asked(given: Answer, current: Environment, until: date, plan: str | None) -> tuple[str, Environment]:
    """The item and the manifest that an answer asks for."""
    if given == "retire":
        return "environment.retire", current
    renewed = {"lease": Lease(start=current.lease.start, until=max(until, current.lease.until))}
    if plan is not None:
        return "environment.resize", current.model_copy(update={"plan": plan})
    return "environment.renew", current.model_copy(update=renewed)


def sheets(campaign: str | None, *, actor: Actor, office: Office) -> list[Sheet]:
    """One campaign, or all with the newest first; who belongs to a department sees its lines. Raises
    NotFoundError, RefusedError for who holds no role."""
    if not actor.roles:
        raise RefusedError("campaigns", f"{actor.account} holds no role", "ask an operator")
    with office.records.transaction() as connection:
        found = [campaigns.find(connection, campaign)] if campaign else campaigns.listed(connection)
        return [
            Sheet(
                one,
                tuple(
                    line
                    for line in campaigns.lines(connection, one.id)
                    if actor.department in {None, line.department}
                ),
            )
            for one in found
        ]


def remind(office: Office) -> int:
    """Tell departments with unanswered lines: at the opening, and 7 and 1 days before an answer is due, once
    each; how many messages are new. May run at any time and twice at once."""
    new = 0
    with office.records.transaction() as connection:
        recipients = Recipients(Truth(connection))
        for one in campaigns.listed(connection):
            left = (one.answer_by - office.day).days
            if left < 0:
                continue
            turn = min((days for days in _REMINDER_DAYS if left <= days), default="opened")
            sheet = Sheet(one, tuple(campaigns.lines(connection, one.id)))
            departments = sorted({line.department for line in sheet.unanswered})
            for department in departments:
                count = sum(line.department == department for line in sheet.unanswered)
                payload = CampaignNotice(
                    department=department,
                    about=one.id,
                    until=one.until,
                    answer_by=one.answer_by,
                    unanswered=count,
                )
                to = recipients.of_department(department)
                subject = f"{one.id}/{department}/{one.answer_by}/{turn}"
                new += tell(connection, "campaign", payload, subject=subject, to=to)
    return new
