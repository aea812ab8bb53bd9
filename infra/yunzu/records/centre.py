"""Whose records these are."""

from sqlalchemy import insert, select

from yunzu.errors import RefusedError
from yunzu.model.connections import Connections
from yunzu.records.database import Records, subject
from yunzu.records.engine_login import prepare_engine_login
from yunzu.records.migrations import migrate
from yunzu.records.schema import centre as table


def prepare(connections: Connections) -> None:
    """Bring the records of this centre to their present shape: schema, owner, the CLI's login.

    Safe to repeat. Raises RefusedError (newer schema, another centre's records, a right missing) and
    UnreachableError.
    """
    migrate(connections.records)
    with Records(connections.records) as records:
        claim(records, connections.centre)
    prepare_engine_login(
        connections.records, centre=connections.centre, identity_key=connections.identity_key
    )


def claim(records: Records, centre: str) -> None:
    """Take empty records for this centre. Raises RefusedError when they are another centre's."""
    with records.transaction() as connection:
        connection.exec_driver_sql("LOCK TABLE yunzu.centre IN EXCLUSIVE MODE")
        owner = connection.execute(select(table.c.id)).scalar()
        if owner is None:
            connection.execute(insert(table).values(id=centre))
        elif owner != centre:
            raise RefusedError(
                subject(records.postgres),
                f"belongs to centre {owner}, this is centre {centre}",
                "give each centre a records database of its own",
            )


def identity(records: Records) -> str:
    """Id of the centre whose records these are."""
    with records.transaction() as connection:
        found: str = connection.execute(select(table.c.id)).scalar_one()
    return found
