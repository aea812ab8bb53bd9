"""The centre's records database: how to log in, one pool, and errors a caller can act on."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.connections import Postgres

CONNECT_TIMEOUT_S = 10


def sslmode(postgres: Postgres) -> str:
    """`disable` for our own server without TLS, otherwise what the connection asks for."""
    return "disable" if postgres.ca is None and not postgres.external else postgres.sslmode


def conninfo(postgres: Postgres, application: str = "yunzu") -> dict[str, Any]:
    """Keyword arguments for `psycopg.connect`; holds the password."""
    arguments: dict[str, Any] = {
        "host": postgres.host,
        "port": postgres.port,
        "user": postgres.user,
        "password": postgres.password.get_secret_value(),
        "dbname": postgres.database,
        "sslmode": sslmode(postgres),
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": application[:63],  # PostgreSQL cuts it there and says so in its log
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    if postgres.ca is not None:
        arguments["sslrootcert"] = str(postgres.ca)
    return arguments


def subject(postgres: Postgres) -> str:
    """How messages call the database: address and name, never a login."""
    return f"records database {postgres.database} at {postgres.address}"


def lock_key(name: str) -> int:
    """Of a PostgreSQL advisory lock: 64 bits, signed. Two names that met would only wait for each other."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def translated(postgres: Postgres) -> Iterator[None]:
    """Turn the driver's errors into ours.

    Raises UnreachableError when the server does not answer or ends the session, RefusedError when
    our login lacks a right.
    """
    try:
        yield
    except (psycopg.errors.InsufficientPrivilege, ProgrammingError) as error:
        cause = error.orig if isinstance(error, ProgrammingError) else error
        if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise
        raise RefusedError(subject(postgres), _first_line(cause), "grant it to the centre's login") from error
    except (OperationalError, InterfaceError) as error:
        raise _unreachable(postgres, error.orig) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise _unreachable(postgres, error) from error


def _unreachable(postgres: Postgres, cause: BaseException | None) -> UnreachableError:
    return UnreachableError(
        subject(postgres),
        f"does not answer ({_first_line(cause)})",
        "see `yunzu status`, then run the same command again",
    )


def _first_line(cause: BaseException | None) -> str:
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


class Records:
    """A pool of connections to the records database, shared by the threads of one process."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self._engine = create_engine(
            "postgresql+psycopg://",
            creator=self.connect,
            pool_size=4,
            max_overflow=8,
            pool_pre_ping=True,  # the server may have been restarted since the last use
        )

    def connect(self, application: str = "yunzu") -> psycopg.Connection[Any]:
        """A session of its own, outside the pool. Raises psycopg's errors."""
        return psycopg.connect(**conninfo(self.postgres, application))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on an error."""
        with translated(self.postgres), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator["Records"]:
        """Records in whose transactions everything happens, and is undone at the end of the block."""
        with translated(self.postgres), self._engine.connect() as connection, connection.begin() as outer:
            try:
                yield _Rehearsal(self, connection)
            finally:
                outer.rollback()

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Rehearsal(Records):
    """One transaction that others nest in."""

    def __init__(self, records: Records, connection: Connection) -> None:
        self.postgres, self._engine, self._connection = records.postgres, records._engine, connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A part of the rehearsal: undone by itself on an error."""
        with self._connection.begin_nested():
            yield self._connection
