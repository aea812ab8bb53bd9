"""What goes wrong: other people's objects, crashes, lost servers, and passwords in the wrong places."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from tests.support.crashes import Countdown, CrashingServer, Killed
from tests.support.engine import wait_for
from tests.support.postgres import administrator, certificate, log_of
from tests.support.postgres_tenants import PASSWORD, Tenant, catalogue
from yunzu import naming
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_databases import drop_database
from yunzu.clients.postgres_logins import drop_login
from yunzu.errors import NotFoundError, NotOursError, RefusedError, UnreachableError
from yunzu.model.connections import Postgres

FOREIGN = {
    "unmarked group role": "CREATE ROLE {ddl}",
    "another environment's role": "CREATE ROLE {ddl}; COMMENT ON ROLE {ddl} IS 'yunzu:1a2b3c4d:eaaaaaaaaaaa'",
    "database": "CREATE DATABASE {database}",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_ours_is_refused_and_left_alone(root: Server, name: str) -> None:
    tenant = Tenant(root)
    parts = {"ddl": naming.database_ddl(tenant.name), "database": tenant.name}
    with administrator(root.address) as connection:
        for statement in FOREIGN[name].split("; "):
            identifiers = {key: sql.Identifier(value) for key, value in parts.items()}
            connection.execute(sql.SQL(statement).format(**identifiers))
    before = catalogue(root.address)
    for attempt in (tenant.ensure, lambda: drop_database(root, tenant.name, mark=tenant.mark)):
        with pytest.raises(NotOursError):
            attempt()
        assert catalogue(root.address) == before
    assert tenant.intents.seen == []


def test_a_foreign_login_is_refused_and_left_alone(root: Server) -> None:
    tenant = Tenant(root)
    tenant.ensure()
    with administrator(root.address) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(tenant.login().name)))
    before = catalogue(root.address)
    with pytest.raises(NotOursError):
        tenant.ensure_login("owner", PASSWORD)
    with pytest.raises(NotOursError):
        drop_login(root, tenant.login(), mark=tenant.mark)
    assert catalogue(root.address) == before


def test_a_login_needs_its_database(root: Server) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        Tenant(root).ensure_login("owner", PASSWORD)


def test_killed_after_any_statement_the_next_run_finishes(server: Server) -> None:
    total = _ensure_until(Tenant(server), Countdown())
    assert total > 20
    for k in range(1, total + 1):
        tenant = Tenant(server)
        with pytest.raises(Killed):
            _ensure_until(tenant, Countdown(k))
        tenant.ensure("owner")
        assert tenant.inspect() == (), f"after {k}"
        with tenant.connect() as connection:
            connection.execute("CREATE TABLE made (id int)")
        with CrashingServer(server.address) as crashing:
            crashing.countdown = Countdown(k % 9 + 1)
            with pytest.raises(Killed):
                drop_database(crashing, tenant.name, mark=tenant.mark, intents=tenant.intents)
        drop_database(server, tenant.name, mark=tenant.mark, intents=tenant.intents)
        assert tenant.inspect() is None


def test_dropped_while_autovacuum_is_at_it_and_the_tenant_too(
    server: Server, address: Postgres, vacuuming: None
) -> None:
    """A worker's session is nobody's to end but a superuser's."""
    tenant = Tenant(server)
    tenant.ensure("owner")
    with tenant.connect() as connection:
        connection.execute(_TABLE_THAT_TAKES_LONG)
        connection.execute("INSERT INTO worn SELECT generate_series(1, 20000)")
        connection.execute("DELETE FROM worn")
        wait_for(lambda: _is_vacuumed(address, tenant.name), seconds=30)
        drop_database(server, tenant.name, mark=tenant.mark, intents=tenant.intents)
        assert tenant.inspect() is None
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


_TABLE_THAT_TAKES_LONG = """
CREATE TABLE worn (id int) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
                                 autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
"""


@pytest.fixture
def vacuuming(address: Postgres) -> Iterator[None]:
    """The server looks for what is worn every second, not every minute."""
    with administrator(address) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        connection.execute("SELECT pg_reload_conf()")
        yield
        connection.execute("ALTER SYSTEM RESET autovacuum_naptime")
        connection.execute("SELECT pg_reload_conf()")


def _is_vacuumed(address: Postgres, database: str) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND backend_type = 'autovacuum worker'"
    with administrator(address) as connection:
        return bool(connection.execute(query, (database,)).fetchall())


def _ensure_until(tenant: Tenant, countdown: Countdown) -> int:
    """Ensure database and login through a client that dies; returns how many side effects there were."""
    survivor = tenant.server
    with CrashingServer(survivor.address) as crashing:
        crashing.countdown = countdown
        tenant.server = crashing
        try:
            tenant.ensure("owner")
        finally:
            tenant.server = survivor
    return countdown.count


def test_no_password_reaches_log_or_activity(root: Server, address: Postgres) -> None:
    tenant = Tenant(root)
    tenant.ensure("owner")
    tenant.ensure_login("owner", "second-" + PASSWORD)
    assert not root.can_login(tenant.name, tenant.login().name, "third-" + PASSWORD)
    with administrator(address) as connection:
        activity = str(connection.execute("SELECT * FROM pg_stat_activity").fetchall())
    log = log_of(address).read_text()
    assert "SCRAM-SHA-256$" in log  # the log does hold these statements
    assert PASSWORD not in log
    assert PASSWORD not in activity


def test_a_certificate_of_another_authority_is_named(address: Postgres, tmp_path: Path) -> None:
    if address.ca is None:
        pytest.skip("this PostgreSQL has no TLS")
    stranger = address.model_copy(update={"ca": certificate(tmp_path)[0]})
    with Server(stranger) as client, pytest.raises(UnreachableError, match="check its certificate"):
        client.harden()


def test_servers_faults_are_our_errors(address: Postgres) -> None:
    nobody = address.model_copy(update={"port": 1})
    with Server(nobody) as client, pytest.raises(UnreachableError, match=r"PostgreSQL 127\.0\.0\.1:1"):
        client.harden()
    wrong = address.model_copy(update={"password": SecretStr("wrong-" + PASSWORD)})
    with Server(wrong) as client, pytest.raises(RefusedError) as caught:
        client.harden()
    assert PASSWORD not in str(caught.value)
    with administrator(address) as connection:
        connection.execute("CREATE ROLE powerless LOGIN PASSWORD 'powerless-one'")
        connection.execute("GRANT CONNECT ON DATABASE postgres TO powerless")
    secret = SecretStr("powerless-one")
    powerless = address.model_copy(update={"user": "powerless", "password": secret})
    with Server(powerless) as client, pytest.raises(RefusedError, match="CREATEROLE or CREATEDB"):
        Tenant(client).ensure()


def test_a_restarted_server_is_met_with_a_new_connection(root: Server, address: Postgres) -> None:
    assert root.administrator == "centre"
    with administrator(address) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
    time.sleep(0.05)
    assert root.harden() == ()
