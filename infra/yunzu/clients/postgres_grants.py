"""Who may do what with a tenant's database and schema, compared entry by entry.

The lists of grants themselves are compared, not the outcome of GRANT and REVOKE: those of somebody
without the right to them only warn, and do nothing.
"""

from collections.abc import Iterable

from psycopg import sql

from yunzu.clients.postgres import Connection, rows
from yunzu.clients.postgres_roles import Change, change

Grant = tuple[str, str, bool]
"""Grantee ("" is PUBLIC), privilege, whether it may be passed on."""


def schema_changes(tenant: Connection, owner: str, ddl: str, app: str, ro: str) -> list[Change]:
    """What differs in schema public of a tenant's database from what its four group roles should have."""
    found = rows(
        tenant,
        "SELECT r.rolname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner"
        " WHERE nspname = 'public'",
    )
    if not found:  # a tenant's owner login cannot drop it, an administrator can
        statement = "CREATE SCHEMA public AUTHORIZATION {owner}"
        return [change("schema public is missing", statement, owner=sql.Identifier(owner))]
    if found[0][0] != owner:
        statement = "ALTER SCHEMA public OWNER TO {owner}"
        return [change(f"schema public belongs to {found[0][0]}", statement, owner=sql.Identifier(owner))]
    granted = rows(
        tenant,
        "SELECT coalesce(g.rolname, ''), a.privilege_type, a.is_grantable FROM pg_catalog.pg_namespace n,"
        " aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a"
        " LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee WHERE nspname = 'public'",
    )
    wanted = {(role, privilege, False) for role in (owner, ddl) for privilege in ("CREATE", "USAGE")}
    wanted |= {(app, "USAGE", False), (ro, "USAGE", False)}
    changes = grant_changes(sql.SQL("SCHEMA public"), "schema public", granted, wanted)
    return changes + _default_changes(tenant, ddl, {app: "app", ro: "ro"})


def _default_changes(tenant: Connection, ddl: str, roles: dict[str, str]) -> list[Change]:
    """What the default privileges of `ddl` lack; what a tenant adds for its own tables is its affair."""
    rights = {
        ("app", "TABLES"): ("DELETE", "INSERT", "SELECT", "UPDATE"),
        ("app", "SEQUENCES"): ("SELECT", "USAGE"),
        ("ro", "TABLES"): ("SELECT",),
        ("ro", "SEQUENCES"): ("SELECT",),
    }
    has = set(
        rows(
            tenant,
            "SELECT g.rolname, CASE defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END,"
            " a.privilege_type"
            " FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles o ON o.oid = defaclrole"
            " JOIN pg_catalog.pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl) a"
            " JOIN pg_catalog.pg_roles g ON g.oid = a.grantee"
            " WHERE o.rolname = %s AND nspname = 'public' AND defaclobjtype IN ('r', 'S')",
            (ddl,),
        )
    )
    return [
        change(
            f"default privileges: {role} lacks {privilege} on {kind}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {ddl} IN SCHEMA public GRANT {privilege} ON {kind} TO {role}",
            ddl=sql.Identifier(ddl),
            privilege=sql.SQL(privilege),
            kind=sql.SQL(kind),
            role=sql.Identifier(role),
        )
        for role, access in roles.items()
        for (whose, kind), privileges in rights.items()
        for privilege in privileges
        if whose == access and (role, kind, privilege) not in has
    ]


def grant_changes(
    target: sql.Composable, named: str, granted: Iterable[tuple[str, ...]], wanted: set[Grant]
) -> list[Change]:
    """Revoke what is granted and not wanted, then grant what is missing."""
    have = {(grantee, privilege, bool(option)) for grantee, privilege, option in granted}
    changes = []
    for grantee, privilege, _ in sorted(have - wanted):
        fact = f"{named}: {grantee or 'PUBLIC'} has {privilege}"
        statement = sql.SQL("REVOKE {} ON {} FROM {} CASCADE")
        changes.append(Change(fact, statement.format(sql.SQL(privilege), target, _grantee(grantee))))
    for grantee, privilege, _ in sorted(wanted - have):
        fact = f"{named}: {grantee} lacks {privilege}"
        statement = sql.SQL("GRANT {} ON {} TO {}")
        changes.append(Change(fact, statement.format(sql.SQL(privilege), target, _grantee(grantee))))
    return changes


def _grantee(name: str) -> sql.Composable:
    return sql.Identifier(name) if name else sql.SQL("PUBLIC")
