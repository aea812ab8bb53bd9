"""File a request: who may, what it proposes, against what; then the rules take what they may."""

from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from yunzu import naming
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor, system
from yunzu.model.hashes import content, manifest_hash
from yunzu.model.items import Item, item_hash
from yunzu.model.manifests import Department, Manifest
from yunzu.model.permissions import RequestFacts, refusal
from yunzu.model.requests import State, is_ended
from yunzu.model.text import shown
from yunzu.records import approved, disabled_accounts, grants, requests
from yunzu.records.requests import Request
from yunzu.services.requests.basing import check_base
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office, actor_of_account
from yunzu.services.requests.proposing import check_change, owner
from yunzu.services.requests.truth import Truth, identity

OFFERED = frozenset(
    {"department.new", "department.quota", "department.people"}
    | {"environment.new", "environment.resize", "environment.renew", "environment.retire"}
    | {"environment.suspend", "environment.resume", "environment.erase"}
    | {"plan.change", "price.change", "item.change", "calendar.change", "quota.change"}
    | {"register.change", "egress.exception", "access.grant"}
)
"""Items that a delivery stands behind. Others are described, and not offered yet."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is asked for: the manifest as it should be.

    `base_hash` is the approved content that the applicant saw, "" for none; None: nobody knows, and it may
    ask for nothing less than is approved.
    `key`: whoever files chose it for this filing; said again with the same key, it is not filed twice.
    """

    item: str
    manifest: Manifest
    applicant: str
    department: str | None
    base_hash: str | None = None
    bundle: str | None = None
    needs: tuple[str, ...] = ()
    key: str | None = None


def file(proposal: Proposal, *, actor: Actor, office: Office) -> Request:
    """File a request, and let the rules take what they may; returns it as it then is.

    Filed by somebody else than the applicant, the actor is its agent (代办). Raises RefusedError (not
    permitted, not offered, a stale base or an unknown one of what asks for less, a key of another filing),
    UsageError (the manifest is of another kind than the item's), NotFoundError (no such item).
    """
    with office.records.transaction() as connection:
        grants.lock(connection)  # the same filing said twice at once is filed once
        if filed := _filed(connection, proposal, actor):
            return filed
        item = Truth(connection).get(Item, proposal.item)
        _check(connection, proposal, item, actor)
        request = _entered(connection, proposal, item, actor, office)
        handling = Handling(connection, request.number, office)
        handling.enter("submit", actor, None)
        handling.advance()
        return handling.request


def file_by_centre(
    connection: Connection, proposal: Proposal, *, on_behalf: Actor, office: Office
) -> Request:
    """File what the centre itself asks for, in the caller's transaction, and let its rule decide.

    The applicant is the centre's own account; `on_behalf` is who caused it, a clock or an operator. Raises
    NotFoundError and RefusedError as `file` does.
    """
    item = Truth(connection).get(Item, proposal.item)
    request = _entered(connection, proposal, item, system("centre"), office)
    handling = Handling(connection, request.number, office)
    handling.enter("submit", on_behalf, None)
    handling.advance()
    return handling.request


def _filed(connection: Connection, proposal: Proposal, actor: Actor) -> Request | None:
    """What this filing became, where it was said before."""
    if proposal.key is None:
        return None
    found = requests.of_key(connection, proposal.key)
    if found is None:
        return None
    said = (found.agent or found.applicant, found.item, found.applicant, found.filed_hash)
    if said != (actor.account, proposal.item, proposal.applicant, manifest_hash(proposal.manifest)):
        raise RefusedError(
            f"filing {shown(proposal.key)}", "was another one", "choose a new key for this one"
        )
    return found


