"""Accounts as they are shown: who has one, what it may, whether it is open, and what was done about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Register
from yunzu.model.authority import refusal_to_read_accounts
from yunzu.model.manifests import Department
from yunzu.model.text import shown
from yunzu.records import account_events, deputies, disabled_accounts, handouts, second_factors, tokens
from yunzu.records.account_events import AccountEvent
from yunzu.records.deputies import Deputyship
from yunzu.records.disabled_accounts import DisabledAccount
from yunzu.records.handouts import Handout
from yunzu.services.accounts.codes import known
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import CENTRE, Truth


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `tokens`: how many are good now; `last_used_at` of any token, in UTC."""

    account: str
    name: str
    roles: tuple[str, ...]
    department: str | None
    disabled: DisabledAccount | None
    second_factor: bool
    tokens: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Particulars:
    """An account with its deputies on either side, the credentials it was handed, and its trail, newest
    first."""

    account: Account
    deputies: tuple[Deputyship, ...]
    handed_out: tuple[Handout, ...]
    events: tuple[AccountEvent, ...]


def listed(*, actor: Actor, office: Office, department: str | None = None) -> list[Account]:
    """Every account, officers first, or those of a department. Raises RefusedError."""
    _permit(actor, None)
    with office.records.transaction() as connection:
        everybody = _everybody(connection)
        return _accounts(
            connection, [one for one in everybody if department in (None, one.department)], office
        )


def show(account: str, *, actor: Actor, office: Office) -> Particulars:
    """One account with all that was done about it. Raises RefusedError, NotFoundError."""
    _permit(actor, account)
    with office.records.transaction() as connection:
        [one] = _accounts(connection, [known(connection, account)], office)
        return Particulars(
            one,
            tuple(deputies.listed(connection, account)),
            tuple(handouts.of_account(connection, account)),
            tuple(account_events.listed(connection, account)),
        )


def _permit(actor: Actor, account: str | None) -> None:
    if why := refusal_to_read_accounts(actor, account):
        raise RefusedError(f"account {shown(account)}" if account else "accounts", why, "ask an operator")


def _everybody(connection: Connection) -> list[Actor]:
    truth = Truth(connection)
    register = truth.find(Register, CENTRE)
    found = [one.account for one in (register.officers if register else ())]
    found += [one.account for each in truth.all(Department).values() for one in each.people]
    return [known(connection, account) for account in found]


def _accounts(connection: Connection, people: list[Actor], office: Office) -> list[Account]:
    disabled = disabled_accounts.listed(connection)
    enrolled = second_factors.enrolled(connection)
    made = tokens.listed(connection, people[0].account if len(people) == 1 else None)
    now = office.now()
    found = []
    for who in people:
        own = [one for one in made if one.account == who.account]
        used = [one.last_used_at for one in own if one.last_used_at is not None]
        found.append(
            Account(
                account=who.account,
                name=who.name,
                roles=tuple(sorted(who.roles)),
                department=who.department,
                disabled=disabled.get(who.account),
                second_factor=who.account in enrolled,
                tokens=sum(one.revoked_at is None and one.expires_at > now for one in own),
                last_used_at=max(used, default=None),
            )
        )
    return found
