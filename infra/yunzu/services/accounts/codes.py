"""One-time codes: the first start's ceremony, and a new one for who joins or has lost theirs.

Only a hash of a code is recorded; its text is returned once, to be shown once.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor, Register, system
from yunzu.model.authority import refusal_about_code
from yunzu.model.text import shown
from yunzu.records import account_codes, account_events, disabled_accounts
from yunzu.services.requests.office import Office, holder
from yunzu.services.requests.truth import CENTRE, Truth

VALID_FOR = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code of an account: `text` is shown once, good once, until `expires_at` (UTC)."""

    account: str
    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    text: str = field(repr=False)


def ceremony(office: Office) -> list[OneTimeCode]:
    """The first codes of the register's officers; none where any of them was ever given one."""
    office.sealing_key()  # minted now, rather than by two who enrol at once
    by = system("first start")
    with office.records.transaction() as connection:
        register = Truth(connection).find(Register, CENTRE)
        officers = register.officers if register else ()
        if account_codes.was_any_made(connection, [one.account for one in officers]):
            return []
        found = (holder(connection, one.account, authenticated="token", origin="") for one in officers)
        return [_made(connection, whose, by, office.now()) for whose in found if whose is not None]


def make(
    account: str, *, actor: Actor, office: Office, emergency: bool = False, reason: str | None = None
) -> OneTimeCode:
    """A new code of an account; an older one is good for nothing any more.

    With it the person enrols anew, so whoever has lost token or second factor gets one too. Raises
    RefusedError where the actor may not or the account is disabled, NotFoundError for an account of nobody,
    UsageError for an emergency without a reason.
    """
    reason = (reason or "").strip() or None
    if emergency and reason is None:
        raise UsageError("emergency", "has no reason", "say why with --reason; it is entered in the trail")
    with office.records.transaction() as connection:
        whose = known(connection, account)
        now = office.now()
        if why := refusal_about_code(actor, whose, now, emergency=emergency):
            raise RefusedError(f"code of {shown(account)}", why, "nothing was changed")
        if account in disabled_accounts.listed(connection):
            raise RefusedError(f"account {shown(account)}", "is disabled", "`yunzu account enable` first")
        return _made(connection, whose, actor, now, emergency=emergency, reason=reason)


def known(connection: Connection, account: str) -> Actor:
    """Who an account is, disabled or not. Raises NotFoundError."""
    whose = holder(connection, account, authenticated="token", origin="")
    if whose is None:
        advice = "accounts stand in the register and in approved departments; see `yunzu account list`"
        raise NotFoundError(f"account {shown(account)}", "is nobody's", advice)
    return whose


def _made(
    connection: Connection,
    whose: Actor,
    by: Actor,
    now: datetime,
    *,
    emergency: bool = False,
    reason: str | None = None,
) -> OneTimeCode:
    expires_at = now + VALID_FOR
    text = account_codes.make(connection, whose.account, by=by.account, now=now, expires_at=expires_at)
    account_events.enter(connection, whose.account, "code-made", by, now, reason=reason, emergency=emergency)
    return OneTimeCode(whose.account, whose.name, tuple(sorted(whose.roles)), expires_at, text)
