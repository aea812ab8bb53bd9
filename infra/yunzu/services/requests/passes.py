"""Personal tokens: who may make, see and revoke them. The text of one is shown once and never again."""

from datetime import timedelta

from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.actors import Actor, Scope
from yunzu.model.authority import refusal_about_tokens
from yunzu.model.identifiers import display_text
from yunzu.model.text import shown
from yunzu.records import account_events, tokens
from yunzu.records.tokens import Token
from yunzu.services.requests.office import Office, actor_of_account

MOST_DAYS = 365


def issue(*, label: str, days: int, scope: Scope, actor: Actor, office: Office) -> tuple[Token, str]:
    """Another token of the actor's own account, and its text: nobody makes one for anybody else.

    It has no second factor proved, whatever the actor's has. Raises RefusedError, UsageError, and
    NotFoundError for who has no account.
    """
    account = actor.account
    _permit(actor, account, change=True)
    if not 1 <= days <= MOST_DAYS:
        raise UsageError("token", f"{days} days are not from 1 to {MOST_DAYS}")
    try:
        label = display_text(label) if label else ""
    except ValueError as error:
        raise UsageError("label", str(error)) from error
    now = office.now()
    with office.records.transaction() as connection:
        if actor_of_account(connection, account, authenticated="token", origin="") is None:
            advice = "accounts stand in the register and in approved departments; log in as one"
            raise NotFoundError(f"account {shown(account)}", "is nobody's", advice)
        expires_at = now + timedelta(days=days)
        made = tokens.issue(connection, account, label=label, scope=scope, now=now, expires_at=expires_at)
        account_events.enter(connection, account, "token-made", actor, now, token=made[0].id, scope=scope)
        return made


def listed(account: str | None, *, actor: Actor, office: Office) -> list[Token]:
    """Tokens of one account, without their text; None: all that the actor may see. Raises RefusedError."""
    if account is None and refusal_about_tokens(actor, None, change=False):
        account = actor.account
    _permit(actor, account, change=False)
    with office.records.transaction() as connection:
        return tokens.listed(connection, account)


def revoke(identifier: str, *, actor: Actor, office: Office) -> Token:
    """It is refused from now on. Raises NotFoundError, RefusedError."""
    with office.records.transaction() as connection:
        token = tokens.revoke(connection, identifier, office.now())
        _permit(actor, token.account, change=True)  # or nothing of this is kept
        account_events.enter(
            connection, token.account, "token-revoked", actor, office.now(), token=identifier
        )
        return token


def _permit(actor: Actor, account: str | None, *, change: bool) -> None:
    if why := refusal_about_tokens(actor, account, change=change):
        raise RefusedError(f"tokens of {shown(account)}" if account else "tokens", why, "nothing was changed")
