"""One-time codes: how a person gets in for the first time, or again. Only a hash is kept."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, exists, insert, select, update

from yunzu.records.accounts_schema import account_codes as table

_BYTES = 15  # 24 characters in base 32
_GROUP = 4

Ended = Literal["used", "replaced", "withdrawn"]


def make(connection: Connection, account: str, *, by: str, now: datetime, expires_at: datetime) -> str:
    """A new code of an account; the one before it is good for nothing any more. Its text is shown once."""
    end(connection, account, "replaced", now)
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    values = {"account": account, "made_by": by, "made_at": now, "expires_at": expires_at}
    connection.execute(insert(table).values(hash=_hash(text), **values))
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def is_good(connection: Connection, account: str, text: str, now: datetime) -> bool:
    """Whether it is that account's code, unused and in time. Whoever uses it waits for whoever does now."""
    query = select(table.c.account).where(
        table.c.hash == _hash(text),
        table.c.account == account,
        table.c.ended_at.is_(None),
        table.c.expires_at > now,
    )
    return connection.execute(query.with_for_update()).first() is not None


def end(connection: Connection, account: str, ended_as: Ended, now: datetime) -> bool:
    """The account's code is good for nothing any more; whether there was one."""
    where = (table.c.account == account) & table.c.ended_at.is_(None)
    ended = update(table).where(where).values(ended_at=now, ended_as=ended_as).returning(table.c.hash)
    return connection.execute(ended).first() is not None


def was_any_made(connection: Connection, accounts: Sequence[str]) -> bool:
    """Whether any of the accounts was ever given a code."""
    query = select(exists().where(table.c.account.in_(accounts)))
    return bool(connection.execute(query).scalar_one())


def _hash(text: str) -> str:
    """Plain SHA-256 of 120 random bits. How it was typed, with or without dashes, is the same code."""
    plain = "".join(text.split()).replace("-", "").upper()
    return hashlib.sha256(plain.encode()).hexdigest()
