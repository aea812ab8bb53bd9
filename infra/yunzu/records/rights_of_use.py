"""What the ledger reads: environments, what of theirs holds data, and what was granted; one query a table."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from yunzu.records.claims import Claim
from yunzu.records.environments import Environment
from yunzu.records.grants import Grant
from yunzu.records.requests_schema import grants, requests
from yunzu.records.schema import centre, claims, environments


def centre_id(connection: Connection) -> str:
    """Who owns everything."""
    return str(connection.execute(select(centre.c.id)).scalar_one())


def living(connection: Connection) -> list[Environment]:
    """All environments but erased ones, by department and name."""
    query = select(environments).where(environments.c.state != "erased")
    ordered = query.order_by(environments.c.department, environments.c.name)
    return [Environment(**row) for row in connection.execute(ordered).mappings()]


def holding_data(connection: Connection) -> dict[str, list[Claim]]:
    """Databases and buckets that were not erased, by the uid of their environment; databases first."""
    columns = [claims.c[name] for name in Claim.__slots__]
    query = (
        select(*columns).where(claims.c.erased_at.is_(None)).order_by(claims.c.kind.desc(), claims.c.claim)
    )
    found: dict[str, list[Claim]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["uid"], []).append(Claim(**row))
    return found


def granted(connection: Connection) -> dict[str, Grant]:
    """What each environment was granted, by its id."""
    found = (Grant(**row) for row in connection.execute(select(grants)).mappings())
    return {one.environment: one for one in found}


@dataclass(frozen=True, slots=True)
class Rest:
    """A suspension that was begun, who had asked for it, and when it was delivered; None: not yet."""

    at: datetime | None
    applicant: str


_SUSPENDING = "environment.suspend"
_DECIDING = (_SUSPENDING, "environment.resume", "environment.new")
_BEGUN = ("delivering", "failed", "done", "abandoned")  # nothing else is abandoned than what has failed


def rests(connection: Connection) -> dict[str, Rest]:
    """Environments about whose use a suspension was decided last, by id: no resumption that somebody asked
    for came after it, and it was not asked for anew. Those that are only granted do not count yet. A renewal
    resumes too: whether one is to be suspended now, `living` says."""
    columns = [requests.c[name] for name in ("subject", "item", "applicant", "state", "done_at")]
    query = (
        select(*columns)
        .ext(distinct_on(requests.c.subject))
        .where(requests.c.item.in_(_DECIDING), requests.c.state.in_(_BEGUN))
    )
    ordered = query.order_by(requests.c.subject, requests.c.decided_at.desc(), requests.c.number.desc())
    return {
        one.subject: Rest(one.done_at if one.state == "done" else None, one.applicant)
        for one in connection.execute(ordered)
        if one.item == _SUSPENDING
    }
