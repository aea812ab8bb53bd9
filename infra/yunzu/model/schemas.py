"""JSON Schemas of the manifests, for editors: generated from the models, committed, compared by a test."""

import json
from collections.abc import Mapping

from yunzu.model.actors import Register
from yunzu.model.calendars import Calendar
from yunzu.model.capacity import Capacity
from yunzu.model.items import Item
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.plans import Plan

KINDS: Mapping[str, type[Manifest]] = {
    "Department": Department,
    "Environment": Environment,
    "Plan": Plan,
    "Item": Item,
    "Register": Register,
    "Capacity": Capacity,
    "Calendar": Calendar,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text(kind: str) -> str:
    """The JSON Schema of one kind, as its file holds it. Raises KeyError for an unknown kind."""
    schema = {"$schema": DIALECT, **KINDS[kind].model_json_schema(by_alias=True)}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def schema_files() -> dict[str, str]:
    """File name -> text of every schema, e.g. `environment.schema.json`."""
    return {f"{kind.lower()}.schema.json": schema_text(kind) for kind in KINDS}
