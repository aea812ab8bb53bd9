"""What differs between two versions of an object's inputs, and what of it cannot be changed in place."""

from collections.abc import Iterator
from typing import Any

from yunzu.providers.kubernetes_objects import Object, format_path
from yunzu.providers.protocol import Diff

Parts = tuple[str | int, ...]

_POD = ("spec",)
_POD_MUTABLE = (
    ("spec", "activeDeadlineSeconds"),
    ("spec", "terminationGracePeriodSeconds"),
    ("spec", "tolerations"),
)
_CLAIM_MUTABLE = (("spec", "resources"), ("spec", "volumeAttributesClassName"))
_STATEFUL_SET_MUTABLE = tuple(
    ("spec", field)
    for field in (
        "minReadySeconds",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
        "replicas",
        "revisionHistoryLimit",
        "template",
        "updateStrategy",
    )
)
_EVERY_KIND = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))

# kind -> (what is fixed, what of it is not)
_FIXED: dict[str, tuple[tuple[Parts, ...], tuple[Parts, ...]]] = {
    "CSIDriver": ((("spec",),), ()),
    "CertificateSigningRequest": ((("spec",),), ()),
    "ClusterRoleBinding": ((("roleRef",),), ()),
    "ControllerRevision": ((("data",),), ()),
    "CustomResourceDefinition": ((("spec", "group"), ("spec", "scope"), ("spec", "names", "plural")), ()),
    "DaemonSet": ((("spec", "selector"),), ()),
    "Deployment": ((("spec", "selector"),), ()),
    "EndpointSlice": ((("addressType",),), ()),
    "IngressClass": ((("spec", "controller"),), ()),
    "Job": (
        (
            ("spec", "completionMode"),
            ("spec", "completions"),
            ("spec", "managedBy"),
            ("spec", "podFailurePolicy"),
            ("spec", "selector"),
            ("spec", "template"),
        ),
        (),
    ),
    "PersistentVolume": ((("spec", "csi"), ("spec", "hostPath"), ("spec", "local"), ("spec", "nfs")), ()),
    "PersistentVolumeClaim": ((("spec",),), _CLAIM_MUTABLE),
    "Pod": ((_POD,), _POD_MUTABLE),
    "PriorityClass": ((("preemptionPolicy",), ("value",)), ()),
    "ReplicaSet": ((("spec", "selector"),), ()),
    "ResourceQuota": ((("spec", "scopeSelector"), ("spec", "scopes")), ()),
    "RoleBinding": ((("roleRef",),), ()),
    "RuntimeClass": ((("handler",),), ()),
    "Secret": ((("type",),), ()),
    "Service": ((("spec", "clusterIP"),), ()),
    "StatefulSet": ((("spec",),), _STATEFUL_SET_MUTABLE),
    "StorageClass": (
        (("parameters",), ("provisioner",), ("reclaimPolicy",), ("volumeBindingMode",)),
        (),
    ),
}


def diff(old: Object, new: Object) -> Diff:
    """What an update from the old inputs to the new ones changes."""
    changed = list(_changes(old, new, ()))
    replace = [path for path in changed if _is_fixed(old, new, path)]
    return Diff(
        changed=[format_path(path) for path in changed],
        replace=[format_path(path) for path in replace],
        delete_before_replace=bool(replace) and _place(old) == _place(new),
    )


def _place(obj: Object) -> tuple[Any, ...]:
    metadata = obj.get("metadata", {})
    return obj.get("apiVersion"), obj.get("kind"), metadata.get("namespace"), metadata.get("name")


def _changes(old: Any, new: Any, path: Parts) -> Iterator[Parts]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                yield from _changes(old[key], new[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, (*path, index))
    elif old != new:
        yield path


def _is_fixed(old: Object, new: Object, path: Parts) -> bool:
    if _begins(path, _EVERY_KIND):
        return True
    kind = new.get("kind", "")
    if kind in ("ConfigMap", "Secret") and old.get("immutable") is True:
        return _begins(path, (("data",), ("stringData",), ("binaryData",), ("immutable",)))
    fixed, mutable = _FIXED.get(kind, ((), ()))
    if kind == "Pod" and path[-1] == "image" and path[1] in ("containers", "initContainers"):
        return False
    if kind == "Service" and path == ("spec", "clusterIP") and "clusterIP" not in new.get("spec", {}):
        return False  # left to the server, which keeps the one it has
    return _begins(path, fixed) and not any(path[: len(prefix)] == prefix for prefix in mutable)


def _begins(path: Parts, prefixes: tuple[Parts, ...]) -> bool:
    """Whether the path lies in one of these, or one of them in it."""
    return any(path[: len(prefix)] == prefix or prefix[: len(path)] == path for prefix in prefixes)
