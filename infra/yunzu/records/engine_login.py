"""The Pulumi CLI's own login: it may touch the table of Pulumi's state and nothing else.

The CLI repeats `CREATE TABLE IF NOT EXISTS` and `CREATE INDEX IF NOT EXISTS` at every start, which
PostgreSQL allows only to the table's owner with CREATE on its schema. So the login owns the state
table and its schema; the fence on it is a function of the centre's, which it cannot change.
"""

import hashlib
import hmac
from typing import Any

import psycopg
from psycopg import sql
from pydantic import SecretStr

from yunzu import naming
from yunzu.model.connections import Postgres
from yunzu.records.database import conninfo, translated
from yunzu.records.schema import STATE_SCHEMA


def engine_login(records: Postgres, *, centre: str, identity_key: SecretStr) -> Postgres:
    """The CLI's login. Its password is derived: every worker of the centre knows it and none keeps it."""
    key = bytes.fromhex(identity_key.get_secret_value())
    password = hmac.new(key, f"engine-login/{centre}".encode(), hashlib.sha256).hexdigest()
    return records.model_copy(
        update={"user": naming.engine_role(centre), "password": SecretStr(password)},
    )


def prepare_engine_login(records: Postgres, *, centre: str, identity_key: SecretStr) -> None:
    """Create or repair the role, its password and its rights; running it again changes nothing.

    Raises RefusedError when the centre's login may not create roles, UnreachableError.
    """
    login = engine_login(records, centre=centre, identity_key=identity_key)
    with translated(records), psycopg.connect(**conninfo(records)) as connection:
        role = sql.Identifier(login.user)
        if not _role_exists(connection, login.user):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        _set_password(connection, login)
        _let_own_state(connection, records, role)


def _role_exists(connection: psycopg.Connection[Any], role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _set_password(connection: psycopg.Connection[Any], login: Postgres) -> None:
    # Hashed here: the server's log and statistics show statements.
    verifier = connection.pgconn.encrypt_password(
        login.password.get_secret_value().encode(), login.user.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("ALTER ROLE {} CONNECTION LIMIT 64 PASSWORD {}").format(
            sql.Identifier(login.user), sql.Literal(verifier.decode())
        )
    )


def _let_own_state(connection: psycopg.Connection[Any], records: Postgres, role: sql.Identifier) -> None:
    database, schema = sql.Identifier(records.database), sql.Identifier(STATE_SCHEMA)
    table = sql.SQL("{}.pulumi_state").format(schema)
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if superuser != (True,):
        # Who gives a table away must belong to the new owner.
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    for statement in (
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(schema, role),
        sql.SQL("ALTER TABLE {} OWNER TO {}").format(table, role),
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(role, database, schema),
    ):
        connection.execute(statement)
