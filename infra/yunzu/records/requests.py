"""Requests 办件 as recorded. Functions take the caller's transaction: a move, what it reserves and what it
approves are one commit.

Moments are given, never the database's own: the promise's clock is injected, so that a year passes in a test.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, RowMapping, Select, any_, insert, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from yunzu.errors import NotFoundError
from yunzu.model.text import shown
from yunzu.records.requests_schema import request_days as days
from yunzu.records.requests_schema import requests as table


@dataclass(frozen=True, slots=True)
class Request:
    """One request; documents are canonical JSON values, moments are in UTC.

    `original`, `requested` are the manifest as it was approved before and as it is asked for; `base_hash`
    says which approved content the applicant saw. `decided_hash` is what was approved. `step` is the
    sequence number of the step that waits. `emergency` is why an operator had it go on without the people
    of its department. `filing_key` is what whoever filed it called the filing, and
    `filed_hash` the manifest that it was filed with: a correction changes `requested_hash`.
    """

    number: str
    item: str
    item_hash: str
    item_content: dict[str, Any]
    department: str | None
    subject_kind: str
    subject: str
    base_hash: str | None
    original: dict[str, Any] | None
    requested: dict[str, Any]
    requested_hash: str
    applicant: str
    state: str
    submitted_at: datetime
    agent: str | None = None
    authors: tuple[str, ...] = ()
    bundle: str | None = None
    needs: tuple[str, ...] = ()
    step: int | None = None
    reason: str | None = None
    ruling: dict[str, Any] | None = None
    emergency: str | None = None
    decided_hash: str | None = None
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    done_at: datetime | None = None
    rating: int | None = None
    rated_at: datetime | None = None
    filing_key: str | None = None
    filed_hash: str | None = None


def next_number(connection: Connection, day: date) -> int:
    """The next number of a day: 1, 2, … Two transactions wait for each other, so none is used twice; one
    that is rolled back gives its number back."""
    first = upsert(days).values(day=day, last=1)
    counted = first.on_conflict_do_update(index_elements=[days.c.day], set_={"last": days.c.last + 1})
    return int(connection.execute(counted.returning(days.c.last)).scalar_one())


def add(connection: Connection, request: Request) -> None:
    """Enter a request."""
    values = {field.name: getattr(request, field.name) for field in fields(request)}
    values |= {"authors": list(request.authors), "needs": list(request.needs)}
    connection.execute(insert(table).values(values))


def find(connection: Connection, number: str, *, lock: bool = False) -> Request:
    """One request; with `lock`, nobody else moves it until the transaction ends. Raises NotFoundError."""
    query = select(table).where(table.c.number == number)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"request {shown(number)}", "is not in the records", "see `yunzu request list`")
    return _request(row)


def of_key(connection: Connection, key: str) -> Request | None:
    """The request that was filed under a key."""
    row = connection.execute(select(table).where(table.c.filing_key == key)).mappings().one_or_none()
    return None if row is None else _request(row)


def change(connection: Connection, number: str, **values: object) -> Request:
    """Change columns of a request that the transaction has locked; returns it as it is now."""
    changed = update(table).where(table.c.number == number).values(values).returning(table)
    return _request(connection.execute(changed).mappings().one())


class Chosen(TypedDict, total=False):
    """Which requests; what is left out or None limits nothing. `needing`: that wait for the request of that
    number."""

    department: str | None
    subject: str | None
    bundle: str | None
    needing: str | None
    states: Sequence[str] | None


def listed(
    connection: Connection, *, limit: int = 1000, before: Request | None = None, **chosen: Unpack[Chosen]
) -> list[Request]:
    """The newest requests of those asked for, newest first, at most `limit`; with `before`, older ones than
    that. For people, who page: what has to see all takes `each`."""
    query = _of(chosen).order_by(table.c.submitted_at.desc(), table.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where((before.submitted_at, before.number) > _ORDER)
    return [_request(row) for row in connection.execute(query).mappings()]


def each(connection: Connection, *, page: int = 500, **chosen: Unpack[Chosen]) -> Iterator[Request]:
    """Every request of those asked for, oldest first, read `page` at a time."""
    query = _of(chosen).order_by(table.c.submitted_at, table.c.number).limit(page)
    rows = connection.execute(query).mappings().all()
    while rows:
        yield from map(_request, rows)
        after = query.where((rows[-1]["submitted_at"], rows[-1]["number"]) < _ORDER)
        rows = connection.execute(after).mappings().all()


_ORDER = tuple_(table.c.submitted_at, table.c.number)


def _of(chosen: Chosen) -> Select[Any]:
    query = select(table)
    if (states := chosen.get("states")) is not None:
        query = query.where(table.c.state.in_(states))
    if (needing := chosen.get("needing")) is not None:
        query = query.where(literal(needing) == any_(table.c.needs))
    for name in ("department", "subject", "bundle"):
        if (value := chosen.get(name)) is not None:
            query = query.where(table.c[name] == value)
    return query


def between(connection: Connection, start: datetime, end: datetime) -> list[Request]:
    """Every request that was open at some time of [start, end), oldest first."""
    query = select(table).where(
        table.c.submitted_at < end, (table.c.done_at.is_(None)) | (table.c.done_at >= start)
    )
    ordered = query.order_by(table.c.submitted_at, table.c.number)
    return [_request(row) for row in connection.execute(ordered).mappings()]


def _request(row: RowMapping) -> Request:
    values = dict(row)
    values["authors"], values["needs"] = tuple(row["authors"]), tuple(row["needs"])
    return Request(**values)
