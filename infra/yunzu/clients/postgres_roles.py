"""PostgreSQL roles as they should be: found, compared, put right.

A comparison yields `Change`s: a sentence and the statement that puts it right. Looking for drift and
repairing it are therefore one piece of code, and what cannot be seen cannot be claimed repaired.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from yunzu.clients.ownership import Intents, check_ours
from yunzu.clients.postgres import Connection, Server, rows, verifier
from yunzu.errors import YunzuError

_ROUNDS = 3  # a change of owner rewrites the grants, which are then compared anew
_SESSIONS_END_WITHIN = 10.0  # seconds; one that is told to end does so within milliseconds
_LOOK_AGAIN = 0.05  # seconds

_ATTRIBUTES: tuple[tuple[str, LiteralString], ...] = (
    ("rolsuper", "ALTER ROLE {role} NOSUPERUSER"),
    ("rolcreatedb", "ALTER ROLE {role} NOCREATEDB"),
    ("rolcreaterole", "ALTER ROLE {role} NOCREATEROLE"),
    ("rolreplication", "ALTER ROLE {role} NOREPLICATION"),
    ("rolbypassrls", "ALTER ROLE {role} NOBYPASSRLS"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it should be, said as it is now, and the statement that mends it."""

    fact: str
    statement: sql.Composed


@dataclass(frozen=True, slots=True)
class Role:
    """How a role should be. `connections` is its limit, -1 none; `groups` are the roles it is a member of."""

    name: str
    login: bool = False
    connections: int = -1
    groups: frozenset[str] = frozenset()


def change(fact: str, statement: LiteralString, **parts: sql.Composable) -> Change:
    """A change whose statement's names and values are given as parts."""
    return Change(fact, sql.SQL(statement).format(**parts))


def marks(connection: Connection, names: Iterable[str]) -> dict[str, str | None]:
    """The comments of those of the roles that exist."""
    found = rows(
        connection,
        "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles"
        " WHERE rolname = ANY(%s)",
        (list(names),),
    )
    return dict(found)


def check_roles(connection: Connection, names: Sequence[str], mark: str, intents: Intents) -> set[str]:
    """The roles among `names` that exist; raises NotOursError if one of them is not ours."""
    found = marks(connection, names)
    for name, comment in found.items():
        check_ours("Role", name, comment, mark, intents)
    return set(found)


def role_changes(server: Server, connection: Connection, role: Role, mark: str) -> list[Change]:
    """What differs from `role` in an existing role: comment, attributes, limit, memberships of its own."""
    row = rows(
        connection,
        "SELECT shobj_description(oid, 'pg_authid'), rolcanlogin, rolinherit, rolconnlimit,"
        " coalesce(rolvaliduntil < 'infinity', false),"
        " rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " FROM pg_catalog.pg_roles WHERE rolname = %s",
        (role.name,),
    )[0]
    name = sql.Identifier(role.name)
    limit, wanted_mark = sql.Literal(role.connections), sql.Literal(mark)
    changes = []
    if row[0] != mark:
        changes.append(
            change("has lost its mark", "COMMENT ON ROLE {role} IS {mark}", role=name, mark=wanted_mark)
        )
    # Only what differs is named: saying even NOSUPERUSER takes a superuser.
    for (_, statement), has in zip(_ATTRIBUTES, row[5:], strict=True):
        if has:
            changes.append(change(f"is {statement.split()[-1].removeprefix('NO')}", statement, role=name))
    if row[1] and not role.login:
        changes.append(change("can log in", "ALTER ROLE {role} NOLOGIN", role=name))
    if role.login and not row[1]:
        changes.append(change("cannot log in", "ALTER ROLE {role} LOGIN", role=name))
    if not row[2]:
        changes.append(change("is NOINHERIT", "ALTER ROLE {role} INHERIT", role=name))
    if row[3] != role.connections:
        fact = f"may hold {row[3]} connections"
        changes.append(change(fact, "ALTER ROLE {role} CONNECTION LIMIT {limit}", role=name, limit=limit))
    if row[4]:
        changes.append(change("expires", "ALTER ROLE {role} VALID UNTIL 'infinity'", role=name))
    changes = [Change(f"role {role.name} {one.fact}", one.statement) for one in changes]
    return changes + _membership_changes(server, connection, role)


def foreign_member_changes(
    server: Server, connection: Connection, groups: Sequence[str], allowed: dict[str, str]
) -> list[Change]:
    """Memberships in `groups` of anybody but the administrator and `allowed` (login -> its group)."""
    return [
        _revocation(server, group, member, grantor)
        for group, member, grantor in rows(
            connection,
            "SELECT g.rolname, m.rolname, s.rolname FROM pg_catalog.pg_auth_members a"
            " JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member"
            " LEFT JOIN pg_catalog.pg_roles s ON s.oid = a.grantor"
            " WHERE g.rolname = ANY(%s) ORDER BY 1, 2",
            (list(groups),),
        )
        if member != server.administrator and allowed.get(member) != group
    ]