def _check(connection: Connection, proposal: Proposal, item: Item, actor: Actor) -> None:
    kind, subject = identity(proposal.manifest)
    if item.id not in OFFERED:
        raise RefusedError(f"item {item.id}", "is not offered yet", "see `yunzu item list`")
    if kind != _KIND_OF[item.subject]:
        raise UsageError(f"item {item.id}", f"is about a {_KIND_OF[item.subject]}, not a {kind}", subject)
    whose = owner(proposal.manifest)
    if whose != proposal.department:
        raise UsageError(f"request for {subject}", f"is {whose or 'the centre'}'s affair", "file it there")
    agent = _agent(proposal, actor)
    facts = RequestFacts("draft", proposal.department, proposal.applicant, agent)
    if why := refusal(actor, "submit", facts):
        raise RefusedError(f"request for {subject}", why, "nothing was filed")
    if agent and not _is_applicant(connection, proposal, actor):
        fact = f"{shown(proposal.applicant)} is no applicant of {proposal.department or 'the centre'}"
        raise RefusedError(f"request for {subject}", fact, "name somebody who may apply for it")
    _check_needs(connection, proposal)


def _check_needs(connection: Connection, proposal: Proposal) -> None:
    """What it waits for is the same department's, and can still be done. Another's is told from none by
    nothing."""
    for number in proposal.needs:
        subject, found = f"request {shown(number)}", None
        with suppress(NotFoundError):
            found = requests.find(connection, number)
        if found is None or found.department != proposal.department:
            whose = proposal.department or "the centre"
            raise NotFoundError(subject, f"is none of {whose}'s", "name one that this one waits for")
        if found.state != "done" and is_ended(cast("State", found.state)):
            raise RefusedError(subject, f"is {found.state} and will not be done", "file this one without it")


def _agent(proposal: Proposal, actor: Actor) -> str | None:
    """Who files for a department that is not theirs, or for somebody else."""
    own = actor.account == proposal.applicant and actor.department == proposal.department
    return None if own else actor.account


def _is_applicant(connection: Connection, proposal: Proposal, actor: Actor) -> bool:
    """Whether an agent files for somebody who could file it too. A new department brings its own people;
    for one that has nobody who may apply, its agent does."""
    role = "operator" if proposal.department is None else "applicant"
    department: Department | None = None
    if proposal.item == "department.new" and isinstance(proposal.manifest, Department):
        department = proposal.manifest
    elif proposal.department is not None:
        department = Truth(connection).find(Department, proposal.department)
    if department is not None:
        applicants = {one.account for one in department.people if role in one.roles}
        applicants -= disabled_accounts.listed(connection).keys()
        return proposal.applicant in (applicants or {actor.account})
    who = actor_of_account(connection, proposal.applicant, authenticated="token", origin="filing")
    return who is not None and who.department == proposal.department and role in who.roles


_KIND_OF = {
    "environment": "Environment",
    "department": "Department",
    "plan": "Plan",
    "price": "Plan",
    "item": "Item",
    "calendar": "Calendar",
    "quota": "Capacity",
    "register": "Register",
}


def _entered(connection: Connection, proposal: Proposal, item: Item, actor: Actor, office: Office) -> Request:
    kind, subject = identity(proposal.manifest)
    current = approved.current(connection, kind, subject)
    base = current.hash if current else None
    if proposal.base_hash is not None and proposal.base_hash != (base or ""):
        raise RefusedError(
            subject, "was changed since this was written", "write it against what is approved now"
        )
    check_change(item.id, kind, subject, content(proposal.manifest), connection, office.day)
    if proposal.base_hash is None:
        check_base(proposal.manifest, current.content if current else None, Truth(connection))
    now = office.now()
    day = now.astimezone(office.zone).date()
    request = Request(
        number=naming.request_number(office.prefix, day, requests.next_number(connection, day)),
        item=item.id,
        item_hash=item_hash(item),
        item_content=content(item),
        department=proposal.department,
        subject_kind=kind,
        subject=subject,
        base_hash=base,
        original=current.content if current else None,
        requested=content(proposal.manifest),
        requested_hash=manifest_hash(proposal.manifest),
        applicant=proposal.applicant,
        agent=_agent(proposal, actor),
        bundle=proposal.bundle,
        needs=proposal.needs,
        state="submitted",
        submitted_at=now,
        filing_key=proposal.key,
        filed_hash=manifest_hash(proposal.manifest),
    )
    requests.add(connection, request)
    return request
