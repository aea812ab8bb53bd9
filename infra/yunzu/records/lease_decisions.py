"""What operators decided about leases that have ended: append-only, the newest of a lease counts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from yunzu.records.requests_schema import lease_decisions as table

Decision = Literal["confirmed", "tolerated"]


@dataclass(frozen=True, slots=True)
class LeaseDecision:
    """About the lease of an environment whose last day is `until`: that its suspension is confirmed, or
    that its use is tolerated until a day, with the reason."""

    environment: str
    until: date
    decision: Decision
    account: str
    at: datetime
    tolerated_until: date | None = None
    reason: str | None = None


def add(connection: Connection, one: LeaseDecision) -> None:
    """Enter a decision."""
    connection.execute(insert(table).values({name: getattr(one, name) for name in LeaseDecision.__slots__}))


def newest(connection: Connection) -> dict[tuple[str, date], LeaseDecision]:
    """The newest decision about each lease, by environment and last day."""
    columns = [table.c[name] for name in LeaseDecision.__slots__]
    query = select(*columns).ext(distinct_on(table.c.environment, table.c.until))
    ordered = query.order_by(table.c.environment, table.c.until, table.c.seq.desc())
    found = (LeaseDecision(**row) for row in connection.execute(ordered).mappings())
    return {(one.environment, one.until): one for one in found}
