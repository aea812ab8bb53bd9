"""Bring the records database to the schema this version knows.

Versions are files under `versions/`, run by Alembic from `migrate` (never from its command line, so
that there is no configuration file to get wrong). Migrations only go up: a database that a newer
yunzu has migrated is refused, never changed back.
"""

from importlib import import_module
from pathlib import Path

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from yunzu.errors import RefusedError
from yunzu.model.connections import Postgres
from yunzu.records.database import Records, conninfo, subject, translated
from yunzu.records.schema import SCHEMA

HEAD = "0011"
_LOCK = 7_020_418_236_551_907  # any number nobody else takes: two migrations at once wait for each other


def migrate(records: Postgres) -> None:
    """Create or upgrade the schema; a current one is left as it is.

    Raises RefusedError when the schema is newer than this version, UnreachableError when the server
    does not answer.
    """
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(**conninfo(records)), poolclass=NullPool
    )
    with translated(records), engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        current = _current(connection)
        if current == HEAD:
            return
        _refuse_newer(records, current)
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        _upgrade(connection)


def require_current(records: Records) -> None:
    """Check without changing anything. Raises RefusedError when `migrate` is due or the schema is newer."""
    with records.transaction() as connection:
        current = _current(connection)
    _refuse_newer(records.postgres, current)
    if current != HEAD:
        raise RefusedError(subject(records.postgres), "its schema is not up to date", "run `yunzu up`")


def known() -> frozenset[str]:
    """The versions of the schema that this yunzu knows."""
    versions = (Path(__file__).parent / "versions").glob("[0-9]*.py")
    return frozenset(path.stem.split("_")[0] for path in versions)


def _current(connection: Connection) -> str | None:
    table = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.alembic_version')").scalar()
    if table is None:
        return None
    version = connection.exec_driver_sql(f"SELECT version_num FROM {SCHEMA}.alembic_version")  # noqa: S608
    return version.scalar()


def _refuse_newer(records: Postgres, current: str | None) -> None:
    if current is not None and current not in known():
        raise RefusedError(
            subject(records),
            f"its schema {current} is newer than {HEAD}, the newest this yunzu knows",
            "use the newer yunzu; nothing was changed",
        )


def _upgrade(connection: Connection) -> None:
    # Late: Alembic takes 0.2 s to load and every command passes through this package.
    command = import_module("alembic.command")
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
