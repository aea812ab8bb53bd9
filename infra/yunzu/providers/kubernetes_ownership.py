"""Whose an object is, and who manages which of its fields."""

from typing import Any

from yunzu import naming
from yunzu.clients.kubernetes import Client, identity
from yunzu.clients.kubernetes_errors import ConflictError
from yunzu.errors import NotOursError
from yunzu.providers.kubernetes_objects import Object, describe, identifier

_ATTEMPTS = 5

Path = tuple[str, ...]

# Maps of which every key is ours: one that somebody adds changes what the object means.
_WHOLE: dict[str, tuple[Path, ...]] = {
    "ResourceQuota": (("spec",), ("spec", "hard")),
    "LimitRange": (("spec",),),
    "NetworkPolicy": (("spec",),),
    "ConfigMap": (("data",), ("binaryData",)),
    "Secret": (("data",),),
}
_FILLED_BY_OTHERS = ("ConfigMap", "Secret")  # where the inputs leave a section out
_WHOLE_OBJECTS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


def owned_whole(obj: Object) -> tuple[Path, ...]:
    """Paths of the maps of which every key is ours."""
    kind = obj["kind"]
    if kind in _WHOLE_OBJECTS and "aggregationRule" not in obj:
        return ((),)
    paths = _WHOLE.get(kind, ())
    if kind in _FILLED_BY_OTHERS:
        return tuple(path for path in paths if path[0] in obj)
    return paths


def owner(obj: Object) -> tuple[str, str]:
    """Centre and environment uid that the labels name, empty where there is none."""
    labels = obj["metadata"].get("labels") or {}
    return labels.get(naming.LABEL_CENTRE, ""), labels.get(naming.LABEL_ENVIRONMENT_UID, "")


def is_ours(live: Object, inputs: Object) -> bool:
    """Whether an existing object is the one that the inputs describe: same centre, same environment."""
    wanted = owner(inputs)
    return all(wanted) and owner(live) == wanted


def refuse(live: Object) -> NotOursError:
    """The error for an object that is not ours."""
    centre, uid = owner(live)
    said = (
        f"its labels name centre {centre!r}, environment {uid!r}"
        if centre or uid
        else "it has no owner's labels"
    )
    return NotOursError(live["kind"], identifier(live), said)


def _entries(live: Object) -> list[dict[str, Any]]:
    """Who manages which fields of the object itself, not of its subresources."""
    entries = live["metadata"].get("managedFields", [])
    return [entry for entry in entries if not entry.get("subresource")]


def foreign_keys(live: Object, path: Path, ours: set[str]) -> list[str]:
    """Keys of the map at `path` that are not in `ours` and that somebody other than us has set.

    Keys nobody has set are defaults.
    """
    here: Any = live
    for part in path:
        here = here.get(part) if isinstance(here, dict) else None
    known = ours if path else ours | {"metadata", "status"}
    extra = set(here) - known if isinstance(here, dict) else set()
    others = [entry for entry in _entries(live) if entry["manager"] != naming.FIELD_MANAGER]
    return sorted(key for key in extra if any(_manages(entry, (*path, key)) for entry in others))


def _manages(entry: dict[str, Any], path: Path) -> bool:
    fields = entry.get("fieldsV1", {})
    for part in path:
        if f"f:{part}" not in fields:
            return False
        fields = fields[f"f:{part}"]
        if not fields:  # a leaf: all below is managed as one
            return True
    return True


def migrate(client: Client, live: Object) -> Object:
    """Make what we manage by having created the object managed by apply.

    Otherwise apply knows nothing of those fields, and one that is taken away would stay. The caller has
    recorded the intent. Raises ConflictError when the object keeps changing.
    """
    api_version, kind, name, namespace = identity(live)
    for _ in range(_ATTEMPTS):
        managed = _merged(live["metadata"].get("managedFields", []))
        if managed is None:
            return live
        version = live["metadata"]["resourceVersion"]
        patch = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},  # conflict if changed
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
        ]
        try:
            return client.patch(
                api_version,
                kind,
                name,
                namespace,
                patch,
                field_manager=naming.FIELD_MANAGER,
                patch_type="json",
            )
        except ConflictError:
            live = client.get(api_version, kind, name, namespace)
    raise ConflictError(describe(live), f"was changed by others during {_ATTEMPTS} attempts", "try again")


def _merged(entries: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The entries with ours of `Update` turned into `Apply`; None if there is none of them."""
    ours = [e for e in entries if e["manager"] == naming.FIELD_MANAGER and not e.get("subresource")]
    updates = [entry for entry in ours if entry["operation"] == "Update"]
    if not updates:
        return None
    fields: dict[str, Any] = {}
    for entry in ours:
        fields = _union(fields, entry.get("fieldsV1", {}))
    apply = updates[0] | {"operation": "Apply", "fieldsV1": fields}
    return [entry for entry in entries if entry not in ours] + [apply]


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: _union(one.get(key, {}), other.get(key, {})) for key in one.keys() | other.keys()}
