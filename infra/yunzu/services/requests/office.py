"""The office 办事大厅: what handling requests needs, besides the request."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yunzu.embedded import keys
from yunzu.embedded.home import Home
from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Authenticated, Register, Scope, of_officer, of_person
from yunzu.model.leases import HOLD_DAYS
from yunzu.model.manifests import Department
from yunzu.model.message_preferences import MAIL
from yunzu.model.working_time import WorkingTime
from yunzu.records import disabled_accounts, tokens
from yunzu.records.database import Records
from yunzu.services.requests.truth import CENTRE, Truth
from yunzu.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _no_key() -> str:
    raise RefusedError(
        "second factors", "this office has no key for them", "open it by the centre's settings"
    )


@dataclass(frozen=True)
class Office:
    """The records, the zone that the office lives in, two letters for numbers, a clock that tests set, and
    where the key comes from that seals second factors (256 bits in base64).

    `hold_days`: how long an environment is held after its lease has ended and it was suspended; `channels`:
    by which messages are sent, as preferences name them.
    """

    records: Records
    prefix: str = "YZ"
    zone: ZoneInfo = ZONE
    now: Callable[[], datetime] = _utc_now
    hold_days: int = HOLD_DAYS
    channels: frozenset[str] = frozenset()
    sealing_key: Callable[[], str] = field(default=_no_key, repr=False)

    @property
    def day(self) -> date:
        """Today where the office is."""
        return self.now().astimezone(self.zone).date()

    def working_time(self, connection: Connection) -> WorkingTime:
        """The clock of office hours under the approved calendars."""
        return WorkingTime(Truth(connection).calendars(), self.zone)


def office_of(settings: Settings, records: Records) -> Office:
    """The office as the settings have it."""
    home = Home(settings.home)
    return Office(
        records,
        prefix=settings.request_prefix,
        zone=settings.zone,
        hold_days=settings.hold_days,
        channels=frozenset(f"webhook/{name}" for name in settings.webhooks)
        | ({MAIL} if settings.smtp_url is not None else set()),
        sealing_key=lambda: keys.encryption_key(home, "second-factor"),
    )


def actor_of_account(
    connection: Connection, account: str, *, authenticated: Authenticated, origin: str
) -> Actor | None:
    """Who an account is: an officer of the register, or somebody of a department; None if nobody, and where
    it is disabled."""
    if account in disabled_accounts.listed(connection):
        return None
    return holder(connection, account, authenticated=authenticated, origin=origin)


def holder(
    connection: Connection, account: str, *, authenticated: Authenticated, origin: str
) -> Actor | None:
    """Who an account is, also where it is disabled."""
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
        raise RefusedError("token", "is not valid", "`yunzu login` makes another, with a one-time code")
    return replace(
        who, scope=cast("Scope", token.scope), token=token.id, confirmed_until=token.confirmed_until
    )
