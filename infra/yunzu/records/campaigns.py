"""Renewal campaigns: which environments are asked about, and the request that answers for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from yunzu.errors import NotFoundError
from yunzu.model.text import shown
from yunzu.records.requests_schema import campaign_lines, campaigns, requests


@dataclass(frozen=True, slots=True)
class Campaign:
    """It asks which environments are renewed until a day, and wants to know by another."""

    id: str
    until: date
    answer_by: date
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One environment asked about; the request that answers, its item and its state are None until somebody
    files one."""

    campaign: str
    environment: str
    department: str
    item: str | None
    request: str | None
    state: str | None


def open_(connection: Connection, one: Campaign, environments: Sequence[tuple[str, str]]) -> None:
    """Open it, or open it again: lines of (environment, department) that it has stay as they are."""
    values = {name: getattr(one, name) for name in Campaign.__slots__}
    opened = insert(campaigns).values(values)
    again = {"answer_by": one.answer_by}
    connection.execute(opened.on_conflict_do_update(index_elements=[campaigns.c.id], set_=again))
    for environment, department in environments:
        line = insert(campaign_lines).values(campaign=one.id, environment=environment, department=department)
        connection.execute(line.on_conflict_do_nothing())


def find(connection: Connection, identifier: str) -> Campaign:
    """One campaign. Raises NotFoundError."""
    query = select(campaigns).where(campaigns.c.id == identifier)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"campaign {shown(identifier)}", "was not opened", "see `yunzu campaign show`")
    return Campaign(**row)


def listed(connection: Connection) -> list[Campaign]:
    """Every campaign, the newest first."""
    query = select(campaigns).order_by(campaigns.c.at.desc(), campaigns.c.id)
    return [Campaign(**row) for row in connection.execute(query).mappings()]


def bundle(campaign: str, department: str) -> str:
    """The bundle that a department's answers stand in."""
    return f"{campaign}/{department}"


def lines(connection: Connection, campaign: str) -> list[Line]:
    """Its lines, by environment, each with the newest request that answers: one in its department's bundle,
    or a renewal or retirement that was filed since the campaign was opened, in whatever way."""
    table = campaign_lines
    in_bundle = requests.c.bundle == func.concat(table.c.campaign, "/", table.c.department)
    opened = select(campaigns.c.at).where(campaigns.c.id == table.c.campaign).scalar_subquery()
    says_so = requests.c.item.in_(("environment.renew", "environment.retire"))
    answering = (requests.c.subject == table.c.environment) & (
        in_bundle | (says_so & (requests.c.submitted_at >= opened))
    )
    query = select(
        *table.c, requests.c.item, requests.c.number.label("request"), requests.c.state
    ).select_from(table.outerjoin(requests, answering))
    newest = query.ext(distinct_on(table.c.environment)).where(table.c.campaign == campaign)
    ordered = newest.order_by(table.c.environment, requests.c.submitted_at.desc(), requests.c.number.desc())
    return [Line(**row) for row in connection.execute(ordered).mappings()]
