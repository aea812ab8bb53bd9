"""Operations: who did what to which environment, and how it ended.

An entry is begun before the work and ended after it, once; the database refuses any other change. An
entry without an end is a run that was cut short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from yunzu.records.database import Records
from yunzu.records.schema import operations as table


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry; moments are in UTC, `outcome` is None while it runs or when it was cut short."""

    id: int
    uid: str
    kind: str
    actor: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: dict[str, Any]


def begin(records: Records, uid: str, kind: str, actor: str, **detail: object) -> int:
    """Enter that the work starts; returns the entry's id. `detail` holds no secret."""
    entry = insert(table).values(uid=uid, kind=kind, actor=actor, detail=detail).returning(table.c.id)
    with records.transaction() as connection:
        return int(connection.execute(entry).scalar_one())


def end(records: Records, operation: int, outcome: str, detail: Mapping[str, object] | None = None) -> None:
    """Enter how it ended. `detail` is added to what `begin` was given."""
    values = {"ended_at": func.now(), "outcome": outcome, "detail": table.c.detail.concat(dict(detail or {}))}
    with records.transaction() as connection:
        connection.execute(update(table).where(table.c.id == operation).values(values))


def entries(records: Records, uid: str, limit: int = 100) -> list[Operation]:
    """The newest entries of one environment, newest first."""
    query = select(table).where(table.c.uid == uid).order_by(table.c.id.desc()).limit(limit)
    with records.transaction() as connection:
        return [Operation(**row) for row in connection.execute(query).mappings()]
