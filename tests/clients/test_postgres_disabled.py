"""A disabled login: shut at once, its sessions ended, its password kept for the day it returns."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.support.postgres import administrator
from tests.support.postgres_tenants import PASSWORD, Tenant, as_root, catalogue, entries
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_logins import Login, drop_login, ensure_login, inspect_login


class Switched:
    """A tenant's owner login that is switched off and on."""

    def __init__(self, server: Server) -> None:
        self.tenant = Tenant(server)
        self.tenant.ensure("owner", "app")
        self.server, self.name = server, self.tenant.login().name

    def login(self, *, enabled: bool) -> Login:
        return Login(self.tenant.name, "owner", "a", 5, enabled)

    def switch(self, *, enabled: bool, password: str | None = None) -> tuple[str, ...]:
        tenant = self.tenant
        wanted = self.login(enabled=enabled)
        return ensure_login(self.server, wanted, mark=tenant.mark, password=password, intents=tenant.intents)

    def inspect(self, *, enabled: bool) -> tuple[str, ...] | None:
        return inspect_login(self.server, self.login(enabled=enabled), mark=self.tenant.mark)

    def by_hand(self, attribute: LiteralString) -> None:
        with administrator(as_root(self.server)) as connection:
            statement = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(self.name))
            connection.execute(statement + sql.SQL(attribute))

    def password(self) -> Any:
        with administrator(as_root(self.server)) as connection:
            query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
            return connection.execute(query, (self.name,)).fetchone()


@pytest.fixture
def switched(server: Server) -> Switched:
    return Switched(server)


def _is_dead(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def test_disabling_ends_open_sessions_and_refuses_new_ones(switched: Switched) -> None:
    idle, busy, other = switched.tenant.connect(), switched.tenant.connect(), switched.tenant.connect("app")
    busy.autocommit = False
    busy.execute("CREATE TABLE never_committed (id int)")
    done = switched.switch(enabled=False)
    assert done == (
        f"role {switched.name} can log in",
        f"role {switched.name} has 2 open sessions",
    )
    assert _is_dead(idle)
    assert _is_dead(busy)
    assert not _is_dead(other)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        switched.tenant.connect()
    assert not switched.server.can_login(switched.tenant.name, switched.name, PASSWORD)
    other.close()


def test_a_second_time_changes_nothing_and_intends_nothing(switched: Switched) -> None:
    switched.switch(enabled=False)
    intents = len(switched.tenant.intents.seen)
    assert switched.inspect(enabled=False) == ()
    assert switched.switch(enabled=False) == ()
    assert len(switched.tenant.intents.seen) == intents


def test_enabled_again_everything_is_as_it_was(switched: Switched) -> None:
    """The password's verifier too, and no membership is left of the ending of sessions."""
    address = as_root(switched.server)
    before = entries(catalogue(address, switched.tenant.name))
    held = switched.tenant.connect()
    switched.switch(enabled=False)
    held.close()
    assert switched.switch(enabled=True) == (f"role {switched.name} cannot log in",)
    assert entries(catalogue(address, switched.tenant.name)) == before
    with switched.tenant.connect() as again:
        assert not _is_dead(again)


def test_what_is_opened_by_hand_is_seen_and_shut(switched: Switched) -> None:
    switched.switch(enabled=False)
    switched.by_hand("LOGIN")
    assert switched.inspect(enabled=False) == (f"role {switched.name} can log in",)
    held = switched.tenant.connect()
    switched.by_hand("NOLOGIN")
    fact = f"role {switched.name} has 1 open sessions"
    assert switched.inspect(enabled=False) == (fact,)
    assert switched.inspect(enabled=True) == (f"role {switched.name} cannot log in",)
    assert switched.switch(enabled=False) == (fact,)
    assert _is_dead(held)
    assert switched.inspect(enabled=False) == ()


def test_a_new_password_leaves_it_disabled(switched: Switched) -> None:
    before = switched.password()
    switched.switch(enabled=False)
    assert switched.password() == before
    switched.switch(enabled=False, password="another-one-entirely")
    assert switched.password() != before
    assert not switched.server.can_login(switched.tenant.name, switched.name, "another-one-entirely")
    switched.switch(enabled=True)
    assert switched.server.can_login(switched.tenant.name, switched.name, "another-one-entirely")


def test_made_disabled_it_was_never_open(server: Server) -> None:
    tenant = Tenant(server)
    tenant.ensure()
    wanted = Login(tenant.name, "owner", "a", 5, enabled=False)
    ensure_login(server, wanted, mark=tenant.mark, password=PASSWORD, intents=tenant.intents)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        tenant.connect()
    tenant.ensure_login("owner")
    tenant.connect().close()


def test_a_disabled_login_can_be_dropped(switched: Switched) -> None:
    switched.switch(enabled=False)
    drop_login(switched.server, switched.login(enabled=False), mark=switched.tenant.mark)
    assert switched.inspect(enabled=False) is None
