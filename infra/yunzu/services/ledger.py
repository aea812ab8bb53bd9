"""The ledger 台账: everything that the centre owns (所有权) and a department has the right to use (使用权).

Row A6: the right of use is dated and separate from ownership. Reads records, changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from sqlalchemy import Connection

from yunzu import naming
from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.actors import Actor
from yunzu.model.leases import Standing
from yunzu.model.manifests import Environment
from yunzu.model.plans import Plan, Price
from yunzu.records import approved, request_periods, rights_of_use
from yunzu.records.grants import Grant
from yunzu.services.leases.tenures import leases_of
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import parsed

Kind = Literal["namespace", "database", "bucket"]

GRANTED = "granted"
"""State of what was approved and is not there yet; the others are those of the records."""


@dataclass(frozen=True, slots=True)
class Right:
    """A right to use one resource.

    `name` is what the manifest calls it, `external` what its server does, None where it is not made yet.
    `price` is of the whole environment: each of its resources says the same. `retained`: nobody uses it
    any more, and its data are kept. `request`: the one that granted the plan; None: brought up from files.
    `standing`: where its lease stands, with the last days of a toleration and of the hold; None: brought up
    from files, or taken down.
    """

    owner: str
    department: str
    environment: str
    kind: Kind
    name: str
    external: str | None
    plan: str
    price: Price | None
    start: date | None
    until: date | None
    state: str
    retained: bool
    expired_days: int
    request: str | None
    standing: Standing | None = None
    tolerated_until: date | None = None
    held_until: date | None = None

    @property
    def expired(self) -> bool:
        """Whether its last day has passed, whatever was done about it."""
        return self.expired_days > 0


@dataclass(frozen=True)
class Ledger:
    """All rights as of a day, in order of departments and environments."""

    day: date
    rights: tuple[Right, ...]
    titles: Mapping[str, str]

    @property
    def month(self) -> Decimal:
        """Sum of the monthly prices, each environment once."""
        prices = {one.environment: one.price.month for one in self.rights if one.price is not None}
        return sum(prices.values(), Decimal(0))

    def title(self, right: Right) -> str:
        """What its department is called in Chinese; its id where nothing says it."""
        return self.titles.get(right.department, right.department)


def ledger(*, actor: Actor, office: Office, department: str | None = None) -> Ledger:
    """Every right of use, of all departments or one.

    Who belongs to a department sees that one's. Raises RefusedError for others, NotFoundError for a
    department that nothing is known of.
    """
    if not actor.roles:
        raise RefusedError("ledger", f"{actor.account} holds no role", "ask an operator")
    if actor.department is not None and department not in {None, actor.department}:
        raise RefusedError(f"ledger of {department}", "is not of your department")
    chosen = department or actor.department
    day = office.now().astimezone(office.zone).date()
    with office.records.transaction() as connection:
        request_periods.freeze(connection)
        known = _Known(connection, office, day)
    rights = tuple(one for one in known.rights() if chosen in {None, one.department})
    if chosen is not None and not rights and chosen not in known.titles:
        raise NotFoundError(f"department {chosen}", "is not registered", "see `yunzu dept list`")
    return Ledger(day, rights, known.titles)


class _Known:
    """The records as the ledger needs them."""

    def __init__(self, connection: Connection, office: Office, day: date) -> None:
        self._day = day
        self._owner = rights_of_use.centre_id(connection)
        self._living = {one.id: one for one in rights_of_use.living(connection)}
        self._claims = rights_of_use.holding_data(connection)
        self._grants = rights_of_use.granted(connection)
        self._approved = {
            one.id: cast("Environment", parsed(one.kind, one.content or {}))
            for one in approved.currents(connection, "Environment")
        }
        self._leases = leases_of(connection, office)
        self.titles: dict[str, str] = {}
        self._plans: dict[str, Plan] = {}
        """By hash, as once approved, and by id, as approved now."""
        for one in request_periods.versions(connection, ("Plan", "Department"), office.now()):
            if one.content is None:
                continue
            if one.kind == "Department":
                self.titles[one.id] = one.content["title"]["zh"]
            else:
                self._plans[one.id] = self._plans[one.hash or ""] = cast(
                    "Plan", parsed(one.kind, one.content)
                )

    def rights(self) -> Iterator[Right]:
        """Of what there is, and of what was approved and is not there yet; in order of environments."""
        for identifier in sorted({*self._living, *self._approved}):
            yield from self._of(self._home(identifier))

    def _of(self, home: Right) -> Iterator[Right]:
        """The rights in one environment, like that in its namespace."""
        recorded, wanted = self._living.get(home.environment), self._approved.get(home.environment)
        declared = _declared(wanted) if wanted else []
        if recorded is None:
            yield home
            for kind, name in declared:
                yield replace(home, kind=kind, name=name)
            return
        gone = recorded.state == "destroyed"
        if not gone:
            yield replace(home, external=home.name)
        for claim in self._claims.get(recorded.uid, ()):
            kept = gone or (wanted is not None and (claim.kind, claim.claim) not in declared)
            named = replace(home, kind=claim.kind, name=claim.claim, external=claim.external_name)
            yield replace(named, retained=kept)

    def _home(self, identifier: str) -> Right:
        """The right in the namespace; what was approved last says until when, else what was applied."""
        recorded, wanted = self._living.get(identifier), self._approved.get(identifier)
        department, _, name = identifier.partition("/")
        grant = self._grants.get(identifier)
        plan_id = wanted.plan if wanted else recorded.plan if recorded else ""
        plan = self._plan(grant, plan_id, used=recorded is None or recorded.state != "destroyed")
        start = wanted.lease.start if wanted else recorded.lease_from if recorded else None
        until = wanted.lease.until if wanted else recorded.lease_until if recorded else None
        lease = self._leases.get(identifier)
        return Right(
            owner=self._owner,
            department=department,
            environment=identifier,
            kind="namespace",
            name=naming.namespace(department, name),
            external=None,
            plan=plan.id if plan else plan_id,
            price=plan.price if plan else None,
            start=start,
            until=until,
            state=recorded.state if recorded else GRANTED,
            retained=False,
            expired_days=max((self._day - until).days, 0) if until else 0,
            request=grant.request if grant else None,
            standing=lease.standing if lease else None,
            tolerated_until=lease.tenure.tolerated_until if lease else None,
            held_until=lease.held_until if lease else None,
        )

    def _plan(self, grant: Grant | None, identifier: str, *, used: bool) -> Plan | None:
        """The plan as it was granted; of what no request granted, as it is approved now."""
        if grant is not None:
            return self._plans.get(grant.plan_hash)
        return self._plans.get(identifier) if used else None


def _declared(wanted: Environment) -> list[tuple[Kind, str]]:
    databases: list[tuple[Kind, str]] = [("database", one.name) for one in wanted.databases]
    return databases + [("bucket", one.name) for one in wanted.buckets]
