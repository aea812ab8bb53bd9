"""A tenant's database and its group roles (ARCHITECTURE.md, "PostgreSQL roles of a tenant").

Database and schema belong to a NOLOGIN role of the centre, so that no tenant can grant, rename or drop
either. Tables belong to the `_ddl` role; `_app` and `_ro` get their rights from its default privileges.
Logins come and go beside all this (`postgres_logins`).
"""

from collections.abc import Iterable, Sequence

from psycopg import errors, sql

from yunzu import naming
from yunzu.clients.ownership import Intents, NoIntents, check_ours
from yunzu.clients.postgres import Connection, Server, rows, run
from yunzu.clients.postgres_grants import Grant, grant_changes, schema_changes
from yunzu.clients.postgres_roles import (
    Change,
    Role,
    change,
    check_roles,
    create_role,
    drop_role,
    foreign_member_changes,
    join_as_administrator,
    marks,
    role_changes,
    settle,
)

ACCESSES = ("owner", "app", "ro")
SLOTS = ("a", "b")
_NO_INTENTS = NoIntents()
_PLATFORM_CONNECTIONS = 2  # on top of the tenant's, where the administrator counts (no superuser)


def group_of(database: str, access: str) -> str:
    """The group role whose rights a login of that access has."""
    groups = {
        "owner": naming.database_ddl(database),
        "app": naming.database_application(database),
        "ro": naming.database_readonly(database),
    }
    return groups[access]


def ensure_database(
    server: Server, name: str, *, mark: str, connections: int, intents: Intents = _NO_INTENTS
) -> tuple[str, ...]:
    """Make or repair database and group roles, from whatever a crash or another hand left.

    Returns what was put right, in sentences (also what was made). Raises NotOursError, with nothing
    changed, when the database or one of its roles belongs to somebody else.
    """
    server.check_usable()
    with server.session() as connection:
        missing = _check_ownership(connection, name, mark, intents)
        done = _make_roles(server, connection, missing, mark, intents)
        done += settle(
            connection,
            lambda: _group_changes(server, connection, name, mark),
            lambda: intents.intend("Role", naming.database_owner(name)),
        )
        done += _make_database(server, connection, name, connections, intents)
        done += settle(
            connection,
            lambda: _database_changes(server, connection, name, connections),
            lambda: intents.intend("Database", name),
        )
    with server.database_session(name) as tenant:
        done += settle(
            tenant, lambda: schema_changes(tenant, *_groups(name)), lambda: intents.intend("Database", name)
        )
    return tuple(done)


def inspect_database(server: Server, name: str, *, mark: str, connections: int) -> tuple[str, ...] | None:
    """What differs from how it should be, in sentences; None when there is no such database of ours."""
    with server.session() as connection:
        if not _exists(connection, name) or marks(connection, [naming.database_owner(name)]) == {}:
            return None
        absent = set(_groups(name)) - set(marks(connection, _groups(name)))
        if absent:
            return tuple(f"role {role} is missing" for role in sorted(absent))
        changes = _group_changes(server, connection, name, mark)
        changes += _database_changes(server, connection, name, connections)
        accepts = rows(
            connection, "SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = %s", (name,)
        )
    if accepts[0][0]:
        with server.database_session(name) as tenant:
            changes += schema_changes(tenant, *_groups(name))
    return tuple(one.fact for one in changes)


def drop_database(server: Server, name: str, *, mark: str, intents: Intents = _NO_INTENTS) -> None:
    """Erase database, logins and group roles; ends every session. What is already gone is no fault.

    Raises NotOursError, with nothing changed, when one of them belongs to somebody else.
    """
    with server.session() as connection:
        _check_ownership(connection, name, mark, intents)
        logins = [naming.database_login(name, access, slot) for access in ACCESSES for slot in SLOTS]
        ours = check_roles(connection, [*logins, *_groups(name)], mark, intents)
        intents.intend("Database", name)
        for login in sorted(ours & set(logins)):
            run(connection, "ALTER ROLE {role} NOLOGIN", role=sql.Identifier(login))
            join_as_administrator(server, connection, login)
        if _exists(connection, name):
            _drop(connection, name, logins)
        for role in [*logins, *_groups(name)]:
            if role in ours:
                intents.intend("Role", role)
                drop_role(server, connection, role)


def _drop(connection: Connection, name: str, logins: Sequence[str]) -> None:
    """With the sessions in it.

    FORCE wants the right to end each of them, and an autovacuum worker's is a superuser's: where one is at
    it, the tenant's are ended here, and the plain command ends the worker by itself.
    """
    try:
        run(connection, "DROP DATABASE {name} WITH (FORCE)", name=sql.Identifier(name))
    except errors.InsufficientPrivilege:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity"
            " WHERE datname = %s AND usename = ANY(%s)",
            (name, list(logins)),
        )
        run(connection, "DROP DATABASE {name}", name=sql.Identifier(name))


