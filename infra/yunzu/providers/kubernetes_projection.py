"""A live object seen through the inputs: what of it we manage, in the words of the inputs.

`known` is the live object as it was when the inputs were last written. Where the live value is still the
known one, nothing happened and the inputs' own spelling stays (a server stores `0.5` CPU as `500m`, and
leaves out what equals the default). Where it is not, the live value shows, as drift.
"""

import base64
import binascii
from typing import Any

from yunzu.providers.kubernetes_objects import Object
from yunzu.providers.kubernetes_ownership import Path, foreign_keys, owned_whole
from yunzu.providers.kubernetes_schema import Schema

_MISSING: Any = object()


def project(live: Object, inputs: Object, known: Object, schema: Schema | None) -> Object:
    """The inputs that the live object would have: equal to `inputs` if nothing was changed."""
    if inputs.get("kind") == "Secret" and "stringData" in inputs:
        return _project_secret(live, inputs, known, schema)
    seen: Object = _node(live, inputs, known, schema)
    for path in owned_whole(inputs):
        _add_foreign(seen, live, inputs, path)
    return seen


def _project_secret(live: Object, inputs: Object, known: Object, schema: Schema | None) -> Object:
    """A Secret keeps what was given as text apart from what was given encoded."""
    text = inputs["stringData"]
    data = {key: value for key, value in inputs.items() if key != "stringData"}
    present = live.get("data") or {}
    rest = {key: value for key, value in present.items() if key not in text}
    seen = project(live | {"data": rest}, data | {"data": data.get("data", {})}, known, schema)
    seen["stringData"] = {key: _text(present[key], text[key]) for key in text if key in present}
    if not seen["data"] and "data" not in inputs:
        del seen["data"]
    return seen


def _text(encoded: str, wanted: Any) -> Any:
    """The value as text; one that is no text cannot be what was wanted, and shows encoded."""
    try:
        text = base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return encoded
    return wanted if text == wanted else text


def _node(live: Any, wanted: Any, known: Any, schema: Schema | None) -> Any:
    if live in (wanted, known):
        return wanted
    if isinstance(live, dict) and isinstance(wanted, dict) and not (schema and schema.is_unit()):
        return _mapping(live, wanted, known if isinstance(known, dict) else {}, schema)
    keys = schema.list_keys() if schema and isinstance(live, list) else None
    if keys is not None and isinstance(wanted, list):
        return _list(live, wanted, known if isinstance(known, list) else [], schema, keys)
    return live


def _mapping(
    live: dict[str, Any], wanted: dict[str, Any], known: dict[str, Any], schema: Schema | None
) -> dict[str, Any]:
    seen = {}
    for key, value in wanted.items():
        child = schema.child(key) if schema else None
        if key in live:
            seen[key] = _node(live[key], value, known.get(key, _MISSING), child)
        elif key not in known:
            seen[key] = value  # the server never shows it: an empty list, a default
    return seen


def _list(
    live: list[Any], wanted: list[Any], known: list[Any], schema: Schema | None, keys: list[str]
) -> list[Any]:
    """Elements are told apart by `keys`; those that others added are theirs."""
    if not keys:
        return [item for item in wanted if item in live or item not in known]
    items = schema.items() if schema else None

    def find(candidates: list[Any], item: Any) -> Any:
        same = (c for c in candidates if _matches(c, item, keys))
        return next(same, _MISSING)

    seen = []
    for item in wanted:
        found = find(live, item)
        if found is not _MISSING:
            seen.append(_node(found, item, find(known, item), items))
        elif find(known, item) is _MISSING:
            seen.append(item)
    return seen


def _matches(candidate: Any, item: Any, keys: list[str]) -> bool:
    """Whether both are one element; a key that an input leaves out (a port's protocol) has a default."""
    if not isinstance(candidate, dict) or not isinstance(item, dict):
        return False
    return all(candidate.get(key) == item[key] for key in keys if key in item)


def _add_foreign(seen: Object, live: Object, inputs: Object, path: Path) -> None:
    ours: Any = inputs
    here: Any = live
    target: Any = seen
    for part in path:
        ours = ours.get(part) or {} if isinstance(ours, dict) else {}
        here = here.get(part) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            return
        target = target.setdefault(part, {})
    for key in foreign_keys(live, path, set(ours) if isinstance(ours, dict) else set()):
        target[key] = here[key]
