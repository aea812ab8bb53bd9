"""What happened to a request: its moves (append-only), its steps 环节, its pauses 特别程序 and 补正."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from yunzu.records.requests_schema import request_moves, request_pauses, request_steps


@dataclass(frozen=True, slots=True)
class Moved:
    """One move: who made it, in whose place (`principal`, where a deputy acted), proved how, from where."""

    request: str
    seq: int
    at: datetime
    move: str
    state_before: str | None
    state_after: str
    account: str
    roles: tuple[str, ...]
    authenticated: str
    origin: str
    principal: str | None
    reason: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step: begun, due, and how it ended. `action` None: it waits. `ruling`: the rule that took it."""

    request: str
    seq: int
    step: str
    by: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    action: str | None = None
    account: str | None = None
    principal: str | None = None
    opinion: str | None = None
    ruling: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """A time in which the clock stands."""

    request: str
    seq: int
    kind: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    approved_by: str | None


def add_move(connection: Connection, request: str, **values: object) -> None:
    """Enter a move that was made; `values` are `Moved`'s but `request` and `seq`."""
    row = {**values, "request": request, "seq": _next(connection, request_moves, request)}
    connection.execute(insert(request_moves).values(row))


def begin_step(
    connection: Connection, request: str, step: str, by: str, *, started_at: datetime, due_at: datetime
) -> int:
    """A step begins; returns its number in the request."""
    seq = _next(connection, request_steps, request)
    row = {"step": step, "by": by, "started_at": started_at, "due_at": due_at}
    connection.execute(insert(request_steps).values(request=request, seq=seq, **row))
    return seq


def end_step(connection: Connection, request: str, seq: int, **values: object) -> None:
    """The step has ended; `values`: ended_at, action, and who or which rule took it."""
    where = (request_steps.c.request == request) & (request_steps.c.seq == seq)
    connection.execute(update(request_steps).where(where).values(values))


def begin_pause(connection: Connection, request: str, **values: object) -> int:
    """The clock stands from now on; `values` are `Paused`'s but `request` and `seq`."""
    seq = _next(connection, request_pauses, request)
    connection.execute(insert(request_pauses).values(request=request, seq=seq, **values))
    return seq


def end_pause(connection: Connection, request: str, at: datetime) -> None:
    """The pause that is under way ends, no later than an extension was to last."""
    where = (request_pauses.c.request == request) & (
        request_pauses.c.ended_at.is_(None) | (request_pauses.c.ended_at > at)
    )
    connection.execute(update(request_pauses).where(where).values(ended_at=at))


def moves(connection: Connection, request: str) -> list[Moved]:
    """In the order in which they were made."""
    return [
        Moved(**row | {"roles": tuple(row["roles"])}) for row in _rows(connection, request_moves, request)
    ]


def makers(connection: Connection, request: str, move: str) -> set[str]:
    """Who made a move, and in whose place they did."""
    query = select(request_moves.c.account, request_moves.c.principal).where(
        request_moves.c.request == request, request_moves.c.move == move
    )
    return {account for row in connection.execute(query) for account in row if account}


def steps(connection: Connection, requests: Sequence[str]) -> dict[str, list[StepTaken]]:
    """Steps of several requests, each in order."""
    return _grouped(connection, request_steps, requests, StepTaken)


def pauses(connection: Connection, requests: Sequence[str]) -> dict[str, list[Paused]]:
    """Pauses of several requests, each in order."""
    return _grouped(connection, request_pauses, requests, Paused)


def _grouped(
    connection: Connection, table: Table, requests: Sequence[str], kind: Any
) -> dict[str, list[Any]]:
    query = select(table).where(table.c.request.in_(requests)).order_by(table.c.request, table.c.seq)
    found: dict[str, list[Any]] = {number: [] for number in requests}
    for row in connection.execute(query).mappings():
        found[row["request"]].append(kind(**row))
    return found


def _rows(connection: Connection, table: Table, request: str) -> list[dict[str, Any]]:
    query = select(table).where(table.c.request == request).order_by(table.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]


def _next(connection: Connection, table: Table, request: str) -> int:
    """The request is locked, so nobody else counts at the same time."""
    query = select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.request == request)
    return int(connection.execute(query).scalar_one()) + 1
