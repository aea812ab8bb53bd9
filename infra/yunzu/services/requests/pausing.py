"""Pauses as the promise's clock takes them."""

from sqlalchemy import Connection

from yunzu.model.promises import Pause
from yunzu.records import request_history


def pauses_of(connection: Connection, number: str) -> tuple[Pause, ...]:
    """When the clock of one request stood."""
    return pauses_of_all(connection, [number])[number]


def pauses_of_all(connection: Connection, numbers: list[str]) -> dict[str, tuple[Pause, ...]]:
    """When the clocks of several requests stood."""
    found = request_history.pauses(connection, numbers)
    return {
        number: tuple(
            Pause(one.kind, one.reason, one.started_at, one.ended_at, one.approved_by)  # type: ignore[arg-type]
            for one in taken
        )
        for number, taken in found.items()
    }
