"""One PostgreSQL server, administered: connections, errors, and the few server-wide facts.

What a tenant gets on it is in `postgres_databases` and `postgres_logins`. Every statement is built
from `psycopg.sql` parts; no name or value is ever formatted into text.
"""

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, Self

import psycopg
from psycopg import errors as pgerrors
from psycopg import sql

from yunzu.clients.postgres_refusals import answer, is_about, said, speaks_of
from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import Postgres

Connection = psycopg.Connection[tuple[Any, ...]]
Statement = sql.SQL | sql.Composed

_IDLE_CONNECTIONS = 4
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 120  # a CREATE DATABASE may wait for others'; nothing of ours takes minutes
_CREATION_LOCK = 0x79756E7A75  # "yunzu": advisory lock that serialises CREATE DATABASE on a server
_MINIMUM_VERSION = 150000  # CREATE DATABASE … STRATEGY, and no CREATE for PUBLIC in schema public


class Server:
    """Administration of one server. Safe for threads; close it, or use it as a context manager.

    Raises UnreachableError where the server does not answer, RefusedError where the
    administrator's rights do not suffice, YunzuError for everything else the server says.
    """

    def __init__(self, address: Postgres) -> None:
        self.address = address
        self._idle: list[Connection] = []
        self._guard = threading.Lock()
        self._creating = threading.Lock()
        self._facts: tuple[int, str, bool] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; the object stays usable."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @property
    def subject(self) -> str:
        """How errors name this server."""
        return f"PostgreSQL {self.address.address}"

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """An autocommit connection to the administrator's database, kept for the next caller."""
        with self._errors():
            connection = self._borrow()
            try:
                yield connection
            except BaseException:
                connection.close()  # its state is unknown: never hand it to another caller
                raise
            with self._guard:
                if len(self._idle) < _IDLE_CONNECTIONS:
                    self._idle.append(connection)
                    return
            connection.close()

    @contextmanager
    def database_session(self, database: str) -> Iterator[Connection]:
        """An autocommit connection to `database`, closed afterwards (an idle one would hold up its drop)."""
        with self._errors(), self._connect(database) as connection:
            yield connection

    @contextmanager
    def creating(self, connection: Connection) -> Iterator[None]:
        """Hold the server's turn to create a database: side by side they are slower than in turn."""
        with self._creating:
            connection.execute("SELECT pg_advisory_lock(%s)", (_CREATION_LOCK,))
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute("SELECT pg_advisory_unlock(%s)", (_CREATION_LOCK,))

    @property
    def version(self) -> int:
        """Server version as PostgreSQL counts it, e.g. 150018."""
        return self._known()[0]

    @property
    def administrator(self) -> str:
        """The role the centre logs in as."""
        return self._known()[1]

    @property
    def is_superuser(self) -> bool:
        """Whether that role is a superuser; a managed server gives CREATEROLE and CREATEDB only."""
        return self._known()[2]

    def can_login(self, database: str, user: str, password: str) -> bool:
        """Whether that login works, tried over the network exactly as the tenant's would.

        A server that is full refuses only after it has accepted the password, so that counts as
        working. Raises UnreachableError when the server does not answer, or lets in nobody now.
        """
        try:
            with self._connect(database, user=user, password=password) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            if not speaks_of(error, user, database):
                raise UnreachableError(self.subject, said(error), _advice(said(error))) from error
            return self._is_full(database, user) and answer(error) != self._answer_to_nobody(database, user)
        return True

    def holds(self, database: str) -> bool:
        """Whether a database of that name is on this server."""
        with self.session() as connection:
            return bool(
                rows(connection, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", (database,))
            )

    def harden(self) -> tuple[str, ...]:
        """Take from PUBLIC what every server gives it: CONNECT on the maintenance databases.

        Idempotent. Returns a sentence for each database where the administrator may not do so.
        """
        left = []
        with self.session() as connection:
            for name in dict.fromkeys(("postgres", "template1", self.address.database)):
                if not _public_may_connect(connection, name):
                    continue
                connection.execute(
                    sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(
                        sql.Identifier(name)
                    )
                )
                if _public_may_connect(connection, name):
                    left.append(f"database {name}: PUBLIC keeps CONNECT; its owner must revoke it")
        return tuple(left)

    def check_usable(self) -> None:
        """Raise RefusedError where version or rights do not suffice, before anything is half made."""
        self._known()

    def _known(self) -> tuple[int, str, bool]:
        if self._facts is None:
            with self.session() as connection:
                row = rows(
                    connection,
                    "SELECT current_user, rolsuper, rolcreaterole AND rolcreatedb"
                    " FROM pg_catalog.pg_roles WHERE rolname = current_user",
                )[0]
                version = connection.info.server_version
            if version < _MINIMUM_VERSION:
                raise RefusedError(
                    self.subject, f"is version {version // 10000}", "version 15 or later is needed"
                )
            if not (row[1] or row[2]):
                raise RefusedError(
                    self.subject, f"role {row[0]} lacks CREATEROLE or CREATEDB", "grant both to that role"
                )
            self._facts = (version, row[0], row[1])
        return self._facts

    def _answer_to_nobody(self, database: str, user: str) -> str | None:
        """What the server says to a password that is certainly wrong, in whatever language."""
        try:
            self._connect(database, user=user, password=secrets.token_hex()).close()
        except psycopg.OperationalError as error:
            return answer(error)
        return None

    def _is_full(self, database: str, user: str) -> bool:
        """Whether login or database have as many sessions as they may."""
        with self.session() as connection:
            found = rows(
                connection,
                "SELECT (rolconnlimit >= 0 AND rolconnlimit <="
                "   (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = rolname))"
                " OR EXISTS (SELECT 1 FROM pg_catalog.pg_database d"
                "   WHERE d.datname = %s AND d.datconnlimit >= 0"
                "   AND d.datconnlimit <= (SELECT count(*) FROM pg_catalog.pg_stat_activity a"
                "                          WHERE a.datid = d.oid AND a.backend_type = 'client backend'))"
                " FROM pg_catalog.pg_roles WHERE rolname = %s AND rolcanlogin",
                (database, user),
            )
        return bool(found and found[0][0])

    def _borrow(self) -> Connection:
        while True:
            with self._guard:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect(self.address.database)
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError:
                connection.close()  # the server was restarted since: try the next one, then a new one
            else:
                return connection

    def _connect(self, database: str, user: str | None = None, password: str | None = None) -> Connection:
        connection = psycopg.connect(
            host=self.address.host,
            port=self.address.port,
            dbname=database,
            user=user or self.address.user,
            password=password if user else self.address.password.get_secret_value(),
            connect_timeout=_CONNECT_SECONDS,
            application_name="yunzu",
            autocommit=True,
            **tls_parameters(self.address),
        )
        try:
            if user is None:
                connection.execute(sql.SQL("SET statement_timeout = {}").format(_STATEMENT_SECONDS * 1000))
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn psycopg's exceptions into ours; their texts hold no literal of a statement."""
        try:
            yield
        except pgerrors.InsufficientPrivilege as error:
            raise RefusedError(
                self.subject, said(error), f"grant role {self.address.user} what it lacks"
            ) from error
        except psycopg.OperationalError as error:
            if is_about(error, self.address.user):
                advice = "correct the administrator's password, or let it in (pg_hba.conf, connection limit)"
                raise RefusedError(self.subject, said(error), advice) from error
            if error.sqlstate is None or error.sqlstate.startswith(("08", "53300", "57P")):
                raise UnreachableError(self.subject, said(error), _advice(said(error))) from error
            raise YunzuError(self.subject, said(error), "see the server's log") from error
        except psycopg.Error as error:
            raise YunzuError(self.subject, said(error), "see the server's log") from error


def tls_parameters(address: Postgres) -> dict[str, Any]:
    """Connection parameters of libpq for the server's TLS, also right for a tenant's own client."""
    if address.ca is not None:
        return {"sslmode": address.sslmode, "sslrootcert": str(address.ca)}
    if not address.sslmode.startswith("verify-"):
        return {"sslmode": address.sslmode}
    # No CA file: a managed server's certificate is a public CA's, the wheel's server has no TLS.
    return {"sslmode": "verify-full", "sslrootcert": "system"} if address.external else {"sslmode": "disable"}


def rows(
    connection: Connection, query: LiteralString, parameters: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query, parameters).fetchall()


def run(connection: Connection, statement: LiteralString, **parts: sql.Composable) -> None:
    """Execute a statement whose names and values are given as parts."""
    connection.execute(sql.SQL(statement).format(**parts))


def verifier(connection: Connection, user: str, password: str) -> str:
    """SCRAM verifier of a password: what is sent instead of it, so that no log can hold it."""
    return connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()


def _public_may_connect(connection: Connection, database: str) -> bool:
    return bool(
        rows(
            connection,
            "SELECT 1 FROM pg_catalog.pg_database d,"
            " aclexplode(coalesce(datacl, acldefault('d', datdba))) a"
            " WHERE datname = %s AND a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY')",
            (database,),
        )
    )


def _advice(text: str) -> str:
    if "certificate" in text or "SSL" in text:
        return "check its certificate, sslmode and sslrootcert"
    return "start it, or correct its address"
