"""The queue's own tables, as tests look at them and change them."""

from typing import Any

from sqlalchemy import text

from tests.support.office import Desk
from yunzu.records import queue


def ask(desk: Desk, statement: str) -> list[Any]:
    """Rows of a statement on the queue's own tables."""
    with desk.office.records.transaction() as connection, queue._path(connection):
        found = connection.execute(text(statement))
        return [tuple(row) for row in found] if found.returns_rows else []


def jobs(desk: Desk) -> list[Any]:
    """What is queued, as (request, state, whether it waits for its next try, lock)."""
    columns = "queueing_lock, status::text, scheduled_at > now() IS TRUE, lock"
    return ask(desk, f"SELECT {columns} FROM procrastinate_jobs ORDER BY id")  # noqa: S608 - a constant


def change(desk: Desk, what: str) -> None:
    ask(desk, f"UPDATE procrastinate_jobs SET {what}")  # noqa: S608 - of this file
