"""Personal tokens. Only a hash is kept: whoever reads the records cannot use them."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from yunzu.errors import NotFoundError
from yunzu.model.text import shown
from yunzu.records.requests_schema import tokens as table

_PREFIX = "yunzu_"  # so that scanners of repositories and logs recognise one
_BYTES = 32
_COUNTED_EVERY_S = 60  # a token used a thousand times a minute is written once


@dataclass(frozen=True, slots=True)
class Token:
    """One token without its secret; moments are in UTC. `scope`: `all` or `read`.

    `confirmed_until`: until when its bearer has proved a second factor.
    """

    id: str
    account: str
    label: str
    scope: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    confirmed_until: datetime | None = None


_COLUMNS = [table.c[name] for name in Token.__slots__]


def issue(
    connection: Connection,
    account: str,
    *,
    label: str,
    scope: str,
    now: datetime,
    expires_at: datetime,
    confirmed_until: datetime | None = None,
) -> tuple[Token, str]:
    """A new token and its text, which is shown once and never again."""
    identifier, text = secrets.token_hex(4), _PREFIX + secrets.token_urlsafe(_BYTES)
    token = Token(identifier, account, label, scope, now, expires_at, confirmed_until=confirmed_until)
    values = {name: getattr(token, name) for name in Token.__slots__}
    connection.execute(insert(table).values(**values, hash=_hash(text)))
    return token, text


def authenticate(connection: Connection, text: str, now: datetime) -> Token | None:
    """The token of that text, if it is valid now; notes its use. None for any other text."""
    query = select(*_COLUMNS).where(
        table.c.hash == _hash(text), table.c.revoked_at.is_(None), table.c.expires_at > now
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    token = Token(**row)
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= _COUNTED_EVERY_S:
        connection.execute(update(table).where(table.c.id == token.id).values(last_used_at=now))
    return token


def listed(connection: Connection, account: str | None = None) -> list[Token]:
    """Tokens of one account or of all, newest first."""
    query = select(*_COLUMNS).order_by(table.c.created_at.desc(), table.c.id)
    if account is not None:
        query = query.where(table.c.account == account)
    return [Token(**row) for row in connection.execute(query).mappings()]


def revoke(connection: Connection, identifier: str, now: datetime) -> Token:
    """It is refused from now on. Revoked twice is no fault. Raises NotFoundError."""
    row = connection.execute(select(*_COLUMNS).where(table.c.id == identifier)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"token {shown(identifier)}", "is not in the records", "see `yunzu token list`")
    where = (table.c.id == identifier) & table.c.revoked_at.is_(None)
    connection.execute(update(table).where(where).values(revoked_at=now))
    return replace(Token(**row), revoked_at=row["revoked_at"] or now)


def revoke_all(connection: Connection, account: str, now: datetime) -> int:
    """All of an account are refused from now on; how many were good."""
    where = (table.c.account == account) & table.c.revoked_at.is_(None) & (table.c.expires_at > now)
    return connection.execute(update(table).where(where).values(revoked_at=now)).rowcount


def confirm(connection: Connection, identifier: str, until: datetime) -> None:
    """Its bearer has proved a second factor, which counts until then."""
    connection.execute(update(table).where(table.c.id == identifier).values(confirmed_until=until))


def _hash(text: str) -> str:
    """Plain SHA-256: a token is 256 random bits, so there is nothing to guess that a slow hash would slow."""
    return hashlib.sha256(text.encode()).hexdigest()
