"""Everything that the environments of a catalogue would be, derived without engine and without server."""

from typing import Any

from yunzu.components import access, home, perimeter
from yunzu.model.blueprints import Blueprint, Endpoint, blueprint
from yunzu.services.manifests import Catalogue

CENTRE = "0123abcd"
POOL = Endpoint("10.0.0.5", 5432, ("10.0.0.5",))
STORE = Endpoint("10.0.0.6", 9000, ("10.0.0.6",))


def derived(catalogue: Catalogue) -> list[Blueprint]:
    """A blueprint of each environment, each with a uid of its own."""
    return [
        blueprint(
            centre=CENTRE,
            uid=f"e{number:011}",
            department=catalogue.departments[one.department],
            environment=one,
            plan=catalogue.plans[one.plan],
            endpoints=[*([POOL] if one.databases else []), *([STORE] if one.buckets else [])],
        )
        for number, one in enumerate(catalogue.environments.values())
    ]


def external_names(one: Blueprint) -> list[str]:
    """Names that no other environment may have."""
    databases, buckets = (each.name for each in one.databases), (each.name for each in one.buckets)
    return [one.namespace, *databases, *buckets]


def objects(one: Blueprint) -> list[dict[str, Any]]:
    """Every object of the cluster that it consists of."""
    rooms = (home, access, perimeter)
    return [home.namespace(one), *(made for room in rooms for _, made in room.objects(one))]
