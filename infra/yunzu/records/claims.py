"""What holds a tenant's data, and outlives the environment until it is erased."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from yunzu.records.database import Records
from yunzu.records.schema import claims as table

Kind = Literal["database", "bucket"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One database or bucket, by the name in the manifest and the name on its server."""

    uid: str
    kind: Kind
    claim: str
    external_name: str


def record(records: Records, uid: str, kind: Kind, claim: str, external_name: str) -> None:
    """Remember, before it is made, that this environment holds data there. Safe to repeat."""
    values = {"uid": uid, "kind": kind, "claim": claim, "external_name": external_name}
    statement = insert(table).values(values)
    again = statement.on_conflict_do_update(
        index_elements=[table.c.uid, table.c.kind, table.c.claim], set_={"erased_at": None}
    )
    with records.transaction() as connection:
        connection.execute(again)


_RETAINED = (
    select(table.c.uid, table.c.kind, table.c.claim, table.c.external_name)
    .where(table.c.erased_at.is_(None))
    .order_by(table.c.uid, table.c.kind, table.c.claim)
)


def retained(records: Records, uid: str) -> list[Claim]:
    """What still holds data of an environment, by kind and name."""
    with records.transaction() as connection:
        found = connection.execute(_RETAINED.where(table.c.uid == uid)).mappings()
        return [Claim(**row) for row in found]


def all_retained(records: Records) -> dict[str, list[Claim]]:
    """The same of all environments, by uid."""
    found: dict[str, list[Claim]] = {}
    with records.transaction() as connection:
        for row in connection.execute(_RETAINED).mappings():
            found.setdefault(row["uid"], []).append(Claim(**row))
    return found


def mark_erased(records: Records, uid: str, kind: Kind, claim: str) -> None:
    """Its data are gone."""
    change = (
        update(table)
        .where(table.c.uid == uid, table.c.kind == kind, table.c.claim == claim)
        .values(erased_at=func.now())
    )
    with records.transaction() as connection:
        connection.execute(change)
