"""Load one table as the tenant: all of it or nothing, and never over what the tenant has changed.

The table's comment records where its rows come from and two digests: of the source, and of the rows as
PostgreSQL gave them back. They tell a second run whether there is anything to do.
"""

import hashlib
import re
from dataclasses import dataclass

from psycopg import sql

from yunzu.errors import YunzuError
from yunzu.services.demo.shapes import Content, Loaded, State, Table
from yunzu.services.demo.tenancy import Connection

_LOCK = 0x6E616E746F6E67  # "nantong": two demonstrations at once take turns
_CHUNK = 2**20
_WHOLE = "全部"
_MARK = re.compile(
    r"来源：(?P<source>.*)；范围：(?P<extent>.*)；源摘要 (?P<given>\w{64})；库内摘要 (?P<kept>\w{64})"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the comment of a table of ours records."""

    extent: str
    given: str
    kept: str


def load_table(connection: Connection, where: str, table: Table, *, full: bool) -> Loaded:
    """Bring the table to its source within the caller's transaction, and read it back.

    Raises YunzuError when the rows in the table are not as many as those in the source.
    """
    content = table.content(full)
    given = hashlib.sha256(content.data).hexdigest()
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    state = _state(connection, table, content, given)
    source_rows = content.data.count(b"\n")
    if state in ("loaded", "replaced"):
        _fill(connection, table, content, new=state == "loaded")
        _describe(connection, table, content, given)
    rows = _count(connection, table)
    if state in ("loaded", "replaced") and rows != source_rows:
        raise YunzuError(where, f"holds {rows} rows, the source {source_rows}", "nothing was kept of it")
    return Loaded("table", where, state, rows, source_rows, len(content.data), given, _origin(content))


def _origin(content: Content) -> str:
    return f"{content.source}, {content.extent}"


def _state(connection: Connection, table: Table, content: Content, given: str) -> State:
    row = connection.execute(
        "SELECT obj_description(to_regclass(%s), 'pg_class'), to_regclass(%s) IS NOT NULL",
        (f'"{table.name}"', f'"{table.name}"'),
    ).fetchone()
    comment, exists = row or (None, False)
    if not exists:
        return "loaded"
    match = _MARK.search(comment or "")
    if match is None:
        return "kept"
    mark = _Mark(match["extent"], match["given"], match["kept"])
    if _digest(connection, table) != mark.kept:
        return "kept"
    # A table that holds the whole is not cut back to a part of it.
    whole = mark.extent == _WHOLE and content.extent != _WHOLE
    return "unchanged" if whole or mark.given == given else "replaced"


def _fill(connection: Connection, table: Table, content: Content, *, new: bool) -> None:
    name = sql.Identifier(table.name)
    if new:
        connection.execute(_definition(table))
    else:
        connection.execute(sql.SQL("TRUNCATE {}").format(name))
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        name, columns, sql.Literal(table.null)
    )
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for start in range(0, len(content.data), _CHUNK):
            rows.write(content.data[start : start + _CHUNK])


def _definition(table: Table) -> sql.Composed:
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(column.type),
            sql.SQL("" if column.optional else " NOT NULL"),
        )
        for column in table.columns
    ]
    key = sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key)))
    return sql.SQL("CREATE TABLE {} ({})").format(
        sql.Identifier(table.name), sql.SQL(", ").join([*columns, key])
    )


def _describe(connection: Connection, table: Table, content: Content, given: str) -> None:
    """Chinese comments on every column, and the record of the source on the table."""
    name = sql.Identifier(table.name)
    for column in table.columns:
        connection.execute(
            sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
                name, sql.Identifier(column.name), sql.Literal(column.comment)
            )
        )
    mark = (
        f"{table.title}。来源：{content.source}；范围：{content.extent}；"
        f"源摘要 {given}；库内摘要 {_digest(connection, table)}"
    )
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(mark)))


def _digest(connection: Connection, table: Table) -> str:
    """SHA-256 of the table's rows in the order of its key."""
    digest = hashlib.sha256()
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    copy = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT").format(sql.Identifier(table.name), key)
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for chunk in rows:
            digest.update(chunk)
    return digest.hexdigest()


def _count(connection: Connection, table: Table) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))).fetchone()
    return int(row[0]) if row else 0
