"""What is approved now: what requests have made of what a centre starts with."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from yunzu.errors import NotFoundError
from yunzu.model.actors import Register
from yunzu.model.calendars import Calendar
from yunzu.model.capacity import Capacity
from yunzu.model.hashes import content, manifest_hash
from yunzu.model.items import Item
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.plans import Plan
from yunzu.model.schemas import KINDS
from yunzu.model.text import shown
from yunzu.records import approved
from yunzu.records.approved import Approved
from yunzu.services.centre_manifests import CentreManifests
from yunzu.services.manifests import Catalogue

Kind = TypeVar("Kind", bound=Manifest)

CENTRE = "centre"  # id of what there is one of: the register, the capacity
SHIPPED = ("Plan", "Item", "Calendar", "Register", "Capacity")


def identity(manifest: Manifest) -> tuple[str, str]:
    """Kind and id of a manifest, as the records know it."""
    kind = type(manifest).__name__
    if isinstance(manifest, Calendar):
        return kind, str(manifest.year)
    return kind, str(getattr(manifest, "id", CENTRE))


def parsed(kind: str, document: Mapping[str, Any]) -> Manifest:
    """The manifest of a recorded content."""
    return KINDS[kind].model_validate_json(json.dumps(document), by_alias=True, by_name=False)


class Truth:
    """The approved manifests, read in the caller's transaction, each when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, model: type[Kind], identifier: str) -> Kind | None:
        """What is approved of that kind and id; None: nothing, or retired."""
        found = approved.current(self._connection, model.__name__, identifier)
        return None if found is None or found.content is None else self._parsed(model, found)

    def get(self, model: type[Kind], identifier: str) -> Kind:
        """Like `find`. Raises NotFoundError."""
        found = self.find(model, identifier)
        if found is None:
            subject = f"{model.__name__.lower()} {shown(identifier)}"
            raise NotFoundError(subject, "is not approved", "ask for it with `yunzu request new`")
        return found

    def all(self, model: type[Kind]) -> dict[str, Kind]:
        """Everything of a kind that is approved, by id."""
        found = approved.currents(self._connection, model.__name__)
        return {one.id: self._parsed(model, one) for one in found}

    def hash_of(self, kind: str, identifier: str) -> str | None:
        """Hash of what is approved; None: nothing, or retired."""
        found = approved.current(self._connection, kind, identifier)
        return found.hash if found else None

    def request_of(self, kind: str, identifier: str) -> str | None:
        """The request that has made it what it is, or retired it."""
        found = approved.current(self._connection, kind, identifier)
        return found.request if found else None

    def plan_of_hash(self, plan_hash: str) -> Plan | None:
        """A plan as it was approved at some time."""
        found = approved.of_hash(self._connection, Plan.__name__, plan_hash)
        return self._parsed(Plan, found) if found else None

    def calendars(self) -> dict[int, Calendar]:
        """The working calendars, by year."""
        return {one.year: one for one in self.all(Calendar).values()}

    def catalogue(self, day: date) -> Catalogue:
        """Departments, environments and plans as they hold on a day, for services that build environments."""
        return Catalogue(self.all(Department), self.all(Environment), self.all(Plan)).on(day)

    def approve(self, manifest: Manifest, *, request: str | None, at: datetime) -> None:
        """From now on this is what should be."""
        kind, identifier = identity(manifest)
        document = content(manifest)
        one = Approved(kind, identifier, manifest_hash(manifest), document, request, at)
        approved.approve(self._connection, one)

    def retire(self, kind: str, identifier: str, *, request: str, at: datetime) -> None:
        """From now on there should be none."""
        approved.approve(self._connection, Approved(kind, identifier, None, None, request, at))

    @staticmethod
    def _parsed(model: type[Kind], found: Approved) -> Kind:
        assert found.content is not None  # noqa: S101 - the caller has looked
        return cast("Kind", parsed(model.__name__, found.content))


def adopt(connection: Connection, shipped: Iterable[Manifest], at: datetime) -> list[str]:
    """Take what a centre begins with: of each kind that the records know nothing of yet.

    From then on a change is a request. Returns `kind id` of what was taken; doing it twice takes nothing.
    """
    truth = Truth(connection)
    empty = {kind for kind in SHIPPED if not approved.currents(connection, kind)}
    taken = [one for one in shipped if identity(one)[0] in empty]
    for one in taken:
        truth.approve(one, request=None, at=at)
    return [" ".join(identity(one)) for one in taken]


def shipped(plans: Mapping[str, Plan], centre: CentreManifests) -> list[Manifest]:
    """What the centre's files say, as `adopt` takes it."""
    single: list[Register | Capacity | None] = [centre.register, centre.capacity]
    several: list[Manifest] = [*plans.values(), *centre.items.values(), *centre.calendars.values()]
    return several + [one for one in single if one is not None]


def item_of(document: Mapping[str, Any]) -> Item:
    """The item as a request pins it."""
    return cast("Item", parsed(Item.__name__, document))
