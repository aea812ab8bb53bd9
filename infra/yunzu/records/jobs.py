"""Jobs: what was asked of the workers, how far it has come, and what came of it, for whoever asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from yunzu.errors import NotFoundError
from yunzu.model.jobs import Kind, State
from yunzu.model.text import shortened
from yunzu.records.deliveries import Progress
from yunzu.records.jobs_schema import jobs as table


@dataclass(frozen=True, slots=True)
class Job:
    """One job; moments in UTC. `account` asked for it. `found`: parts of the result so far.

    A job that is done has a `result`, or one `sealed` to the `recipient`; one that failed has the document
    of its error.
    """

    id: str
    kind: Kind
    environment: str
    account: str
    arguments: Mapping[str, Any]
    recipient: str | None
    asked_at: datetime
    state: State = "queued"
    done: int = 0
    total: int = 0
    doing: str = ""
    found: Sequence[Mapping[str, Any]] = ()
    result: Mapping[str, Any] | None = None
    sealed: str | None = None
    failure: Mapping[str, Any] | None = None
    ended_at: datetime | None = None


_ASKED = ("id", "kind", "environment", "account", "arguments", "recipient", "asked_at", "state")


def enter(connection: Connection, job: Job) -> None:
    """Somebody asks for it."""
    connection.execute(insert(table).values({name: getattr(job, name) for name in _ASKED}))


def find(connection: Connection, identifier: str, account: str) -> Job:
    """A job of that account. Raises NotFoundError, also for one that is forgotten."""
    query = select(table).where(table.c.id == identifier, table.c.account == account)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"job {shortened(identifier)}", "is not known, or was forgotten", "ask again")
    return Job(**row)


def under_way(connection: Connection, account: str, since: datetime) -> int:
    """How many of an account that were asked for since then have not ended."""
    mine = table.c.account == account, table.c.asked_at > since, table.c.ended_at.is_(None)
    query = select(func.count()).where(*mine)
    return int(connection.execute(query.select_from(table)).scalar_one())


def begin(connection: Connection, identifier: str) -> Job | None:
    """The job, which runs from now on; None where it has ended, or is forgotten. What a worker that died had
    found of it is found anew."""
    living = table.c.state.in_(("queued", "running"))
    begun = update(table).where(table.c.id == identifier, living).values(state="running", found=[])
    row = connection.execute(begun.returning(*table.c)).mappings().one_or_none()
    return None if row is None else Job(**row)


def tell(connection: Connection, identifier: str, progress: Progress) -> None:
    """How far it has come."""
    connection.execute(update(table).where(table.c.id == identifier).values(progress.steps()))


def add(connection: Connection, identifier: str, part: Mapping[str, Any]) -> None:
    """A part of the result is found."""
    longer = table.c.found.op("||")(literal([part], JSONB))
    connection.execute(update(table).where(table.c.id == identifier).values(found=longer))


def end(
    connection: Connection,
    identifier: str,
    at: datetime,
    *,
    result: Mapping[str, Any] | None = None,
    sealed: str | None = None,
    failure: Mapping[str, Any] | None = None,
) -> None:
    """It is done; with `failure`, the document of an error, it has failed."""
    values: dict[str, Any] = {"state": "failed" if failure else "done", "ended_at": at}
    values |= {"result": result, "sealed": sealed, "failure": failure}
    connection.execute(update(table).where(table.c.id == identifier).values(values))


def forget(connection: Connection, before: datetime) -> int:
    """Remove those that were asked for before that moment; how many those were."""
    return connection.execute(delete(table).where(table.c.asked_at < before)).rowcount
