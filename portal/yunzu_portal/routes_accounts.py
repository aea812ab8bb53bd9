"""Accounts: who has one, their one-time codes, their deputies, and shutting them out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from yunzu.model.answers.account_words import DeputyWords, NewCodeWords, WhyWords
from yunzu.model.answers.accounts import (
    AccountsAnswer,
    CodeAnswer,
    DeputiesAnswer,
    IssuedCodeAnswer,
    ParticularsAnswer,
    SwitchedAnswer,
)
from yunzu.services.accounts import codes, directory, disabling, standing_in, stranded
from yunzu.services.accounts.disabling import Switched
from yunzu_portal import answering_accounts
from yunzu_portal.identity import Desk, DryRun, Visitor

router = APIRouter(tags=["accounts"])

Account = Annotated[str, Path(description="As the register or its department says.")]


@router.get("/accounts")
def list_accounts(
    visitor: Visitor, department: Annotated[str | None, Query(description="Of one department.")] = None
) -> AccountsAnswer:
    """List who has an account, in which office or department, and whether it is open."""
    found = directory.listed(actor=visitor.actor, office=visitor.office, department=department)
    return answering_accounts.accounts(found, visitor.office.zone)


@router.get("/accounts/{account}")
def show_account(account: Account, visitor: Visitor) -> ParticularsAnswer:
    """Show an account: roles, deputies, credentials it was handed, and what was done about it."""
    found = directory.show(account, actor=visitor.actor, office=visitor.office)
    return answering_accounts.particulars(found, visitor.office.zone)


@router.post("/accounts/{account}/disable")
def disable(account: Account, body: WhyWords, visitor: Visitor, dry_run: DryRun = False) -> SwitchedAnswer:
    """Shut an account out at once."""
    with visitor.rehearsing(dry_run) as desk:
        done = disabling.disable(account, body.reason, actor=desk.actor, office=desk.office)
        return _switched(done, desk, dry_run=dry_run)


@router.post("/accounts/{account}/enable")
def enable(account: Account, body: WhyWords, visitor: Visitor, dry_run: DryRun = False) -> SwitchedAnswer:
    """Let a disabled account in again: it begins with a new one-time code."""
    with visitor.rehearsing(dry_run) as desk:
        done = disabling.enable(account, body.reason, actor=desk.actor, office=desk.office)
        return _switched(done, desk, dry_run=dry_run)


def _switched(done: Switched, desk: Desk, *, dry_run: bool) -> SwitchedAnswer:
    after = directory.show(done.account, actor=desk.actor, office=desk.office)
    left = stranded.listed(actor=desk.actor, office=desk.office)
    return answering_accounts.switched(done, after, left, desk.office.zone, dry_run=dry_run)


@router.post("/accounts/{account}/code", status_code=201)
def new_code(
    account: Account, body: NewCodeWords, visitor: Visitor, dry_run: DryRun = False
) -> IssuedCodeAnswer | CodeAnswer:
    """Make a one-time code. Its text is in this answer and nowhere else; a dry run has none."""
    with visitor.rehearsing(dry_run) as desk:
        made = codes.make(
            account, actor=desk.actor, office=desk.office, emergency=body.emergency, reason=body.reason
        )
    return answering_accounts.code(made, visitor.office.zone, dry_run=dry_run)


@router.get("/deputies")
def list_deputies(
    visitor: Visitor,
    account: Annotated[
        str | None, Query(description="On either side of it; omitted: all you may see.")
    ] = None,
) -> DeputiesAnswer:
    """List who stands in for whom (代理)."""
    found = standing_in.listed(account, actor=visitor.actor, office=visitor.office)
    return answering_accounts.deputies(found, visitor.office.zone)


@router.post("/deputies", status_code=201)
def name_deputy(body: DeputyWords, visitor: Visitor, dry_run: DryRun = False) -> DeputiesAnswer:
    """Name a deputy for a time."""
    with visitor.rehearsing(dry_run) as desk:
        made = standing_in.name(
            body.of, body.by, body.start, body.until, actor=desk.actor, office=desk.office
        )
        return answering_accounts.deputies([made], desk.office.zone, dry_run=dry_run)


@router.post("/deputies/{identifier}/revoke")
def revoke_deputy(identifier: str, visitor: Visitor, dry_run: DryRun = False) -> DeputiesAnswer:
    """End a deputy before the last day."""
    with visitor.rehearsing(dry_run) as desk:
        one = standing_in.revoke(identifier, actor=desk.actor, office=desk.office)
        return answering_accounts.deputies([one], desk.office.zone, dry_run=dry_run)
