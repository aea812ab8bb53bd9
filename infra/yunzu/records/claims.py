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


def retained(records: Records, uid: str) -> list[Claim]:
    """What still holds data, by kind and name."""
    query = (
        select(table.c.uid, table.c.kind, table.c.claim, table.c.external_name)
        .where(table.c.uid == uid, table.c.erased_at.is_(None))
        .order_by(table.c.kind, table.c.claim)
    )
    with records.transaction() as connection:
        return [Claim(**row) for row in connection.execute(query).mappings()]


def all_retained(records: Records) -> dict[str, list[Claim]]:
    """What still holds data, by environment's uid; of each by kind and name."""
    query = (
        select(table.c.uid, table.c.kind, table.c.claim, table.c.external_name)
        .where(table.c.erased_at.is_(None))
        .order_by(table.c.uid, table.c.kind, table.c.claim)
    )
    found: dict[str, list[Claim]] = {}
    with records.transaction() as connection:
        for row in connection.execute(query).mappings():
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
