"""How far the delivery of a request has come, for whoever waits for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.model.text import shortened
from yunzu.records.requests_schema import deliveries as table

_LONGEST_DOING = 200  # characters


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps; `total` 0 while it is not known. `failure`: why the last try ended, as the
    document of an error."""

    done: int = 0
    total: int = 0
    doing: str = ""
    failure: Mapping[str, Any] | None = None

    def steps(self) -> dict[str, Any]:
        """How far it has come, as tables keep it."""
        return {"done": self.done, "total": self.total, "doing": shortened(self.doing, _LONGEST_DOING)}


def find(connection: Connection, number: str) -> Progress:
    """What is known; nothing where no delivery has begun."""
    query = select(*(column for column in table.c if column.name != "request"))
    row = connection.execute(query.where(table.c.request == number)).mappings().one_or_none()
    return Progress(**row) if row else Progress()


def enter(connection: Connection, number: str, progress: Progress) -> None:
    """Put it in the place of what was known."""
    values = {**progress.steps(), "failure": progress.failure}
    entry = insert(table).values(request=number, **values)
    connection.execute(entry.on_conflict_do_update(index_elements=[table.c.request], set_=values))
