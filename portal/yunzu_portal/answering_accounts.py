"""From what services return about accounts to the documents that the centre answers with."""

from collections.abc import Sequence
from typing import cast
from zoneinfo import ZoneInfo

from yunzu.model.actors import AnyRole
from yunzu.model.answers.accounts import (
    AccountAnswer,
    AccountEventAnswer,
    AccountsAnswer,
    BegunAnswer,
    CodeAnswer,
    DeputiesAnswer,
    DeputyAnswer,
    DisabledAnswer,
    EnrolmentAnswer,
    HandoutAnswer,
    IssuedCodeAnswer,
    ParticularsAnswer,
    SharedAnswer,
    SignedInAnswer,
    SwitchedAnswer,
)
from yunzu.records.account_events import AccountEvent
from yunzu.records.deputies import Deputyship
from yunzu.services.accounts.codes import OneTimeCode
from yunzu.services.accounts.directory import Account, Particulars
from yunzu.services.accounts.disabling import Switched
from yunzu.services.accounts.signing_in import Enrolment, SignedIn
from yunzu.services.accounts.stranded import Stranded
from yunzu_portal import answering


def account(one: Account, zone: ZoneInfo) -> AccountAnswer:
    disabled = one.disabled
    return AccountAnswer(
        account=one.account,
        name=one.name,
        department=one.department,
        second_factor=one.second_factor,
        tokens=one.tokens,
        roles=cast("tuple[AnyRole, ...]", one.roles),
        last_used_at=answering.local(one.last_used_at, zone),
        disabled=None
        if disabled is None
        else DisabledAnswer(
            at=disabled.disabled_at.astimezone(zone), by=disabled.disabled_by, reason=disabled.reason
        ),
    )


def accounts(found: Sequence[Account], zone: ZoneInfo) -> AccountsAnswer:
    return AccountsAnswer(items=tuple(account(one, zone) for one in found))


def particulars(found: Particulars, zone: ZoneInfo) -> ParticularsAnswer:
    return ParticularsAnswer(
        **dict(account(found.account, zone)),
        deputies=tuple(_deputy(one, zone) for one in found.deputies),
        handed_out=tuple(
            HandoutAnswer(uid=one.uid, binding=one.binding, slot=one.slot, at=one.at.astimezone(zone))
            for one in found.handed_out
        ),
        events=tuple(_event(one, zone) for one in found.events),
    )


def _event(one: AccountEvent, zone: ZoneInfo) -> AccountEventAnswer:
    return AccountEventAnswer(
        account=one.account,
        event=one.event,
        by=one.by,
        authenticated=one.authenticated,
        origin=one.origin,
        reason=one.reason,
        detail=one.detail,
        at=one.at.astimezone(zone),
    )


def switched(
    done: Switched, after: Particulars, left: Sequence[Stranded], zone: ZoneInfo, *, dry_run: bool
) -> SwitchedAnswer:
    """What was disabled or enabled, what ended with it, what is left to do."""
    return SwitchedAnswer(
        account=done.account,
        disabled=after.account.disabled is not None,
        changed=done.changed,
        revoked_tokens=done.ended.tokens if done.ended else None,
        ended_deputies=done.ended.deputies if done.ended else None,
        rotate=tuple(
            SharedAnswer(uid=one.uid, binding=one.binding, slot=one.slot) for one in after.handed_out
        ),
        stranded=answering.stranded(left, zone),
        dry_run=dry_run,
    )


def code(made: OneTimeCode, zone: ZoneInfo, *, dry_run: bool) -> IssuedCodeAnswer | CodeAnswer:
    """A rehearsed one is no code, and has no text."""
    about = CodeAnswer(
        account=made.account,
        name=made.name,
        expires_at=made.expires_at.astimezone(zone),
        dry_run=dry_run,
    )
    return about if dry_run else IssuedCodeAnswer(**dict(about), code=made.text)


def deputies(found: Sequence[Deputyship], zone: ZoneInfo, *, dry_run: bool = False) -> DeputiesAnswer:
    return DeputiesAnswer(items=tuple(_deputy(one, zone) for one in found), dry_run=dry_run)


def _deputy(one: Deputyship, zone: ZoneInfo) -> DeputyAnswer:
    return DeputyAnswer(
        id=one.id,
        of=one.of,
        by=one.by,
        start=one.start,
        until=one.until,
        named_by=one.named_by,
        named_at=one.named_at.astimezone(zone),
        revoked_at=answering.local(one.revoked_at, zone),
        revoked_by=one.revoked_by,
    )


def begun(offered: Enrolment | None) -> BegunAnswer:
    if offered is None:
        return BegunAnswer(enrolment=None)
    return BegunAnswer(enrolment=EnrolmentAnswer(secret=offered.secret, address=offered.address))


def signed_in(done: SignedIn, zone: ZoneInfo) -> SignedInAnswer:
    return SignedInAnswer(**dict(answering.token(done.token, zone)), token=done.text, name=done.actor.name)