def _groups(name: str) -> list[str]:
    """The group roles; the centre's first, which owns the database."""
    return [naming.database_owner(name), *(group_of(name, access) for access in ACCESSES)]


def _exists(connection: Connection, name: str) -> bool:
    return bool(rows(connection, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", (name,)))


def _check_ownership(connection: Connection, name: str, mark: str, intents: Intents) -> set[str]:
    """The group roles still to be made; raises NotOursError for a foreign role or database."""
    owner = rows(
        connection,
        "SELECT shobj_description(r.oid, 'pg_authid') FROM pg_catalog.pg_database d"
        " JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE d.datname = %s",
        (name,),
    )
    if owner:
        check_ours("Database", name, owner[0][0], mark, intents)
    return set(_groups(name)) - check_roles(connection, _groups(name), mark, intents)


def _make_roles(
    server: Server, connection: Connection, missing: Iterable[str], mark: str, intents: Intents
) -> list[str]:
    missing = sorted(missing)
    if not missing:
        return []
    for role in missing:
        intents.intend("Role", role)
    with connection.transaction():
        for role in missing:
            create_role(connection, Role(role), mark)
            join_as_administrator(server, connection, role)
    return [f"role {role} was missing" for role in missing]


def _make_database(
    server: Server, connection: Connection, name: str, connections: int, intents: Intents
) -> list[str]:
    if _exists(connection, name):
        return []
    intents.intend("Database", name)
    with server.creating(connection):
        # Closed until its grants are right: a new database admits everybody.
        run(
            connection,
            "CREATE DATABASE {name} WITH OWNER {owner} TEMPLATE template0 STRATEGY wal_log"
            " ENCODING 'UTF8' ALLOW_CONNECTIONS false CONNECTION LIMIT {limit}",
            name=sql.Identifier(name),
            owner=sql.Identifier(naming.database_owner(name)),
            limit=sql.Literal(_limit(server, connections)),
        )
    return [f"database {name} was missing"]


def _limit(server: Server, connections: int) -> int:
    return connections if server.is_superuser or connections < 0 else connections + _PLATFORM_CONNECTIONS


def _group_changes(server: Server, connection: Connection, name: str, mark: str) -> list[Change]:
    logins = {
        naming.database_login(name, access, slot): group_of(name, access)
        for access in ACCESSES
        for slot in SLOTS
    }
    changes: list[Change] = []
    for group in _groups(name):
        changes += role_changes(server, connection, Role(group), mark)
    return changes + foreign_member_changes(server, connection, _groups(name), logins)


def _database_changes(server: Server, connection: Connection, name: str, connections: int) -> list[Change]:
    owner = naming.database_owner(name)
    database, limit = sql.Identifier(name), _limit(server, connections)
    row = rows(
        connection,
        "SELECT r.rolname, datconnlimit, datallowconn, datistemplate FROM pg_catalog.pg_database d"
        " JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE datname = %s",
        (name,),
    )[0]
    if row[0] != owner:  # alone: it rewrites the grants
        statement = "ALTER DATABASE {name} OWNER TO {owner}"
        return [
            change(
                f"database {name} belongs to {row[0]}", statement, name=database, owner=sql.Identifier(owner)
            )
        ]
    granted = rows(
        connection,
        "SELECT coalesce(g.rolname, ''), a.privilege_type, a.is_grantable FROM pg_catalog.pg_database d,"
        " aclexplode(coalesce(datacl, acldefault('d', datdba))) a"
        " LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee WHERE datname = %s",
        (name,),
    )
    changes = grant_changes(
        sql.SQL("DATABASE {}").format(database), f"database {name}", granted, _wanted_grants(name)
    )
    if row[1] != limit:
        statement = "ALTER DATABASE {name} CONNECTION LIMIT {limit}"
        fact = f"database {name} admits {row[1]} connections"
        changes.append(change(fact, statement, name=database, limit=sql.Literal(limit)))
    if row[3]:
        fact = f"database {name} is a template"
        changes.append(change(fact, "ALTER DATABASE {name} IS_TEMPLATE false", name=database))
    if not row[2]:
        fact = f"database {name} admits nobody"
        changes.append(change(fact, "ALTER DATABASE {name} ALLOW_CONNECTIONS true", name=database))
    return changes


def _wanted_grants(name: str) -> set[Grant]:
    owner, ddl, app, ro = _groups(name)
    wanted = {owner: ("CONNECT", "CREATE", "TEMPORARY"), ro: ("CONNECT",)}
    wanted |= {ddl: ("CONNECT", "TEMPORARY"), app: ("CONNECT", "TEMPORARY")}
    return {(role, privilege, False) for role, privileges in wanted.items() for privilege in privileges}
