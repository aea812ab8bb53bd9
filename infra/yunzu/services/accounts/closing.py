"""Close an account's access: in the transaction of the decision that ends it, so that nothing outlives it.

What it holds in Kubernetes a worker ends at once after that.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from yunzu.model.actors import Actor, Register
from yunzu.model.manifests import Department
from yunzu.records import account_codes, account_events, deputies, queue, second_factors, tokens
from yunzu.services.accounts import guests


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
    connection: Connection,
    before: Department | Register | None,
    after: Department | Register,
    *,
    request: str,
    by: Actor,
    now: datetime,
) -> None:
    """Whoever is in the department, or of the centre's officers, no more has no access any more, also if they
    come back later, and wherever it was granted to them. Whoever has lost a role in a department loses it in
    the cluster. `request` is what they leave with."""
    if before is not None and isinstance(after, Department):
        queue.defer_shutting_out(connection, after.id)
    stay = _accounts(after)
    leavers = [account for account in (_accounts(before) if before else ()) if account not in stay]
    guests.end(connection, leavers, request=request, at=now)
    for account in leavers:
        ended = close(connection, account, by=by, now=now)
        account_events.enter(
            connection,
            account,
            "left",
            by,
            now,
            department=after.id if isinstance(after, Department) else None,
            tokens=ended.tokens,
            deputies=ended.deputies,
        )


def _accounts(one: Department | Register) -> list[str]:
    return [each.account for each in (one.people if isinstance(one, Department) else one.officers)]
