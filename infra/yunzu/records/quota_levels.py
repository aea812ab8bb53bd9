"""How full each quota was when people were last told of it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.records.requests_schema import quota_levels as table


@dataclass(frozen=True, slots=True)
class Level:
    """The highest of 80, 90 and 100 percent that was reached, 0 for none, and how often people were told."""

    level: int = 0
    crossing: int = 0


def listed(connection: Connection) -> dict[tuple[str, str], Level]:
    """By owner and meter; what was never reached is not there."""
    return {
        (row.owner, row.meter): Level(row.level, row.crossing) for row in connection.execute(select(table))
    }


def put(connection: Connection, owner: str, meter: str, level: Level) -> None:
    """From now on this is where it is."""
    values = {"level": level.level, "crossing": level.crossing}
    entry = insert(table).values(owner=owner, meter=meter, **values)
    connection.execute(
        entry.on_conflict_do_update(index_elements=[table.c.owner, table.c.meter], set_=values)
    )
