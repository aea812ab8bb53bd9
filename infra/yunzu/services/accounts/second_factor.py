"""The second factor (TOTP, RFC 6238): offered, enrolled, proved. Its secret is sealed at rest.

A code is good once, within one step of the clock, and guessing locks the account's factor for ever longer.
"""

import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.records import account_events, second_factors, tokens
from yunzu.services.requests.office import Office

if TYPE_CHECKING:
    from pyotp import TOTP

CONFIRMED_FOR = timedelta(minutes=15)
ISSUER = "yunzu 云租"
_TRIES = 5
_FIRST_LOCK, _LONGEST_LOCK = timedelta(minutes=15), timedelta(days=1)
_NONCE_BYTES = 12
_DIGITS = 6


def offer(connection: Connection, account: str, office: Office) -> tuple[str, str]:
    """A new secret for an account to enrol: in base 32, and as an otpauth address. The old one counts on
    until a code of the new one was proved."""
    from pyotp import random_base32

    secret = random_base32()
    second_factors.find(connection, account, lock=True)
    second_factors.change(connection, account, offered=_seal(secret, account, office))
    return secret, _totp(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def enrol(connection: Connection, actor: Actor, code: str, office: Office) -> str | None:
    """The offered factor counts from now on, if the code is of it. Else why not, and that is to be kept:
    the caller commits, and raises then."""
    offered = second_factors.find(connection, actor.account, lock=True).offered
    if offered is None:
        return "no second factor was offered; begin the login again"
    if why := _tried(connection, actor, offered, code, office):
        return why
    now = office.now()
    second_factors.change(connection, actor.account, sealed=offered, enrolled_at=now, offered=None)
    account_events.enter(connection, actor.account, "second-factor-enrolled", actor, now)
    return None


def confirm(code: str, *, actor: Actor, office: Office) -> datetime:
    """Prove the second factor with the actor's token; returns until when (UTC) that counts.

    Raises RefusedError for a wrong or used code, a locked factor, and who has no token or no factor.
    """
    if actor.token is None:
        raise RefusedError("second factor", "goes with a token, and there is none", "`yunzu login` first")
    with office.records.transaction() as connection:
        sealed = second_factors.find(connection, actor.account, lock=True).sealed
        why: str | None = f"{actor.account} has none; a one-time code and `yunzu login` enrol one"
        if sealed is not None:
            why = _tried(connection, actor, sealed, code, office)
        now = office.now()
        if why is None:
            tokens.confirm(connection, actor.token, now + CONFIRMED_FOR)
            account_events.enter(connection, actor.account, "confirmed", actor, now, token=actor.token)
    if why is not None:
        raise RefusedError("second factor", why, "nothing was confirmed")
    return now + CONFIRMED_FOR


def _tried(connection: Connection, actor: Actor, sealed: bytes, code: str, office: Office) -> str | None:
    """Why a code does not prove the factor; None where it does. Either way it is recorded."""
    factor, now = second_factors.find(connection, actor.account, lock=True), office.now()
    if factor.locked_until is not None and now < factor.locked_until:
        return (
            f"is locked until {factor.locked_until.astimezone(office.zone):%Y-%m-%d %H:%M} after wrong codes"
        )
    step = _step(_unseal(sealed, actor.account, office), code, now)
    if step is not None and step > factor.last_step:
        values = {"last_step": step, "failures": 0, "locked_until": None}
        second_factors.change(connection, actor.account, **values)
        return None
    failures = factor.failures + 1
    locked_until = now + _lock(failures) if failures % _TRIES == 0 else None
    second_factors.change(connection, actor.account, failures=failures, locked_until=locked_until)
    if locked_until is not None:
        account_events.enter(
            connection, actor.account, "second-factor-locked", actor, now, until=locked_until.isoformat()
        )
    return "the code is wrong" if step is None else "the code was used already; wait for the next one"


def _lock(failures: int) -> timedelta:
    """Twice as long each time, up to a day."""
    doublings = min(failures // _TRIES - 1, 10)
    return min(_FIRST_LOCK * (1 << doublings), _LONGEST_LOCK)


def _step(secret: str, code: str, now: datetime) -> int | None:
    """Which step of the clock a code is of: this one, the one before or the one after; None: another."""
    from pyotp.exceptions import OTPVerificationError

    plain = "".join(code.split())
    if len(plain) != _DIGITS or not (plain.isascii() and plain.isdigit()):
        raise UsageError("code", f"is not of {_DIGITS} digits", "type what the authenticator shows")
    try:
        return _totp(secret).verify_and_get_timecode(plain, for_time=now, valid_window=1)
    except OTPVerificationError:
        return None


def _totp(secret: str) -> "TOTP":
    from pyotp import TOTP

    return TOTP(secret, digits=_DIGITS)


def _cipher(office: Office) -> tuple[Callable[..., bytes], Callable[..., bytes]]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    made = AESGCM(base64.b64decode(office.sealing_key()))
    return made.encrypt, made.decrypt


def _seal(secret: str, account: str, office: Office) -> bytes:
    """AES-256-GCM bound to the account, so that no row stands for another's."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(office)[0](nonce, secret.encode(), account.encode())


def _unseal(sealed: bytes, account: str, office: Office) -> str:
    from cryptography.exceptions import InvalidTag

    nonce, rest = bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:])
    try:
        return _cipher(office)[1](nonce, rest, account.encode()).decode()
    except InvalidTag as error:
        advice = "restore secrets/second-factor.encryption-key, or make a new one-time code"
        raise RefusedError(f"second factor of {account}", "is sealed with another key", advice) from error
