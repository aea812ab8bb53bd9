"""The CLI's login may touch the state's table and nothing else."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from tests.support.engine import IDENTITY_KEY, centre_of
from tests.support.postgres import administrator, log_of
from yunzu.model.connections import Connections, Postgres
from yunzu.records.centre import prepare
from yunzu.records.database import conninfo
from yunzu.records.engine_login import engine_login


def login_of(connections: Connections) -> Postgres:
    return engine_login(connections.records, centre=connections.centre, identity_key=connections.identity_key)


def test_it_may_do_what_the_cli_does_at_its_start(connections: Connections) -> None:
    with psycopg.connect(**conninfo(login_of(connections))) as session:
        session.execute("CREATE TABLE IF NOT EXISTS pulumi_state (key text)")
        session.execute("CREATE INDEX IF NOT EXISTS pulumi_state_key_prefix_idx ON pulumi_state (key)")
        assert session.execute("SELECT key FROM pulumi_state").fetchall() == [(".pulumi/meta.yaml",)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM yunzu.environments",
        "UPDATE yunzu.fences SET token = 0",
        "INSERT INTO yunzu.intents VALUES ('s', 'k', 'n', 1)",
        "CREATE OR REPLACE FUNCTION yunzu.fence_state() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION yunzu.fence_state() CASCADE",
        "CREATE DATABASE more",
        "CREATE ROLE more",
        "CREATE TABLE public.more ()",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_it_may_do_nothing_else(connections: Connections, statement: str) -> None:
    with (
        psycopg.connect(**conninfo(login_of(connections)), autocommit=True) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        session.execute(statement)


def test_its_password_is_in_no_log_of_the_server(connections: Connections) -> None:
    prepare(connections)
    log = log_of(connections.records).read_text()
    assert "CREATE ROLE" in log
    secret = login_of(connections).password.get_secret_value()
    assert secret != IDENTITY_KEY
    assert secret not in log


def test_a_lost_password_is_put_right(connections: Connections) -> None:
    login = login_of(connections)
    with administrator(connections.records) as admin:
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD 'other'").format(sql.Identifier(login.user)))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**conninfo(login))
    prepare(connections)
    psycopg.connect(**conninfo(login)).close()


def test_an_administrator_who_is_no_superuser_can_prepare(empty_database: Postgres, tmp_path: Path) -> None:

    with administrator(empty_database) as admin:
        admin.execute("DROP ROLE IF EXISTS plain_admin")
        admin.execute("CREATE ROLE plain_admin LOGIN CREATEROLE PASSWORD 'plain'")
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO plain_admin").format(sql.Identifier(empty_database.database))
        )

    plain = empty_database.model_copy(update={"user": "plain_admin", "password": SecretStr("plain")})
    made = centre_of(plain, tmp_path / "home", centre="c0ffee00")
    prepare(made)
    prepare(made)
    psycopg.connect(**conninfo(login_of(made))).close()
