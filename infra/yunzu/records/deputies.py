"""Deputies 代理 as recorded: who stands in for whom, from which day to which, named and ended by whom."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, insert, or_, select, update

from yunzu.errors import NotFoundError
from yunzu.model.deputies import Deputy
from yunzu.model.text import shown
from yunzu.records.accounts_schema import deputies as table


@dataclass(frozen=True, slots=True)
class Deputyship:
    """One of them; days are inclusive, moments in UTC."""

    id: str
    of: str
    by: str
    start: date
    until: date
    named_by: str
    named_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None


def add(connection: Connection, deputy: Deputy, *, named_by: str, now: datetime) -> Deputyship:
    """Enter a deputy that may be named."""
    one = Deputyship(secrets.token_hex(4), deputy.of, deputy.by, deputy.start, deputy.until, named_by, now)
    values = {name: getattr(one, name) for name in Deputyship.__slots__}
    connection.execute(insert(table).values(values))
    return one


def listed(connection: Connection, account: str | None = None) -> list[Deputyship]:
    """Those of an account, on either side, or all; newest first."""
    query = select(table).order_by(table.c.named_at.desc(), table.c.id)
    if account is not None:
        query = query.where(or_(table.c["of"] == account, table.c["by"] == account))
    return [Deputyship(**row) for row in connection.execute(query).mappings()]


def standing_in(connection: Connection, by: str, day: date) -> list[Deputy]:
    """Whom an account stands in for on a day."""
    query = select(table).where(
        table.c["by"] == by, table.c.revoked_at.is_(None), table.c.start <= day, table.c.until >= day
    )
    rows = connection.execute(query.order_by(table.c["of"])).mappings()
    return [as_rule(Deputyship(**row)) for row in rows]


def as_rule(one: Deputyship) -> Deputy:
    """As the rules take it."""
    days = {"from": one.start, "until": one.until}
    return Deputy.model_validate({"of": one.of, "by": one.by} | days, by_alias=True)


def find(connection: Connection, identifier: str) -> Deputyship:
    """One of them. Raises NotFoundError."""
    row = connection.execute(select(table).where(table.c.id == identifier)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"deputy {shown(identifier)}", "is not in the records", "see `yunzu deputy list`")
    return Deputyship(**row)


def revoke(connection: Connection, identifier: str, *, by: str, now: datetime) -> Deputyship:
    """It counts no longer. Revoked twice is no fault. Raises NotFoundError."""
    one = find(connection, identifier)
    if one.revoked_at is not None:
        return one
    connection.execute(update(table).where(table.c.id == identifier).values(revoked_at=now, revoked_by=by))
    return replace(one, revoked_at=now, revoked_by=by)


def revoke_all(connection: Connection, account: str, *, by: str, now: datetime) -> int:
    """Nobody stands in for the account any more, nor it for anybody; how many that ended."""
    where = or_(table.c["of"] == account, table.c["by"] == account) & table.c.revoked_at.is_(None)
    return connection.execute(update(table).where(where).values(revoked_at=now, revoked_by=by)).rowcount
