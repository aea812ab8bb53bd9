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
    """A suspension that was delivered, and who had asked for it."""

    at: datetime
    applicant: str


def rests(connection: Connection) -> dict[str, Rest]:
    """Environments whose newest delivered suspension was not followed by a resumption that somebody asked
    for, by id. A renewal resumes too: whether one is suspended now, `living` says."""
    columns = [requests.c[name] for name in ("subject", "item", "applicant", "done_at")]
    query = (
        select(*columns)
        .ext(distinct_on(requests.c.subject))
        .where(requests.c.item.in_(("environment.suspend", "environment.resume")), requests.c.state == "done")
    )
    ordered = query.order_by(requests.c.subject, requests.c.done_at.desc(), requests.c.number.desc())
    found = connection.execute(ordered).all()
    return {
        one.subject: Rest(one.done_at, one.applicant) for one in found if one.item == "environment.suspend"
    }
