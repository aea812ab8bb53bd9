"""Second factors as recorded: sealed secrets, the last step that was used, and how often somebody guessed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from yunzu.records.accounts_schema import second_factors as table


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """One account's. `sealed` is what counts, `offered` what is about to be enrolled; moments in UTC."""

    account: str
    sealed: bytes | None = None
    enrolled_at: datetime | None = None
    offered: bytes | None = None
    last_step: int = 0
    failures: int = 0
    locked_until: datetime | None = None


def find(connection: Connection, account: str, *, lock: bool = False) -> SecondFactor:
    """The account's, empty where it has none; with `lock`, nobody else tries a code at the same time."""
    if lock:
        row = {"account": account, "last_step": 0, "failures": 0}
        connection.execute(insert(table).values(row).on_conflict_do_nothing())
    query = select(table).where(table.c.account == account)
    found = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return SecondFactor(**found) if found else SecondFactor(account)


def change(connection: Connection, account: str, **values: object) -> None:
    """Change what is recorded of an account that the transaction has locked."""
    connection.execute(update(table).where(table.c.account == account).values(values))


def forget(connection: Connection, account: str) -> bool:
    """The account has none any more; whether it had one."""
    gone = delete(table).where(table.c.account == account).returning(table.c.enrolled_at)
    row = connection.execute(gone).first()
    return row is not None and row.enrolled_at is not None


def enrolled(connection: Connection) -> set[str]:
    """The accounts that have one."""
    return set(connection.execute(select(table.c.account).where(table.c.sealed.is_not(None))).scalars())
