"""Disable an account at once, or let it in again. Whoever is let in again begins with a one-time code."""

from dataclasses import dataclass

from sqlalchemy import Connection

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.authority import refusal_about_disabling
from yunzu.model.identifiers import display_text
from yunzu.model.text import shown
from yunzu.records import account_events, disabled_accounts, queue
from yunzu.services.accounts import guests
from yunzu.services.accounts.closing import Ended, close
from yunzu.services.accounts.codes import known
from yunzu.services.requests.office import Office


@dataclass(frozen=True, slots=True)
class Switched:
    """Whose account was disabled or enabled, whether that changed anything, and what ended with it."""

    account: str
    department: str | None
    changed: bool
    ended: Ended | None = None


def disable(account: str, reason: str, *, actor: Actor, office: Office) -> Switched:
    """All access of an account is dead once this returns, but its roles in the cluster: workers end those.

    Raises RefusedError where the actor may not, NotFoundError for an account of nobody, UsageError without a
    reason.
    """
    reason = _reason(reason)
    with office.records.transaction() as connection:
        whose, now = known(connection, account), office.now()
        _permit(actor, whose, office)
        changed = disabled_accounts.disable(connection, account, by=actor.account, reason=reason, now=now)
        ended = close(connection, account, by=actor, now=now)
        if whose.department is not None:
            queue.defer_shutting_out(connection, whose.department)
        if changed:
            detail = {"tokens": ended.tokens, "deputies": ended.deputies}
            account_events.enter(connection, account, "disabled", actor, now, reason=reason, **detail)
        _admit(connection, whose)
        return Switched(account, whose.department, changed, ended)


def enable(account: str, reason: str, *, actor: Actor, office: Office) -> Switched:
    """The account may get a one-time code again; workers give it its roles in the cluster again.

    Raises like `disable`.
    """
    reason = _reason(reason)
    with office.records.transaction() as connection:
        whose = known(connection, account)
        _permit(actor, whose, office)
        changed = disabled_accounts.enable(connection, account)
        if changed:
            account_events.enter(connection, account, "enabled", actor, office.now(), reason=reason)
        _admit(connection, whose)
        return Switched(account, whose.department, changed)


def _admit(connection: Connection, whose: Actor) -> None:
    if whose.department is not None:
        queue.defer_admission(connection, whose.department)
        guests.look_again(connection, whose.account)


def _permit(actor: Actor, whose: Actor, office: Office) -> None:
    if why := refusal_about_disabling(actor, whose, office.now()):
        raise RefusedError(f"account {shown(whose.account)}", why, "nothing was changed")


def _reason(text: str) -> str:
    try:
        return display_text(text.strip())
    except ValueError as error:
        raise UsageError("reason", str(error), "say why; it is entered in the trail") from error
