"""People whom environments let in by a grant: what becomes of that when they leave, or are disabled."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from yunzu.model.manifests import Environment
from yunzu.records import queue
from yunzu.services.requests.truth import Truth


def end(connection: Connection, accounts: Collection[str], *, request: str, at: datetime) -> None:
    """What these accounts were granted is approved no more, also if they come back later.

    `request` is the one with which they leave. Workers take it from the environments.
    """
    truth = Truth(connection)
    for environment in _hosts(truth, accounts) if accounts else ():
        truth.approve(environment.without(accounts), request=request, at=at)
        _tell(connection, environment)


def look_again(connection: Connection, account: str) -> None:
    """Have workers let an account in, or shut it out, wherever it was granted access."""
    for environment in _hosts(Truth(connection), [account]):
        _tell(connection, environment)


def _hosts(truth: Truth, accounts: Collection[str]) -> list[Environment]:
    return [one for one in truth.all(Environment).values() if one.without(accounts) is not one]


def _tell(connection: Connection, environment: Environment) -> None:
    queue.defer_shutting_out(connection, environment.department)
    queue.defer_putting_right(connection, environment.id)
