"""Everything that another hand may loosen on a tenant's database is seen, and put right by the next run."""

import pytest
from psycopg import sql

from tests.support.postgres import administrator
from tests.support.postgres_tenants import Tenant, catalogue, entries
from yunzu import naming
from yunzu.clients.postgres_logins import inspect_login

LOOSENED = {
    "CONNECT for PUBLIC": "GRANT CONNECT ON DATABASE {database} TO PUBLIC",
    "CONNECT for another tenant": "GRANT CONNECT ON DATABASE {database} TO {other}",
    "CREATE on the database": "GRANT CREATE ON DATABASE {database} TO {ddl}",
    "grant option": "GRANT CONNECT ON DATABASE {database} TO {ddl} WITH GRANT OPTION",
    "CONNECT taken away": "REVOKE CONNECT ON DATABASE {database} FROM {app}",
    "database's owner": "ALTER DATABASE {database} OWNER TO {login}",
    "database's limit": "ALTER DATABASE {database} CONNECTION LIMIT -1",
    "database closed": "ALTER DATABASE {database} ALLOW_CONNECTIONS false",
    "database a template": "ALTER DATABASE {database} IS_TEMPLATE true",
    "group may log in": "ALTER ROLE {ddl} LOGIN",
    "group is superuser": "ALTER ROLE {app} SUPERUSER",
    "group's limit": "ALTER ROLE {app} CONNECTION LIMIT 3",
    "centre's mark": "COMMENT ON ROLE {centre} IS NULL",
    "group's mark": "COMMENT ON ROLE {ddl} IS 'somebody wrote here'",
    "login in the centre's role": "GRANT {centre} TO {login}",
    "another tenant in ddl": "GRANT {ddl} TO {other}",
    "group in a server role": "GRANT pg_read_server_files TO {app}",
}
LOOSENED_INSIDE = {
    "CREATE for PUBLIC": "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "USAGE for PUBLIC": "GRANT USAGE ON SCHEMA public TO PUBLIC",
    "CREATE for app": "GRANT CREATE ON SCHEMA public TO {app}",
    "USAGE taken away": "REVOKE USAGE ON SCHEMA public FROM {app}",
    "schema's owner": "ALTER SCHEMA public OWNER TO {login}",
    "schema dropped": "DROP SCHEMA public CASCADE",
    "default privileges": "ALTER DEFAULT PRIVILEGES FOR ROLE {ddl} IN SCHEMA public"
    " REVOKE SELECT ON TABLES FROM {ro}",
}
LOOSENED_LOGIN = {
    "superuser": "ALTER ROLE {login} SUPERUSER",
    "createdb": "ALTER ROLE {login} CREATEDB",
    "createrole": "ALTER ROLE {login} CREATEROLE",
    "replication": "ALTER ROLE {login} REPLICATION",
    "bypassrls": "ALTER ROLE {login} BYPASSRLS",
    "nologin": "ALTER ROLE {login} NOLOGIN",
    "noinherit": "ALTER ROLE {login} NOINHERIT",
    "limit": "ALTER ROLE {login} CONNECTION LIMIT -1",
    "expired": "ALTER ROLE {login} VALID UNTIL '2020-01-01'",
    "mark": "COMMENT ON ROLE {login} IS NULL",
    "out of its group": "REVOKE {ddl} FROM {login}",
    "in another group": "GRANT {app} TO {login}",
    "with admin option": "GRANT {ddl} TO {login} WITH ADMIN OPTION",
    "in a server role": "GRANT pg_execute_server_program TO {login}",
    "starts as itself": "ALTER ROLE {login} IN DATABASE {database} RESET role",
    "starts as another": "ALTER ROLE {login} IN DATABASE {database} SET role = 'none'",
}


def _loosen(tenant: Tenant, other: Tenant, statement: str, inside: bool) -> None:
    names = {
        "database": tenant.name,
        "login": tenant.login().name,
        "other": other.login().name,
        "centre": naming.database_owner(tenant.name),
        "ddl": naming.database_ddl(tenant.name),
        "app": naming.database_application(tenant.name),
        "ro": naming.database_readonly(tenant.name),
    }
    parts = {key: sql.Identifier(name) for key, name in names.items()}
    with administrator(tenant.server.address, tenant.name if inside else "postgres") as connection:
        connection.execute(sql.SQL(statement).format(**parts))


@pytest.mark.parametrize("name", [*LOOSENED, *(f"inside: {name}" for name in LOOSENED_INSIDE)])
def test_ensure_repairs_a_database(pair: tuple[Tenant, Tenant], name: str) -> None:
    tenant, other = pair
    inside = name.startswith("inside: ")
    statement = LOOSENED_INSIDE[name.removeprefix("inside: ")] if inside else LOOSENED[name]
    before = catalogue(tenant.server.address, tenant.name)
    _loosen(tenant, other, statement, inside)
    found = tenant.inspect()
    assert found
    done = tenant.ensure()
    assert set(found) <= set(done) or "belongs to" in done[0] or "admits nobody" in found[0]
    assert tenant.inspect() == ()
    if name not in ("inside: schema dropped",):
        assert entries(catalogue(tenant.server.address, tenant.name)) == entries(before)
    with tenant.connect("app") as connection:
        connection.execute("SELECT 1")


@pytest.mark.parametrize("name", LOOSENED_LOGIN)
def test_ensure_repairs_a_login(pair: tuple[Tenant, Tenant], name: str) -> None:
    tenant, other = pair
    before = catalogue(tenant.server.address, tenant.name)
    _loosen(tenant, other, LOOSENED_LOGIN[name], inside=False)
    found = inspect_login(tenant.server, tenant.login(), mark=tenant.mark)
    assert found
    assert tenant.ensure_login("owner") == found
    assert inspect_login(tenant.server, tenant.login(), mark=tenant.mark) == ()
    if name != "expired":  # an expiry is taken back as "infinity"
        assert entries(catalogue(tenant.server.address, tenant.name)) == entries(before)
    with tenant.connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (naming.database_ddl(tenant.name),)
