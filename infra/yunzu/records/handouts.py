"""Credentials are handed out once per slot, to a named account; renewed ones are others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.errors import RefusedError
from yunzu.records.database import Records
from yunzu.records.schema import handouts as table


@dataclass(frozen=True, slots=True)
class Handout:
    """Who took which slot of which binding, and when (UTC); `fingerprint` tells which password it was."""

    uid: str
    binding: str
    slot: str
    fingerprint: str
    account: str
    at: datetime


def enter(connection: Connection, uid: str, slot: str, account: str, fingerprints: Mapping[str, str]) -> None:
    """An account gets the credentials of these bindings, each with its password's fingerprint: all of them,
    or none. Raises RefusedError, which ends the transaction, when one was handed out before.
    """
    for binding, fingerprint in fingerprints.items():
        values = {"uid": uid, "binding": binding, "slot": slot, "fingerprint": fingerprint}
        entry = insert(table).values(**values, account=account)
        once = entry.on_conflict_do_nothing(constraint="handouts_once").returning(table.c.slot)
        if connection.execute(once).first() is None:
            taken = connection.execute(select(table).filter_by(**values)).mappings().one()
            raise handed_out_already(Handout(**taken), f"Secret {binding}")


def handed_out_already(taken: Handout, secret: str) -> RefusedError:
    """The refusal of a second time; `secret` says where the credentials lie."""
    return RefusedError(
        f"{taken.binding}, slot {taken.slot}",
        f"was handed out to {taken.account} at {taken.at:%Y-%m-%d %H:%M} UTC",
        f"it lies in {secret}",
    )


def of_account(connection: Connection, account: str) -> list[Handout]:
    """What an account was handed, oldest first: shared credentials, which outlive its access."""
    query = select(table).where(table.c.account == account).order_by(table.c.at)
    return [Handout(**row) for row in connection.execute(query).mappings()]


def listed(records: Records, uid: str) -> list[Handout]:
    """What was handed out of one environment, oldest first."""
    with records.transaction() as connection:
        query = select(table).where(table.c.uid == uid).order_by(table.c.at)
        return [Handout(**row) for row in connection.execute(query).mappings()]
