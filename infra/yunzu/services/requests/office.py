"""The office 办事大厅: what handling requests needs, besides the request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Authenticated, Register, Scope, of_officer, of_person
from yunzu.model.leases import HOLD_DAYS
from yunzu.model.manifests import Department
from yunzu.model.working_time import WorkingTime
from yunzu.records import tokens
from yunzu.records.database import Records
from yunzu.services.requests.truth import CENTRE, Truth
from yunzu.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """The records, the zone that the office lives in, two letters for numbers, and a clock that tests set.

    `hold_days`: how long an environment is held after its lease has ended and it was suspended.
    """

    records: Records
    prefix: str = "YZ"
    zone: ZoneInfo = ZONE
    now: Callable[[], datetime] = _utc_now
    hold_days: int = HOLD_DAYS

    @property
    def day(self) -> date:
        """Today where the office is."""
        return self.now().astimezone(self.zone).date()

    def working_time(self, connection: Connection) -> WorkingTime:
        """The clock of office hours under the approved calendars."""
        return WorkingTime(Truth(connection).calendars(), self.zone)


def office_of(settings: Settings, records: Records) -> Office:
    """The office as the settings have it."""
    return Office(records, prefix=settings.request_prefix, hold_days=settings.hold_days)


def actor_of_account(
    connection: Connection, account: str, *, authenticated: Authenticated, origin: str
) -> Actor | None:
    """Who an account is: an officer of the register, or somebody of a department; None if nobody."""
    truth = Truth(connection)
    register = truth.find(Register, CENTRE)
    for officer in register.officers if register else ():
        if officer.account == account:
            return of_officer(officer, authenticated=authenticated, origin=origin)
    for department in truth.all(Department).values():
        for person in department.people:
            if person.account == account:
                return of_person(person, department, authenticated=authenticated, origin=origin)
    return None


def actor_of_token(office: Office, text: str, *, origin: str) -> Actor:
    """Who presents a token. Raises RefusedError for a token that is unknown, revoked, expired or nobody's."""
    with office.records.transaction() as connection:
        token = tokens.authenticate(connection, text, office.now())
        who = None
        if token is not None:
            who = actor_of_account(connection, token.account, authenticated="token", origin=origin)
    if token is None or who is None:
        raise RefusedError("token", "is not valid", "an operator, or `yunzu token new`, makes another")
    return replace(who, scope=cast("Scope", token.scope))