def create_role(connection: Connection, role: Role, mark: str, password: str | None = None) -> None:
    """Create the role with its mark. Call it inside a transaction: an unmarked role would not be ours."""
    name = sql.Identifier(role.name)
    options: list[sql.Composable] = [sql.SQL("LOGIN" if role.login else "NOLOGIN")]
    options.append(sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(role.connections)))
    if password is not None:
        options.append(sql.SQL("PASSWORD {}").format(sql.Literal(verifier(connection, role.name, password))))
    connection.execute(sql.SQL("CREATE ROLE {} WITH {}").format(name, sql.SQL(" ").join(options)))
    connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, sql.Literal(mark)))


def join_as_administrator(server: Server, connection: Connection, name: str) -> None:
    """Let the administrator act as role `name`. A superuser may without; others must be members."""
    if server.is_superuser:
        return
    statement = sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name))
    if server.version >= 160000:  # creating a role gives only ADMIN OPTION on it since then
        statement += sql.SQL(" WITH INHERIT TRUE, SET TRUE")
    connection.execute(statement)


def sessions(connection: Connection, name: str) -> int:
    """How many sessions the role has."""
    query = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = %s"
    return int(rows(connection, query, (name,))[0][0])


def end_sessions(server: Server, connection: Connection, name: str) -> None:
    """End all sessions of a role that can no longer begin any; what they had not committed is lost.

    Raises YunzuError when one is still there after ten seconds.
    """
    deadline = time.monotonic() + _SESSIONS_END_WITHIN
    while True:
        with connection.transaction(force_rollback=True):  # the membership is for this alone
            join_as_administrator(server, connection, name)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = %s",
                (name,),
            )
        time.sleep(_LOOK_AGAIN)
        left = sessions(connection, name)
        if not left:
            return
        if time.monotonic() > deadline:
            raise YunzuError(f"role {name}", f"{left} sessions do not end", "look at them on the server")


def drop_role(server: Server, connection: Connection, name: str) -> None:
    """End the role's sessions, take its privileges in this database and on shared objects, drop it."""
    role = sql.Identifier(name)
    connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
    join_as_administrator(server, connection, name)
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE usename = %s", (name,)
    )
    connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
    connection.execute(sql.SQL("DROP ROLE {}").format(role))


def settle(connection: Connection, find: Callable[[], list[Change]], before: Callable[[], None]) -> list[str]:
    """Repeat finding and mending until nothing is left; returns the facts that were put right.

    `before` is called once ahead of each round of changes. Raises YunzuError if something is undone
    as soon as it is done.
    """
    mended: list[str] = []
    for _ in range(_ROUNDS):
        changes = find()
        if not changes:
            return mended
        before()
        with connection.transaction():
            for one in changes:
                connection.execute(one.statement)
        mended += [one.fact for one in changes]
    if changes := find():
        raise YunzuError(
            "PostgreSQL", f"{changes[0].fact}, again after it was put right", "find out who changes it"
        )
    return mended


def _membership_changes(server: Server, connection: Connection, role: Role) -> list[Change]:
    found = rows(
        connection,
        # inherit_option exists since 16
        "SELECT g.rolname, s.rolname,"
        " a.admin_option OR NOT coalesce((to_jsonb(a)->>'inherit_option')::boolean, true)"
        " FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles g ON g.oid = a.roleid"
        " LEFT JOIN pg_catalog.pg_roles s ON s.oid = a.grantor"
        " JOIN pg_catalog.pg_roles m ON m.oid = a.member WHERE m.rolname = %s ORDER BY 1",
        (role.name,),
    )
    changes = [
        _revocation(server, group, role.name, grantor)
        for group, grantor, altered in found
        if group not in role.groups or altered
    ]
    right = {group for group, _, altered in found if not altered}
    changes += [
        change(
            f"role {role.name} is no member of {group}",
            "GRANT {group} TO {role}",
            group=sql.Identifier(group),
            role=sql.Identifier(role.name),
        )
        for group in sorted(role.groups - right)
    ]
    return changes


def _revocation(server: Server, group: str, member: str, grantor: str | None) -> Change:
    parts = {"group": sql.Identifier(group), "role": sql.Identifier(member)}
    fact = f"role {member} is a member of {group} in its own way"
    if server.version >= 160000 and grantor is not None:  # each grantor's grant stands for itself since then
        return change(
            fact,
            "REVOKE {group} FROM {role} GRANTED BY {grantor} CASCADE",
            grantor=sql.Identifier(grantor),
            **parts,
        )
    return change(fact, "REVOKE {group} FROM {role} CASCADE", **parts)
