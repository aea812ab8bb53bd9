"""What can be asked for: the approved items, and whether a delivery stands behind each."""

from dataclasses import dataclass

from yunzu.model.items import Item
from yunzu.services.requests.filing import OFFERED
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth


@dataclass(frozen=True, slots=True)
class Offer:
    """One item."""

    item: Item
    offered: bool


def items(office: Office) -> list[Offer]:
    """Every approved item, by id."""
    with office.records.transaction() as connection:
        found = Truth(connection).all(Item)
    return [Offer(found[identifier], identifier in OFFERED) for identifier in sorted(found)]


def item(identifier: str, office: Office) -> Offer:
    """One item. Raises NotFoundError."""
    with office.records.transaction() as connection:
        return Offer(Truth(connection).get(Item, identifier), identifier in OFFERED)
