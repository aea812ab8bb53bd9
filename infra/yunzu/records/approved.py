"""What was approved: the newest manifest of each kind and id is what should be. Append-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from yunzu.records.requests_schema import manifests as table


@dataclass(frozen=True, slots=True)
class Approved:
    """One approved manifest; `hash` and `content` None: retired. `request` None: shipped with the centre."""

    kind: str
    id: str
    hash: str | None
    content: dict[str, Any] | None
    request: str | None
    at: datetime


_COLUMNS = (table.c.kind, table.c.id, table.c.hash, table.c.content, table.c.request, table.c.at)


def approve(connection: Connection, one: Approved) -> None:
    """From now on this is what should be."""
    values = {"kind": one.kind, "id": one.id, "hash": one.hash, "content": one.content}
    connection.execute(insert(table).values(**values, request=one.request, at=one.at))


def current(connection: Connection, kind: str, identifier: str) -> Approved | None:
    """What is approved now; None if nothing ever was. A retired one has no content."""
    query = select(*_COLUMNS).where(table.c.kind == kind, table.c.id == identifier)
    row = connection.execute(query.order_by(table.c.seq.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else Approved(**row)


def last(connection: Connection, kind: str, identifier: str) -> Approved | None:
    """The newest that has content: what is approved now, or was until it was retired."""
    query = select(*_COLUMNS).where(table.c.kind == kind, table.c.id == identifier)
    newest = query.where(table.c.hash.is_not(None)).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else Approved(**row)


def currents(connection: Connection, kind: str | None = None) -> list[Approved]:
    """Everything that is approved now, by kind and id, without what was retired."""
    newest = select(*_COLUMNS).ext(distinct_on(table.c.kind, table.c.id))
    if kind is not None:
        newest = newest.where(table.c.kind == kind)
    ordered = newest.order_by(table.c.kind, table.c.id, table.c.seq.desc())
    found = [Approved(**row) for row in connection.execute(ordered).mappings()]
    return [one for one in found if one.content is not None]


def of_hash(connection: Connection, kind: str, content_hash: str) -> Approved | None:
    """A manifest that was approved at some time, by its hash."""
    query = select(*_COLUMNS).where(table.c.kind == kind, table.c.hash == content_hash)
    row = connection.execute(query.order_by(table.c.seq.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else Approved(**row)
