"""Faults at the k-th external side effect of a run, counted by wrappers around every client.

A side effect is what another process can see afterwards: a changing request that the API server or the S3
server accepted, a PostgreSQL statement or commit, a recorded intent, a commit to the records that wrote
something. The Pulumi CLI's own writes to the state fall between them.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ProtocolError

from yunzu.clients.postgres import Server
from yunzu.records.database import Records, translated
from yunzu.records.fencing import Writer

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
INTERRUPTED_S = 2.0
"""How long an answer takes that Ctrl-C is pressed during: the Pulumi CLI has heard of it by then."""


@dataclass(frozen=True)
class Fault:
    """What happens right after a side effect: the `at`-th of all, or with `kind` the `at`-th of that kind.

    `kill` ends this process, `end` kills the processes `pids`; `interrupt` presses Ctrl-C while the answer
    is still under way; `lose` cuts the connection, so that the caller never learns that it took place;
    `stop` lets this process stand still (SIGSTOP) until somebody lets it go on.
    """

    action: str = "none"
    at: int = 1
    kind: str = ""
    pids: tuple[int, ...] = ()


class Effects:
    """Counts side effects into a journal, one line each, and acts after the chosen one."""

    def __init__(self, fault: Fault, journal: Path) -> None:
        self.fault = fault
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._guard = threading.Lock()
        self._counted = 0

    def happened(self, kind: str, lost: Callable[[], Exception]) -> None:
        """One side effect took place; `lost` makes the error that its caller would see."""
        with self._guard:
            os.write(self._journal, f"{kind}\n".encode())
            self._counted += self.fault.kind in ("", kind)
            due = self.fault.kind in ("", kind) and self._counted == self.fault.at
        if not due:
            return
        if self.fault.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.fault.action == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self.fault.action == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(INTERRUPTED_S)
        elif self.fault.action == "end":
            for pid in self.fault.pids:
                os.kill(pid, signal.SIGKILL)
        elif self.fault.action == "lose":
            raise lost()


def install(effects: Effects) -> None:
    """Wrap the clients of this process, for good."""
    _wrap_http(effects)
    _wrap_postgres(effects)
    _wrap_records(effects)


def _wrap_http(effects: Effects) -> None:
    original = HTTPConnectionPool._make_request

    def make_request(pool: Any, connection: Any, method: str, url: str, *args: Any, **named: Any) -> Any:
        answer = original(pool, connection, method, url, *args, **named)
        if method in CHANGING and answer.status < 400 and "dryRun=" not in url and not _is_ours(url):
            effects.happened(http_kind(method, url), lambda: _cut(connection))
        return answer

    HTTPConnectionPool._make_request = make_request  # type: ignore[method-assign, assignment]


def _is_ours(url: str) -> bool:
    """Whether it asks the centre's own API: what that does, it does in a process of its own."""
    return url.startswith("/api/v1/requests")


def http_kind(method: str, url: str) -> str:
    """`kubernetes POST secrets`, `s3 add-user`, `s3 PUT bucket?tagging`."""
    address = urlsplit(url)
    parts = address.path.strip("/").split("/")
    if parts[:2] == ["minio", "admin"]:
        return f"s3 {parts[3]}"
    if parts[0] in ("api", "apis"):
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        resource = rest[2] if rest[0] == "namespaces" and len(rest) > 2 else rest[0]
        return f"kubernetes {method} {resource}"
    key = address.query.split("&")[0].split("=")[0]
    what = "object" if len(parts) > 1 else "bucket"
    return f"s3 {method} {what}" + (f"?{key}" if key else "")


def _cut(connection: Any) -> Exception:
    connection.close()
    return ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def _wrap_postgres(effects: Effects) -> None:
    original = Server._connect

    def connect(server: Server, database: str, user: str | None = None, password: str | None = None) -> Any:
        connection = original(server, database, user, password)
        if user is None:
            _watch(connection, effects)
        return connection

    Server._connect = connect  # type: ignore[method-assign, assignment]


def _watch(connection: Any, effects: Effects) -> None:
    """Count its statements; of a transaction, the commit, named after its first statement."""
    execute, transaction = connection.execute, connection.transaction
    first: list[str] = []

    def lost() -> Exception:
        connection.close()
        return psycopg.OperationalError("server closed the connection unexpectedly")

    def counted_execute(query: Any, *args: Any, **named: Any) -> Any:
        result = execute(query, *args, **named)
        verb = _verb(query)
        if verb and connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
            first.append(verb)
        elif verb:
            effects.happened(f"postgres {verb}", lost)
        return result

    @contextmanager
    def counted_transaction(*args: Any, **named: Any) -> Iterator[Any]:
        first.clear()
        with transaction(*args, **named) as inner:
            yield inner
        if first:
            effects.happened(f"postgres commit {first[0]}", lost)

    connection.execute, connection.transaction = counted_execute, counted_transaction


def _verb(query: Any) -> str:
    """`CREATE DATABASE` of a statement; empty for one that changes nothing."""
    text = query.as_string(None) if isinstance(query, sql.Composable) else str(query)
    words: Sequence[str] = text.split()
    if "pg_terminate_backend" in text:
        return "terminate"
    if words[0].upper() in ("SELECT", "SET", "SHOW", "WITH"):
        return ""
    return " ".join(words[: 1 if words[0] in ("GRANT", "REVOKE") else 2])


def _wrap_records(effects: Effects) -> None:
    transaction, intend = Records.transaction, Writer.intend

    def lost() -> Exception:
        return psycopg.OperationalError("server closed the connection unexpectedly")

    @contextmanager
    def counted_transaction(records: Records) -> Iterator[Any]:
        with transaction(records) as connection:
            yield connection
            query = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
            wrote = connection.exec_driver_sql(query).scalar()
        if wrote:
            with translated(records.postgres):  # as it is where the answer to the commit is lost
                effects.happened("records commit", lost)

    def counted_intend(writer: Writer, kind: str, name: str) -> None:
        intend(writer, kind, name)
        with translated(writer._records.postgres):
            effects.happened(f"intend {kind}", lost)

    Records.transaction = counted_transaction  # type: ignore[method-assign, assignment]
    Writer.intend = counted_intend  # type: ignore[method-assign, assignment]
