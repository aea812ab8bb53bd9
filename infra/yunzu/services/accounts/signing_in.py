"""Log in with a one-time code, and out. Officers enrol a second factor with it.

Two calls, so that nothing is kept between them but the code: `begin` says what is needed, `finish` uses the
code up. Whatever is wrong with a code is said in the same words: whoever tries learns nothing of accounts.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.identifiers import display_text
from yunzu.records import account_codes, account_events, tokens
from yunzu.records.tokens import Token
from yunzu.services.accounts import second_factor
from yunzu.services.requests.office import Office, actor_of_account
from yunzu.services.requests.passes import MOST_DAYS

DAYS = 90


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor to enrol: for an authenticator, as its secret in base 32 and as an otpauth address."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new token with its text, which is shown to nobody, and whose it is."""

    actor: Actor
    token: Token
    text: str = field(repr=False)


def begin(account: str, code: str, *, office: Office, origin: str) -> Enrolment | None:
    """What somebody with a one-time code has to enrol first; None: nothing. The code stays good.

    Raises RefusedError for a code that is not that account's, used, or out of time.
    """
    with office.records.transaction() as connection:
        who = actor_of_account(connection, account, authenticated="token", origin=origin)
        if who is None or not account_codes.is_good(connection, account, code, office.now()):
            raise _not_valid()
        return Enrolment(*second_factor.offer(connection, account, office)) if who.is_officer else None


def finish(
    account: str,
    code: str,
    *,
    office: Office,
    origin: str,
    proof: str | None = None,
    label: str = "login",
    days: int = DAYS,
) -> SignedIn:
    """Use a one-time code up: the account has a new token, and every older one is revoked.

    `proof` is a code of the second factor that `begin` offered. Raises RefusedError as `begin` does, and for
    a proof that is wrong; the one-time code is good for another try then.
    """
    label = _label(label, days)
    with office.records.transaction() as connection:
        now = office.now()
        who = actor_of_account(connection, account, authenticated="token", origin=origin)
        if who is None or not account_codes.is_good(connection, account, code, now):
            raise _not_valid()
        why = None
        if who.is_officer:
            why = second_factor.enrol(connection, who, proof or "", office) if proof else "is missing"
        if why is None:
            account_codes.end(connection, account, "used", now)
            revoked = tokens.revoke_all(connection, account, now)
            token, text = tokens.issue(
                connection,
                account,
                label=label,
                scope="all",
                now=now,
                expires_at=now + timedelta(days=days),
                confirmed_until=now + second_factor.CONFIRMED_FOR if who.is_officer else None,
            )
            account_events.enter(
                connection, account, "logged-in", who, now, token=token.id, revoked_tokens=revoked
            )
    if why is not None:
        raise RefusedError("second factor", why, "log in again with the same one-time code")
    return SignedIn(who, token, text)


def sign_out(*, actor: Actor, office: Office) -> None:
    """The token that the actor came with is refused from now on."""
    if actor.token is None:
        return
    with office.records.transaction() as connection:
        now = office.now()
        tokens.revoke(connection, actor.token, now)
        account_events.enter(connection, actor.account, "logged-out", actor, now, token=actor.token)


def _label(label: str, days: int) -> str:
    if not 1 <= days <= MOST_DAYS:
        raise UsageError("login", f"{days} days are not from 1 to {MOST_DAYS}")
    try:
        return display_text(label)
    except ValueError as error:
        raise UsageError("label", str(error)) from error


def _not_valid() -> RefusedError:
    advice = "an operator, or the security officer for officers, makes another: `yunzu account code`"
    return RefusedError("one-time code", "is not valid for this account", advice)
