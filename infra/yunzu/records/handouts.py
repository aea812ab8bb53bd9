"""Credentials are handed out once per slot, to a named account."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.errors import RefusedError
from yunzu.records.database import Records
from yunzu.records.schema import handouts as table


@dataclass(frozen=True, slots=True)
class Handout:
    """Who took which slot of which binding, and when (UTC)."""

    uid: str
    binding: str
    slot: str
    account: str
    at: datetime


def hand_out(records: Records, uid: str, binding: str, slot: str, account: str) -> None:
    """Enter the handing out, before the credentials are read. Raises RefusedError the second time."""
    entry = (
        insert(table)
        .values(uid=uid, binding=binding, slot=slot, account=account)
        .on_conflict_do_nothing(constraint="handouts_once")
        .returning(table.c.slot)
    )
    with records.transaction() as connection:
        if connection.execute(entry).first() is not None:
            return
        query = select(table).where(table.c.uid == uid, table.c.binding == binding, table.c.slot == slot)
        taken = Handout(**connection.execute(query).mappings().one())
    raise RefusedError(
        f"{binding}, slot {slot}",
        f"was handed out to {taken.account} at {taken.at:%Y-%m-%d %H:%M} UTC",
        "a workload reads its Secret; for a person, rotate to the other slot",
    )


def listed(records: Records, uid: str) -> list[Handout]:
    """What was handed out of one environment, oldest first."""
    with records.transaction() as connection:
        query = select(table).where(table.c.uid == uid).order_by(table.c.at)
        return [Handout(**row) for row in connection.execute(query).mappings()]


def renew(records: Records, uid: str, binding: str, slot: str) -> None:
    """The slot holds new credentials: they may be handed out, once."""
    old = delete(table).where(table.c.uid == uid, table.c.binding == binding, table.c.slot == slot)
    with records.transaction() as connection:
        connection.execute(old)
