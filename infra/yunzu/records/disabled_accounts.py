"""Accounts that are shut, by whom and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.records.accounts_schema import disabled_accounts as table


@dataclass(frozen=True, slots=True)
class DisabledAccount:
    """One of them, since when in UTC."""

    account: str
    disabled_at: datetime
    disabled_by: str
    reason: str


def disable(connection: Connection, account: str, *, by: str, reason: str, now: datetime) -> bool:
    """It is shut from now on; whether it was open."""
    values = {"account": account, "disabled_at": now, "disabled_by": by, "reason": reason}
    entry = insert(table).values(values).on_conflict_do_nothing().returning(table.c.account)
    return connection.execute(entry).first() is not None


def enable(connection: Connection, account: str) -> bool:
    """It is open again; whether it was shut."""
    gone = delete(table).where(table.c.account == account).returning(table.c.account)
    return connection.execute(gone).first() is not None


def listed(connection: Connection) -> dict[str, DisabledAccount]:
    """All of them, by account."""
    found = connection.execute(select(table).order_by(table.c.account)).mappings()
    return {row["account"]: DisabledAccount(**row) for row in found}
