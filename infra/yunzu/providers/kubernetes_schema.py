"""Checks an object against the schema that the server publishes for its kind."""

from collections.abc import Iterator
from typing import Any

from yunzu.providers.kubernetes_objects import Object, format_path
from yunzu.providers.protocol import CheckFailure
from yunzu.providers.values import UNKNOWN

Document = dict[str, Any]
Node = dict[str, Any]
Parts = tuple[str | int, ...]

_REFERENCE = "#/components/schemas/"
_ANYTHING: Node = {}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


class Schema:
    """The schema of one value, with the document its references point into."""

    def __init__(self, document: Document, node: Node) -> None:
        self._schemas: dict[str, Node] = document.get("components", {}).get("schemas", {})
        self._document = document
        self.node = self._resolve(node)

    @classmethod
    def of(cls, document: Document, api_version: str, kind: str) -> "Schema | None":
        """The schema of a kind, None if the document has none."""
        group, _, version = api_version.rpartition("/")
        wanted = {"group": group, "version": version, "kind": kind}
        for node in document.get("components", {}).get("schemas", {}).values():
            if wanted in node.get("x-kubernetes-group-version-kind", []):
                return cls(document, node)
        return None

    def _resolve(self, node: Node) -> Node:
        while True:
            if "$ref" in node:
                node = self._schemas.get(node["$ref"].removeprefix(_REFERENCE), _ANYTHING)
            elif len(node.get("allOf", ())) == 1 and "properties" not in node:
                node = node["allOf"][0]
            else:
                return node

    def _sub(self, node: Node) -> "Schema":
        return Schema(self._document, node)

    def child(self, key: str) -> "Schema | None":
        """The schema of a field; None if there is no such field."""
        node = self.node
        if key in node.get("properties", {}):
            return self._sub(node["properties"][key])
        additional = node.get("additionalProperties")
        if isinstance(additional, dict):
            return self._sub(additional)
        open_ended = additional is True or node.get("x-kubernetes-preserve-unknown-fields")
        return self._sub(_ANYTHING) if open_ended or "properties" not in node else None

    def items(self) -> "Schema":
        """The schema of a list's elements."""
        return self._sub(self.node.get("items", _ANYTHING))

    def list_keys(self) -> list[str] | None:
        """Fields that tell elements of the list apart; `[]` if the elements themselves do; None: one unit."""
        kind = self.node.get("x-kubernetes-list-type")
        if kind == "map":
            return list(self.node["x-kubernetes-list-map-keys"])
        return [] if kind == "set" else None

    def is_unit(self) -> bool:
        """Whether the mapping is managed as one."""
        return self.node.get("x-kubernetes-map-type") == "atomic"

    def types(self) -> set[str]:
        """Names of the JSON types that it allows, empty for any."""
        if self.node.get("x-kubernetes-int-or-string"):
            return {"integer", "string"}
        choices = self.node.get("oneOf") or self.node.get("anyOf") or []
        nodes = [self.node, *(self._resolve(choice) for choice in choices)]
        return {node["type"] for node in nodes if isinstance(node.get("type"), str)}


def check(obj: Object, schema: Schema) -> list[CheckFailure]:
    """What is wrong with the object, each fault with its path. Unknown values are right."""
    return list(_check(obj, schema, ()))


def _check(value: Any, schema: Schema, path: Parts) -> Iterator[CheckFailure]:
    if value == UNKNOWN or value is None:
        return
    allowed = schema.types()
    if allowed and not _is_one_of(value, allowed):
        expected = " or ".join(sorted(allowed))
        yield CheckFailure(format_path(path), f"expected {expected}, got {_json_type(value)}")
    elif isinstance(value, dict):
        yield from _check_fields(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, schema.items(), (*path, index))
    elif "enum" in schema.node and value not in schema.node["enum"]:
        choices = ", ".join(str(choice) for choice in schema.node["enum"])
        yield CheckFailure(format_path(path), f"must be one of {choices}")


def _check_fields(value: dict[str, Any], schema: Schema, path: Parts) -> Iterator[CheckFailure]:
    for key, item in value.items():
        child = schema.child(key)
        if child is None:
            yield CheckFailure(format_path((*path, key)), "unknown field")
        else:
            yield from _check(item, child, (*path, key))
    for key in schema.node.get("required", []):
        if value.get(key) is None:
            yield CheckFailure(format_path((*path, key)), "is required")


def _is_one_of(value: Any, allowed: set[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in allowed
    return any(isinstance(value, _PYTHON_TYPES[name]) for name in allowed)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return next(name for name, types in _PYTHON_TYPES.items() if isinstance(value, types))
