"""Tokens, and who asks."""

from typing import Annotated

from fastapi import APIRouter, Query

from yunzu.model.answers.filing import TokenWords
from yunzu.model.answers.tokens import ActorAnswer, IssuedTokenAnswer, TokensAnswer
from yunzu.services.requests import passes
from yunzu_portal import answering
from yunzu_portal.identity import DryRun, Visitor

router = APIRouter(tags=["tokens"])


@router.get("/whoami")
def whoami(visitor: Visitor) -> ActorAnswer:
    """Say who you are here, and how that was proved."""
    return answering.actor(visitor.actor)


@router.post("/tokens", status_code=201)
def new_token(
    body: TokenWords, visitor: Visitor, dry_run: DryRun = False
) -> IssuedTokenAnswer | TokensAnswer:
    """Make a token. Its text is in this answer and nowhere else; a dry run has none."""
    with visitor.rehearsing(dry_run) as desk:
        made, text = passes.issue(
            label=body.label,
            days=body.days,
            scope=body.scope,
            actor=desk.actor,
            office=desk.office,
        )
    zone = visitor.office.zone
    if dry_run:
        return answering.tokens([made], zone)
    return IssuedTokenAnswer(**dict(answering.token(made, zone)), token=text)


@router.get("/tokens")
def list_tokens(
    visitor: Visitor, account: Annotated[str | None, Query(description="Omitted: all you may see.")] = None
) -> TokensAnswer:
    """List tokens without their text."""
    found = passes.listed(account, actor=visitor.actor, office=visitor.office)
    return answering.tokens(found, visitor.office.zone)


@router.post("/tokens/{identifier}/revoke")
def revoke_token(identifier: str, visitor: Visitor, dry_run: DryRun = False) -> TokensAnswer:
    """Revoke a token: it is refused from now on."""
    with visitor.rehearsing(dry_run) as desk:
        return answering.tokens(
            [passes.revoke(identifier, actor=desk.actor, office=desk.office)], desk.office.zone
        )
