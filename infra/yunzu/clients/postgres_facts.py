"""What a PostgreSQL server is, only looked at: for `yunzu preflight`. Nothing here writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from yunzu.clients.postgres import Connection, Server, rows
from yunzu.model.connections import Postgres

_SETTINGS = ("password_encryption", "max_connections", "wal_level", "archive_mode", "fsync")


@dataclass(frozen=True, slots=True)
class PostgresFacts:
    """One server as an administrator's login sees it. `clock_offset` in seconds, the server's minus ours."""

    version: int  # e.g. 150018
    role: str
    superuser: bool
    createrole: bool
    createdb: bool
    tls: str | None  # protocol version, None without TLS
    verified: bool  # its certificate was checked, with its name
    local: bool  # what is said to it stays on this machine
    public_connect: tuple[str, ...]  # maintenance databases that every login may enter
    settings: dict[str, str]
    in_use: int
    encoding: str
    locale: str
    extensions: frozenset[str]
    replica: bool
    clock_offset: float


@dataclass(frozen=True, slots=True)
class RecordsFacts:
    """A records database: `schema` None while it has none, `owner` None while no centre took it."""

    may_create: bool
    schema: str | None
    owner: str | None


def examine(server: Server) -> PostgresFacts:
    """Raises what `Server.session` raises."""
    with server.session() as connection, _read_only(connection):
        # A plain UTC clock before and after: the middle of the question is when the server was asked.
        before = datetime.now(UTC)
        (now,) = _row(connection, "SELECT clock_timestamp()")
        after = datetime.now(UTC)
        role = _row(
            connection,
            "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_catalog.pg_roles"
            " WHERE rolname = current_user",
        )
        tls = _row(
            connection, "SELECT CASE WHEN ssl THEN version END FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        shape = _row(
            connection,
            "SELECT pg_encoding_to_char(encoding), datcollate, pg_is_in_recovery(),"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
            " FROM pg_catalog.pg_database WHERE datname = current_database()",
        )
        return PostgresFacts(
            version=connection.info.server_version,
            role=role[0],
            superuser=role[1],
            createrole=role[2],
            createdb=role[3],
            tls=tls[0],
            verified=connection.pgconn.ssl_in_use and server.address.sslmode == "verify-full",
            local=_is_loopback(server.address.host),
            public_connect=_public_connect(connection),
            settings=_settings(connection),
            in_use=shape[3],
            encoding=shape[0],
            locale=shape[1],
            extensions=frozenset(
                name for (name,) in rows(connection, "SELECT name FROM pg_available_extensions")
            ),
            replica=shape[2],
            clock_offset=(now - before - (after - before) / 2).total_seconds(),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def examine_records(server: Server, schema: str) -> RecordsFacts:
    """The records in the database that `server` logs in to. Raises what `Server.session` raises."""
    with server.session() as connection, _read_only(connection):
        (may_create,) = _row(connection, "SELECT has_database_privilege(current_database(), 'CREATE')")
        return RecordsFacts(
            may_create,
            _only(connection, schema, "alembic_version", "version_num"),
            _only(connection, schema, "centre", "id"),
        )


def exists(address: Postgres) -> bool:
    """Whether the database that the address names exists; raises UnreachableError if the server is not there.

    Asked in the maintenance database, because a login to a missing one fails like one to a missing server.
    """
    with (
        Server(address.model_copy(update={"database": "postgres"})) as server,
        server.session() as connection,
    ):
        query = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"
        return bool(rows(connection, query, (address.database,)))


def create_database(name: str, owner: str) -> str:
    """SQL that makes a database of UTF8 text, whatever the server's locale is."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8';")
    return statement.format(sql.Identifier(name), sql.Identifier(owner)).as_string()


def grant_connect(database: str, role: str) -> str:
    """SQL that lets a role in after PUBLIC is kept out."""
    statement = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {};")
    return statement.format(sql.Identifier(database), sql.Identifier(role)).as_string()


def revoke_public(databases: tuple[str, ...]) -> str:
    """SQL that keeps every login but the administrator's out of those databases."""
    return _text("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC;", databases)


def grant_attributes(role: str, attributes: tuple[LiteralString, ...]) -> str:
    """SQL that gives a role what it lacks."""
    words = sql.SQL(" ").join(sql.SQL(word) for word in attributes)
    return sql.SQL("ALTER ROLE {} {};").format(sql.Identifier(role), words).as_string()


def grant_create(database: str, role: str) -> str:
    """SQL that lets a role make the records' schemas."""
    statement = sql.SQL("GRANT CREATE ON DATABASE {} TO {};")
    return statement.format(sql.Identifier(database), sql.Identifier(role)).as_string()


def _text(statement: LiteralString, names: tuple[str, ...]) -> str:
    return "\n".join(sql.SQL(statement).format(sql.Identifier(name)).as_string() for name in names)


@contextmanager
def _read_only(connection: Connection) -> Iterator[None]:
    """The server itself refuses writes meanwhile."""
    connection.execute("SET default_transaction_read_only = on")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("RESET default_transaction_read_only")


def _row(connection: Connection, query: LiteralString) -> tuple[Any, ...]:
    return rows(connection, query)[0]


def _settings(connection: Connection) -> dict[str, str]:
    return dict(
        rows(connection, "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (list(_SETTINGS),))
    )


def _public_connect(connection: Connection) -> tuple[str, ...]:
    found = rows(
        connection,
        "SELECT DISTINCT datname FROM pg_catalog.pg_database d,"
        " aclexplode(coalesce(datacl, acldefault('d', datdba))) a"
        " WHERE datname IN ('postgres', 'template1', current_database()) AND a.grantee = 0"
        " AND a.privilege_type IN ('CONNECT', 'TEMPORARY') ORDER BY datname",
    )
    return tuple(name for (name,) in found)


def _only(connection: Connection, schema: str, table: str, column: str) -> str | None:
    """The one value of a table of one row; None where there is no such table or row."""
    try:
        statement = sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.Identifier(schema, table))
        found = connection.execute(statement).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return str(found[0]) if found else None
