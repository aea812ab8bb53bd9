"""Deputies 代理: name one for a time, list them, end one before its time."""

from datetime import date, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.authority import refusal_about_deputy, refusal_to_read_accounts
from yunzu.model.deputies import Deputy
from yunzu.model.text import shown
from yunzu.records import account_events, deputies
from yunzu.records.deputies import Deputyship
from yunzu.services.accounts.codes import known
from yunzu.services.requests.office import Office

LONGEST = timedelta(days=366)


def name(of: str, by: str, start: date, until: date, *, actor: Actor, office: Office) -> Deputyship:
    """`by` acts for `of` from one day until another, both inclusive.

    Raises UsageError for days that are none, NotFoundError for accounts of nobody, RefusedError where the
    actor may not or the two may not stand in for each other.
    """
    deputy = _deputy(of, by, start, until)
    today = office.now().astimezone(office.zone).date()
    if until < today:
        raise UsageError("deputy", f"the time ends on {until}, and that is over", "name a later day")
    if until - start > LONGEST:
        raise UsageError("deputy", f"{(until - start).days} days are longer than a year", "name fewer")
    with office.records.transaction() as connection:
        principal, standing_in, now = known(connection, of), known(connection, by), office.now()
        others = _overlapping(connection, deputy)
        if why := refusal_about_deputy(actor, principal, standing_in, now, others=others):
            raise RefusedError(f"deputy of {shown(of)}", why, "nothing was changed")
        made = deputies.add(connection, deputy, named_by=actor.account, now=now)
        detail = {"deputy": made.id, "of": of, "stands_in": by, "from": str(start), "until": str(until)}
        for account in (of, by):
            account_events.enter(connection, account, "deputy-named", actor, now, **detail)
        return made


def listed(account: str | None, *, actor: Actor, office: Office) -> list[Deputyship]:
    """Those of an account, on either side; None: all that the actor may see. Raises RefusedError."""
    if account is None and refusal_to_read_accounts(actor, None):
        account = actor.account
    if why := refusal_to_read_accounts(actor, account):
        raise RefusedError(f"deputies of {shown(account or '')}", why, "ask an operator")
    with office.records.transaction() as connection:
        return deputies.listed(connection, account)


def revoke(identifier: str, *, actor: Actor, office: Office) -> Deputyship:
    """It counts no longer: both see that in their trail. The deputy may end it too. Raises NotFoundError,
    RefusedError."""
    with office.records.transaction() as connection:
        one = deputies.find(connection, identifier)
        principal, now = known(connection, one.of), office.now()
        why = refusal_about_deputy(actor, principal, None, now)
        if actor.account == one.by and actor.scope == "all":
            why = None
        if why:
            raise RefusedError(f"deputy {shown(identifier)}", why, "nothing was changed")
        if one.revoked_at is None:
            for account in (one.of, one.by):
                account_events.enter(connection, account, "deputy-revoked", actor, now, deputy=one.id)
        return deputies.revoke(connection, identifier, by=actor.account, now=now)


def _deputy(of: str, by: str, start: date, until: date) -> Deputy:
    try:
        return Deputy.model_validate({"of": of, "by": by, "from": start, "until": until}, by_alias=True)
    except ValidationError as error:
        said = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise UsageError("deputy", said) from error


def _overlapping(connection: Connection, deputy: Deputy) -> tuple[Deputy, ...]:
    """What is in force for either of the two on any of the days."""
    found = [*deputies.listed(connection, deputy.of), *deputies.listed(connection, deputy.by)]
    return tuple(
        deputies.as_rule(one)
        for one in found
        if one.revoked_at is None and one.start <= deputy.until and deputy.start <= one.until
    )
