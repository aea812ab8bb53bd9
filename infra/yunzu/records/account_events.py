"""The trail of accounts: what was done about each, by whom, from where. Append-only, and without secrets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from yunzu.model.actors import Actor
from yunzu.records.accounts_schema import account_events as table


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One entry; `account` is whom it is about, `by` who did it, `at` in UTC."""

    id: int
    at: datetime
    account: str
    event: str
    by: str
    authenticated: str
    origin: str
    reason: str | None
    detail: dict[str, Any]


def enter(
    connection: Connection,
    account: str,
    event: str,
    actor: Actor,
    at: datetime,
    *,
    reason: str | None = None,
    **detail: object,
) -> None:
    """Enter what `actor` did about an account."""
    values = {"at": at, "account": account, "event": event, "by": actor.account, "reason": reason}
    proof = {"authenticated": actor.authenticated, "origin": actor.origin}
    connection.execute(insert(table).values(**values, **proof, detail=detail))


def listed(connection: Connection, account: str, limit: int = 100) -> list[AccountEvent]:
    """What was done about an account, newest first."""
    query = select(table).where(table.c.account == account).order_by(table.c.id.desc()).limit(limit)
    return [AccountEvent(**row) for row in connection.execute(query).mappings()]
