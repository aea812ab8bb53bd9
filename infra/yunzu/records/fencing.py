"""One writer per environment, and a token that stops an overtaken one.

A writer holds a PostgreSQL session lock on the stack's name and gets the next token of its fence. The
lock keeps two healthy writers apart; the token stops one that lost its session without noticing (a
network cut, a failover, a process paused and resumed): its state writes are refused by the trigger
on Pulumi's state, its side effects by `Writer.intend`.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NoReturn

import psycopg
from sqlalchemy import Connection, text

from yunzu.errors import BusyError, FencedError
from yunzu.records.children import Child
from yunzu.records.database import Records, lock_key, translated

WAIT_S = 10.0

_TAKE = """
INSERT INTO yunzu.fences AS f (stack, token, holder) VALUES (%(stack)s, 1, %(holder)s)
ON CONFLICT (stack) DO UPDATE SET token = f.token + 1, holder = excluded.holder, since = now()
RETURNING token, child_machine, child_pid, child_started
"""
_INTEND = """
WITH mine AS (SELECT token FROM yunzu.fences WHERE stack = %(stack)s AND token = %(token)s FOR SHARE)
INSERT INTO yunzu.intents (stack, kind, name, token) SELECT %(stack)s, %(kind)s, %(name)s, token FROM mine
ON CONFLICT (stack, kind, name) DO UPDATE SET token = excluded.token, at = now()
"""
_INTENDED = """
SELECT 1 FROM yunzu.intents WHERE stack = %(stack)s AND kind = %(kind)s AND name = %(name)s
"""
_TOKEN = "SELECT token FROM yunzu.fences WHERE stack = %(stack)s"  # noqa: S105 - not that kind of token
_HOLDER = """
SELECT f.holder, f.since FROM yunzu.fences f WHERE f.stack = %(stack)s
"""


class Writer:
    """The present writer of one stack; implements `yunzu.clients.ownership.Intents`.

    Safe for the threads of one process. A lost session is replaced once for each call, and goes on if
    nobody has taken over meanwhile. All methods raise FencedError or BusyError when somebody has, and
    UnreachableError when the records do not answer.
    """

    def __init__(
        self, records: Records, session: psycopg.Connection[Any], stack: str, token: int, before: Child | None
    ) -> None:
        self.stack = stack
        self.token = token
        self.overtaken_child = before  # the Pulumi CLI of an earlier writer that did not end cleanly
        self._records = records
        self._session = session
        self._one_at_a_time = threading.RLock()

    def intend(self, kind: str, name: str) -> None:
        """Record the intent durably. Raises FencedError when a later writer holds the stack."""
        values = {"stack": self.stack, "token": self.token, "kind": kind, "name": name}
        if self._execute(_INTEND, values).rowcount == 0:
            self._raise_fenced()

    def intended(self, kind: str, name: str) -> bool:
        """Whether this or an earlier writer recorded that intent."""
        values = {"stack": self.stack, "kind": kind, "name": name}
        return self._execute(_INTENDED, values).fetchone() is not None

    def forget_intents(self) -> None:
        """Drop all intents: nothing of the environment is left on any server."""
        self.check()
        self._execute("DELETE FROM yunzu.intents WHERE stack = %s", [self.stack])

    def check(self) -> None:
        """Raises FencedError when a later writer holds the stack."""
        query = "SELECT 1 FROM yunzu.fences WHERE stack = %s AND token = %s"
        if self._execute(query, [self.stack, self.token]).fetchone() is None:
            self._raise_fenced()

    def guard(self, connection: Connection) -> None:
        """Let nobody take over until this transaction of the records ends. Raises FencedError too late."""
        statement = text(f"{_TOKEN.replace('%(stack)s', ':stack')} FOR SHARE")
        token = connection.execute(statement, {"stack": self.stack}).scalar_one()
        if token != self.token:
            raise FencedError(self.stack, self.token, token)

    def runs(self, child: Child) -> None:
        """Record the Pulumi CLI that works for this writer, so that a later one can wait for its end."""
        self._set_child(child.machine, child.pid, child.started)

    def ended(self) -> None:
        """The CLI has ended. Says nothing when another writer has taken over."""
        self._set_child(None, None, None)

    def _set_child(self, where: str | None, pid: int | None, ticks: int | None) -> None:
        statement = (
            "UPDATE yunzu.fences SET child_machine = %s, child_pid = %s, child_started = %s"
            " WHERE stack = %s AND token = %s"
        )
        self._execute(statement, [where, pid, ticks, self.stack, self.token])

    def close(self) -> None:
        """Let go of the stack."""
        with self._one_at_a_time:
            self._session.close()

    def _execute(self, statement: str, values: Any) -> psycopg.Cursor[Any]:
        with self._one_at_a_time, translated(self._records.postgres):
            try:
                return self._session.execute(statement, values)
            except psycopg.OperationalError:
                if not self._session.closed:
                    raise
            self._resume()
            return self._session.execute(statement, values)

    def _resume(self) -> None:
        """Take the lock again in a new session, if the token is still ours."""
        self._session = _session(self._records)
        locked = self._session.execute("SELECT pg_try_advisory_lock(%s)", [_lock_key(self.stack)]).fetchone()
        self.check()
        if locked != (True,):
            raise _held_by_another(self._session, self.stack)

    def _raise_fenced(self) -> NoReturn:
        row = self._execute(_TOKEN, {"stack": self.stack}).fetchone()
        raise FencedError(self.stack, self.token, row[0] if row else 0)


class Guest:
    """Side effects under a token that another process holds: the plugin of a plain Pulumi run."""

    def __init__(self, records: Records, stack: str, token: int) -> None:
        self._records = records
        self._stack, self._token = stack, token

    def intend(self, kind: str, name: str) -> None:
        """Record the intent durably. Raises FencedError when the token is not the current one."""
        with translated(self._records.postgres), self._records.connect() as session:
            if session.execute(_INTEND, self._values(kind, name)).rowcount == 1:
                return
            row = session.execute(_TOKEN, {"stack": self._stack}).fetchone()
        raise FencedError(self._stack, self._token, row[0] if row else 0)

    def intended(self, kind: str, name: str) -> bool:
        """Whether any writer recorded that intent."""
        with translated(self._records.postgres), self._records.connect() as session:
            found = session.execute(_INTENDED, self._values(kind, name))
            return found.fetchone() is not None

    def _values(self, kind: str, name: str) -> dict[str, object]:
        return {"stack": self._stack, "token": self._token, "kind": kind, "name": name}


@contextmanager
def hold(records: Records, stack: str, *, wait_s: float = WAIT_S) -> Iterator[Writer]:
    """Be the one writer of this stack for the length of the block.

    Raises BusyError naming the holder when another one does not let go within `wait_s` seconds,
    UnreachableError.
    """
    holder = f"{socket.gethostname()}, process {os.getpid()}"
    with translated(records.postgres):
        session = _session(records)
    try:
        with translated(records.postgres):
            _lock(session, stack, wait_s)
            row = session.execute(_TAKE, {"stack": stack, "holder": holder}).fetchone()
        assert row is not None  # noqa: S101 - INSERT … RETURNING gives a row
        token, *child = row
    except BaseException:
        session.close()
        raise
    with closing(
        Writer(records, session, stack, token, None if child[0] is None else Child(*child))
    ) as writer:
        yield writer


def _session(records: Records) -> psycopg.Connection[Any]:
    """A session of its own, since the lock lives as long as it; each statement is durable by itself."""
    session = records.connect(f"yunzu writer {socket.gethostname()} {os.getpid()}")
    session.autocommit = True
    return session


def _lock(session: psycopg.Connection[Any], stack: str, wait_s: float) -> None:
    session.execute("SELECT set_config('lock_timeout', %s, false)", [f"{max(1, round(wait_s * 1000))}ms"])
    try:
        session.execute("SELECT pg_advisory_lock(%s)", [_lock_key(stack)])
    except psycopg.errors.LockNotAvailable as error:
        raise _held_by_another(session, stack) from error
    finally:
        if not session.broken:
            session.execute("SELECT set_config('lock_timeout', '0', false)")


def _lock_key(stack: str) -> int:
    return lock_key(f"stack {stack}")


def _held_by_another(session: psycopg.Connection[Any], stack: str) -> BusyError:
    row = session.execute(_HOLDER, {"stack": stack}).fetchone()
    who = f"{row[0]}, since {row[1].astimezone():%Y-%m-%d %H:%M:%S}" if row else "a process just starting"
    return BusyError(stack, f"is being changed by another run ({who})", "wait for it to end, or stop it")
