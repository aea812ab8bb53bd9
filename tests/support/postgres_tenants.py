"""Tenants on the PostgreSQL under test, and all that is granted there, for comparing."""

from typing import Any

import psycopg
from pydantic import SecretStr

from tests.support.crashes import Recorded
from tests.support.postgres import ADMIN_PASSWORD, administrator, login
from yunzu import naming
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_databases import ensure_database, inspect_database
from yunzu.clients.postgres_logins import Login, ensure_login
from yunzu.model.connections import Postgres

CENTRE = "1a2b3c4d"
PASSWORD = "correct-horse-battery-staple"


class Tenant:
    """One environment's database on the server under test."""

    def __init__(self, server: Server, claim: str = "main", uid: str | None = None) -> None:
        self.server = server
        self.uid = uid or naming.mint_environment_uid()
        self.name = naming.database(CENTRE, self.uid, claim)
        self.mark = naming.owner_mark(CENTRE, self.uid)
        self.intents = Recorded()

    def login(self, access: str = "owner", slot: str = "a", connections: int = 5) -> Login:
        return Login(self.name, access, slot, connections)

    def ensure(self, *accesses: str) -> tuple[str, ...]:
        done = ensure_database(self.server, self.name, mark=self.mark, connections=20, intents=self.intents)
        for access in accesses:
            done += self.ensure_login(access, PASSWORD)
        return done

    def ensure_login(self, access: str = "owner", password: str | None = None) -> tuple[str, ...]:
        return ensure_login(
            self.server, self.login(access), mark=self.mark, password=password, intents=self.intents
        )

    def inspect(self) -> tuple[str, ...] | None:
        return inspect_database(self.server, self.name, mark=self.mark, connections=20)

    def connect(self, access: str = "owner", database: str | None = None) -> psycopg.Connection[Any]:
        return login(self.server.address, self.login(access).name, PASSWORD, database or self.name)


def catalogue(address: Postgres, database: str | None = None) -> list[Any]:
    """Everything that is granted, owned, marked or configured: two equal ones mean nothing was changed."""
    queries = [
        "SELECT datname, datdba, datacl::text, datconnlimit, datallowconn FROM pg_database ORDER BY 1",
        "SELECT a::text, shobj_description(oid, 'pg_authid') FROM pg_authid a ORDER BY rolname",
        "SELECT roleid, member, admin_option FROM pg_auth_members ORDER BY 1, 2",
        "SELECT setdatabase, setrole, setconfig::text FROM pg_db_role_setting ORDER BY 1, 2",
    ]
    with administrator(address) as connection:
        found: list[Any] = [connection.execute(query).fetchall() for query in queries]
    if database:
        with administrator(address, database) as connection:
            found += connection.execute(
                "SELECT nspowner, nspacl::text FROM pg_namespace ORDER BY oid"
            ).fetchall()
            found += connection.execute("SELECT defaclrole, defaclacl::text FROM pg_default_acl").fetchall()
    return found


def entries(found: list[Any]) -> str:
    """A catalogue without the order of grants within a list, which a revoke and a grant change."""
    return "\n".join(
        sorted(",".join(sorted(str(row).replace("{", ",").replace("}", ",").split(","))) for row in found)
    )


def as_root(server: Server) -> Postgres:
    """Address of the same server for its superuser."""
    secret = SecretStr(ADMIN_PASSWORD)
    return server.address.model_copy(update={"user": "centre", "password": secret})
