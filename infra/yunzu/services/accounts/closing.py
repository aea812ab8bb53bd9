"""Close an account's access: in the transaction of the decision that ends it, so that nothing outlives it.

What it holds in Kubernetes ends with the next delivery to its department, which the same command makes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from yunzu.model.actors import Actor
from yunzu.model.manifests import Department
from yunzu.records import account_codes, account_events, deputies, second_factors, tokens


@dataclass(frozen=True, slots=True)
class Ended:
    """What was good until now."""

    tokens: int
    deputies: int
    code: bool
    second_factor: bool


def close(connection: Connection, account: str, *, by: Actor, now: datetime) -> Ended:
    """Tokens, one-time code, second factor and deputies of an account are good for nothing any more."""
    return Ended(
        tokens=tokens.revoke_all(connection, account, now),
        deputies=deputies.revoke_all(connection, account, by=by.account, now=now),
        code=account_codes.end(connection, account, "withdrawn", now),
        second_factor=second_factors.forget(connection, account),
    )


def close_leavers(
    connection: Connection, before: Department | None, after: Department, *, by: Actor, now: datetime
) -> None:
    """Whoever is in the department no more has no access any more, also if they come back later."""
    stay = {one.account for one in after.people}
    for person in before.people if before else ():
        if person.account not in stay:
            ended = close(connection, person.account, by=by, now=now)
            account_events.enter(
                connection,
                person.account,
                "left",
                by,
                now,
                department=after.id,
                tokens=ended.tokens,
                deputies=ended.deputies,
            )
