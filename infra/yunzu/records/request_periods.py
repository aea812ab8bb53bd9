"""What reports read of requests: everything of a time, one query a table, however many cases there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select

from yunzu.model.actors import SYSTEM
from yunzu.records.request_history import Paused
from yunzu.records.requests_schema import manifests, request_moves, request_pauses, requests


@dataclass(frozen=True, slots=True)
class Wanted:
    """Requests that were open, or rated, at some time of [start, end); those of one department, "" the
    centre's own, None all."""

    start: datetime
    end: datetime
    department: str | None = None

    @property
    def numbers(self) -> Select[tuple[str]]:
        return select(requests.c.number).where(*self.conditions)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        open_then = or_(requests.c.done_at.is_(None), requests.c.done_at >= self.start)
        found = [
            requests.c.applicant != SYSTEM,
            requests.c.submitted_at < self.end,
            or_(open_then, requests.c.rated_at >= self.start),
        ]
        if self.department is not None:
            found.append(func.coalesce(requests.c.department, "") == self.department)
        return found


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as a report needs it, with the promise that it pins; `department` None: the centre's own."""

    number: str
    item: str
    item_hash: str
    department: str | None
    applicant: str
    subject: str
    state: str
    submitted_at: datetime
    done_at: datetime | None
    rating: int | None
    rated_at: datetime | None
    case_kind: str
    promised: dict[str, Any]
    statutory: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Emergency:
    """A request that an operator had granted without the people whose steps it waited for."""

    request: str
    item: str
    department: str | None
    at: datetime
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Version:
    """One approved manifest of a history; `content` None: retired. Of a department only the title is read."""

    kind: str
    id: str
    hash: str | None
    content: dict[str, Any] | None
    request: str | None
    at: datetime


def freeze(connection: Connection) -> None:
    """What the transaction reads is of one moment, and it changes nothing. To be called first in it."""
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def filed(connection: Connection, wanted: Wanted) -> list[Filed]:
    """The requests, by number."""
    pinned = requests.c.item_content
    promise = [pinned[name].label(name) for name in ("case_kind", "promised", "statutory")]
    columns = [requests.c[name] for name in Filed.__slots__ if name in requests.c]
    query = select(*columns, *promise).where(*wanted.conditions).order_by(requests.c.number)
    return [Filed(**row) for row in connection.execute(query).mappings()]


def acceptances(connection: Connection, wanted: Wanted) -> dict[str, datetime]:
    """When each was accepted: the moment of the move, which nobody can change afterwards.

    Silence is acceptance as of the submission, but that move is made when somebody looks.
    """
    moves = request_moves.c
    query = select(moves.request, func.min(moves.at)).group_by(moves.request)
    accepted = query.where(moves.move == "accept", moves.request.in_(wanted.numbers))
    return dict(connection.execute(accepted).all())


def emergencies(connection: Connection, wanted: Wanted, until: datetime) -> list[Emergency]:
    """Those of the time, up to a moment, in order."""
    moves = request_moves.c
    columns = [moves.request, requests.c.item, requests.c.department, moves.at, moves.account, moves.reason]
    made = select(*columns).join(requests, requests.c.number == moves.request)
    of_the_time = made.where(
        moves.move == "emergency", moves.at >= wanted.start, moves.at < wanted.end, moves.at <= until
    )
    query = of_the_time.where(moves.request.in_(wanted.numbers)).order_by(moves.at, moves.request)
    return [Emergency(**row) for row in connection.execute(query).mappings()]


def pauses(connection: Connection, wanted: Wanted) -> dict[str, list[Paused]]:
    """The pauses of those that had any, each in order."""
    found: dict[str, list[Paused]] = {}
    query = select(request_pauses).where(request_pauses.c.request.in_(wanted.numbers))
    ordered = query.order_by(request_pauses.c.request, request_pauses.c.seq)
    for row in connection.execute(ordered).mappings():
        found.setdefault(row["request"], []).append(Paused(**row))
    return found


def versions(connection: Connection, kinds: Sequence[str], until: datetime) -> list[Version]:
    """Every manifest of these kinds that was approved up to a moment, in the order of approval."""
    title = func.jsonb_build_object("title", manifests.c.content["title"])
    of_department = (manifests.c.kind == "Department") & manifests.c.content.is_not(None)
    content = case((of_department, title), else_=manifests.c.content).label("content")
    columns = [manifests.c[name] for name in Version.__slots__ if name != "content"]
    query = select(*columns, content).where(manifests.c.kind.in_(kinds), manifests.c.at <= until)
    return [Version(**row) for row in connection.execute(query.order_by(manifests.c.seq)).mappings()]
