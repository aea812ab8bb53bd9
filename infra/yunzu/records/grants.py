"""What environments hold of their department's quota and of their pool's room.

Reserved in the decision's transaction, under one lock for the whole centre: two decisions at the edge see
each other, so nothing is promised twice.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Numeric, cast, delete, func, select, true
from sqlalchemy.dialects.postgresql import insert

from yunzu.records.requests_schema import grants as table

Amounts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Grant:
    """What one environment holds: `amounts` by meter, in whole units of the meter."""

    environment: str
    department: str
    pool: str
    plan_hash: str
    request: str
    amounts: Amounts
    at: datetime


def lock(connection: Connection) -> None:
    """Decide alone until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("yunzu grants", 0))))


def reserve(connection: Connection, grant: Grant) -> None:
    """The environment holds this now, instead of what it held before. Under `lock`."""
    values = {name: getattr(grant, name) for name in Grant.__slots__}
    held = insert(table).values(values)
    connection.execute(held.on_conflict_do_update(index_elements=[table.c.environment], set_=values))


def release(connection: Connection, environment: str) -> None:
    """The environment holds nothing any more."""
    connection.execute(delete(table).where(table.c.environment == environment))


def held(connection: Connection, environment: str) -> Grant | None:
    """What one environment holds."""
    row = connection.execute(select(table).where(table.c.environment == environment)).mappings().one_or_none()
    return None if row is None else Grant(**row)


def of_department(connection: Connection, department: str) -> Amounts:
    """Sums over all environments of a department, by meter."""
    return _sums(connection, "department", department).get(department, {})


def by_pool(connection: Connection) -> dict[str, Amounts]:
    """Sums over the environments on each pool, by meter; a pool without environments is not there."""
    return _sums(connection, "pool")


def _sums(connection: Connection, group: str, only: str | None = None) -> dict[str, Amounts]:
    key = table.c[group]
    each = func.jsonb_each_text(table.c.amounts).table_valued("key", "value")
    amount = func.sum(cast(each.c.value, Numeric))
    query = select(key, each.c.key, amount).select_from(table.join(each, true())).group_by(key, each.c.key)
    if only is not None:
        query = query.where(key == only)
    sums: dict[str, Amounts] = {}
    for name, what, total in connection.execute(query):
        sums.setdefault(name, {})[what] = int(total)
    return sums
