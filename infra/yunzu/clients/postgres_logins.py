"""Logins of one credential slot: the only roles of a tenant that can log in."""

from dataclasses import dataclass

from psycopg import sql

from yunzu import naming
from yunzu.clients.ownership import Intents, NoIntents
from yunzu.clients.postgres import Connection, Server, rows, verifier
from yunzu.clients.postgres_databases import group_of
from yunzu.clients.postgres_roles import (
    Change,
    Role,
    change,
    check_roles,
    create_role,
    drop_role,
    end_sessions,
    join_as_administrator,
    role_changes,
    sessions,
    settle,
)
from yunzu.errors import NotFoundError

_NO_INTENTS = NoIntents()


@dataclass(frozen=True, slots=True)
class Login:
    """One slot's login: access `owner`, `app` or `ro`, slot `a` or `b`, its connection limit (-1 none).

    Not `enabled`: it keeps its password and cannot log in, and it has no sessions.
    """

    database: str
    access: str
    slot: str
    connections: int
    enabled: bool = True

    @property
    def name(self) -> str:
        return naming.database_login(self.database, self.access, self.slot)

    @property
    def role(self) -> Role:
        """How its role should be."""
        group = group_of(self.database, self.access)
        return Role(self.name, login=self.enabled, connections=self.connections, groups=frozenset({group}))


def ensure_login(
    server: Server, login: Login, *, mark: str, password: str | None, intents: Intents = _NO_INTENTS
) -> tuple[str, ...]:
    """Make or repair the login; `password` None leaves the password as it is (then it must exist).

    Returns what was put right, in sentences. Raises NotOursError, with nothing changed, when a role of
    that name belongs to somebody else; NotFoundError when the database or its group role is missing;
    YunzuError when a session of a disabled login does not end.
    """
    done: list[str] = []
    with server.session() as connection:
        exists = bool(check_roles(connection, [login.name], mark, intents))
        _check_group(connection, login)
        if not exists:
            if password is None:
                raise NotFoundError(f"role {login.name}", "does not exist", "apply the environment")
            intents.intend("Role", login.name)
            with connection.transaction():
                create_role(connection, login.role, mark, password)
                for one in _changes(server, connection, login, mark):
                    connection.execute(one.statement)
            return (f"role {login.name} was missing",)
        done += settle(
            connection,
            lambda: _changes(server, connection, login, mark),
            lambda: intents.intend("Role", login.name),
        )
        if password is not None:
            intents.intend("Role", login.name)
            secret = sql.Literal(verifier(connection, login.name, password))
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login.name), secret)
            )
            done.append(f"role {login.name} has a new password")
        if not login.enabled:
            done += _end_sessions(server, connection, login, intents, just_shut=bool(done))
    return tuple(done)


def inspect_login(server: Server, login: Login, *, mark: str) -> tuple[str, ...] | None:
    """What differs from how it should be, in sentences, the password apart; None when it is missing."""
    with server.session() as connection:
        found = rows(connection, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", (login.name,))
        if not found:
            return None
        facts = [one.fact for one in _changes(server, connection, login, mark)]
        if not login.enabled and (open_ones := sessions(connection, login.name)):
            facts.append(_busy(login, open_ones))
        return tuple(facts)


def drop_login(server: Server, login: Login, *, mark: str, intents: Intents = _NO_INTENTS) -> None:
    """End its sessions and drop it; what it owns goes to the database's `_ddl` role. Absent is no fault."""
    with server.session() as connection:
        if not check_roles(connection, [login.name], mark, intents):
            return
        intents.intend("Role", login.name)
        role = sql.Identifier(login.name)
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
        join_as_administrator(server, connection, login.name)
        database = rows(
            connection,
            "SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = %s",
            (login.database,),
        )
        if database and database[0][0]:
            _hand_over(server, login)
        drop_role(server, connection, login.name)


def _hand_over(server: Server, login: Login) -> None:
    """Give what the login made as itself (after SET ROLE NONE) to the role that owns the other tables."""
    with server.database_session(login.database) as tenant:
        role = sql.Identifier(login.name)
        heir = sql.Identifier(naming.database_ddl(login.database))
        tenant.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(role, heir))
        tenant.execute(sql.SQL("DROP OWNED BY {}").format(role))


def _end_sessions(
    server: Server, connection: Connection, login: Login, intents: Intents, *, just_shut: bool
) -> list[str]:
    """A session that was let in just before is listed a moment later: then even none is not believed."""
    found = sessions(connection, login.name)
    if found or just_shut:
        intents.intend("Role", login.name)
        end_sessions(server, connection, login.name)
    return [_busy(login, found)] if found else []


def _busy(login: Login, count: int) -> str:
    return f"role {login.name} has {count} open sessions"


def _check_group(connection: Connection, login: Login) -> None:
    found = rows(
        connection,
        "SELECT 1 FROM pg_catalog.pg_database, pg_catalog.pg_roles WHERE datname = %s AND rolname = %s",
        (login.database, group_of(login.database, login.access)),
    )
    if not found:
        raise NotFoundError(f"database {login.database}", "does not exist", "apply the environment")


def _changes(server: Server, connection: Connection, login: Login, mark: str) -> list[Change]:
    changes = role_changes(server, connection, login.role, mark)
    wanted = f"role={naming.database_ddl(login.database)}" if login.access == "owner" else None
    found = rows(
        connection,
        "SELECT d.datname, s.setting FROM pg_catalog.pg_db_role_setting x"
        " JOIN pg_catalog.pg_roles r ON r.oid = x.setrole LEFT JOIN pg_catalog.pg_database d"
        " ON d.oid = x.setdatabase, unnest(x.setconfig) s(setting)"
        " WHERE r.rolname = %s AND s.setting LIKE 'role=%%'",
        (login.name,),
    )
    has = next((setting for database, setting in found if database == login.database), None)
    if has == wanted:
        return changes
    parts: dict[str, sql.Composable] = {
        "role": sql.Identifier(login.name),
        "database": sql.Identifier(login.database),
    }
    fact = f"role {login.name} starts as {(has or 'role=itself').removeprefix('role=')}"
    if wanted is None:
        statement = change(fact, "ALTER ROLE {role} IN DATABASE {database} RESET role", **parts)
    else:
        parts["ddl"] = sql.Identifier(naming.database_ddl(login.database))
        statement = change(fact, "ALTER ROLE {role} IN DATABASE {database} SET role = {ddl}", **parts)
    return [*changes, statement]
