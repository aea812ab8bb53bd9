"""A database as its tenant sees it: what the handed login can do, and what it must not.

Only user and password come from the tenant's Secret; the address is the centre's own, because what
lies in a tenant's namespace is not to be trusted with where we connect.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from yunzu.clients.postgres import Connection, rows, tls_parameters
from yunzu.clients.postgres_refusals import answer, is_about
from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import Postgres


@dataclass(frozen=True, slots=True)
class TenantLogin:
    """One login on one server."""

    address: Postgres
    database: str
    user: str
    password: str = field(repr=False)

    @contextmanager
    def session(self, database: str | None = None) -> Iterator[Connection]:
        """A session as the tenant, on the login's own or another database.

        Raises RefusedError when the server says no, UnreachableError when it does not answer.
        """
        name = database or self.database
        try:
            with psycopg.connect(
                host=self.address.host,
                port=self.address.port,
                dbname=name,
                user=self.user,
                password=self.password,
                connect_timeout=10,
                application_name="yunzu-verify",
                autocommit=True,
                **tls_parameters(self.address),
            ) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise _translated(self.user, name, error) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise RefusedError(f"database {name}", _first_line(error)) from error
        except psycopg.Error as error:
            raise YunzuError(f"database {name}", _first_line(error)) from error

    def log_in(self) -> str:
        """Log in; says with which protection."""
        with self.session() as connection:
            if not connection.pgconn.ssl_in_use:
                return "logged in, without TLS (the server has none)"
            return "logged in over TLS, the server's certificate verified"

    def define_and_change(self) -> str:
        """Create a table, write, read, delete and drop it; nothing is left."""
        table = sql.Identifier(f"yunzu_probe_{secrets.token_hex(6)}")
        with self.session() as connection, connection.transaction(force_rollback=True):
            connection.execute(sql.SQL("CREATE TABLE {} (id integer PRIMARY KEY, word text)").format(table))
            connection.execute(sql.SQL("INSERT INTO {} VALUES (1, 'a'), (2, 'b')").format(table))
            connection.execute(sql.SQL("UPDATE {} SET word = 'c' WHERE id = 2").format(table))
            read = connection.execute(sql.SQL("SELECT word FROM {} ORDER BY id").format(table)).fetchall()
            if read != [("a",), ("c",)]:
                raise YunzuError(f"database {self.database}", "does not return what was written")
            connection.execute(sql.SQL("DROP TABLE {}").format(table))
        return "created, written, read, dropped"

    def grant_onward(self) -> str:
        """Try to open database and schema to everybody; the right of use must not reach that far.

        PostgreSQL answers a non-owner's GRANT with a warning only, so what counts is what the
        catalogue says afterwards. All is rolled back: what was loosened must not be opened by the probe.
        """
        database = sql.Identifier(self.database)
        with self.session() as connection, connection.transaction(force_rollback=True):
            before = _grants(connection)
            for statement in (
                sql.SQL("GRANT ALL ON DATABASE {} TO PUBLIC").format(database),
                sql.SQL("GRANT ALL ON SCHEMA public TO PUBLIC"),
                sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(database),
            ):
                with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement)
            after = _grants(connection)
        if before != after:
            raise YunzuError(f"database {self.database}", "the tenant could change its grants")
        return "the tenant's GRANT changed nothing"


def _grants(connection: Connection) -> list[tuple[object, ...]]:
    return rows(
        connection,
        "SELECT datacl::text, datconnlimit, pg_get_userbyid(datdba),"
        " (SELECT nspacl::text FROM pg_catalog.pg_namespace WHERE nspname = 'public')"
        " FROM pg_catalog.pg_database WHERE datname = current_database()",
    )


def _translated(user: str, database: str, error: psycopg.OperationalError) -> YunzuError:
    """A refusal names whom or what it is about; a server that cannot be asked now names nobody."""
    if error.sqlstate is not None:  # in a session, which had been let in
        ended = error.sqlstate.startswith(("08", "53", "57P"))
        return (UnreachableError if ended else RefusedError)(f"database {database}", _first_line(error))
    refused = is_about(error, user, database)
    said = answer(error) or _first_line(error)
    return (RefusedError if refused else UnreachableError)(f"database {database}", said)


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__
