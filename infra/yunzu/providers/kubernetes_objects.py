"""Kubernetes objects as Pulumi sees them: type tokens, identifiers, inputs and outputs."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from yunzu import naming
from yunzu.clients.kubernetes import subject
from yunzu.errors import RefusedError
from yunzu.providers.urn import Urn
from yunzu.providers.values import SecretValue

Object = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_BOOKKEEPING = ("__inputs", "__initialApiVersion", "__fieldManager")
_SERVER_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_REFUSED_GROUPS = ("helm.sh", "yaml", "kustomize")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class TypeToken:
    """`kubernetes:core/v1:Namespace` as apiVersion and kind."""

    api_version: str
    kind: str

    @classmethod
    def parse(cls, text: str) -> "TypeToken":
        """Raises RefusedError for what is no plain resource."""
        package, _, rest = text.partition(":")
        group_version, _, kind = rest.rpartition(":")
        group = group_version.split("/", 1)[0]
        if package != "kubernetes" or not kind or group in _REFUSED_GROUPS:
            raise RefusedError(
                text, "is not offered by this provider", "render it to plain resources, which are"
            )
        return cls(group_version.removeprefix("core/"), kind)

    def refuse_derived(self) -> None:
        """Raises RefusedError for `…Patch` and `…List`, which Pulumi's SDK offers and no server serves."""
        for suffix in ("Patch", "List"):
            if self.kind.endswith(suffix) and self.kind != suffix:
                whole = self.kind.removesuffix(suffix)
                raise RefusedError(
                    f"{self.api_version} {self.kind}",
                    "is not offered by this provider",
                    f"use {whole}, one object a resource",
                )


def format_path(parts: Iterable[str | int]) -> str:
    """A property path as Pulumi writes it: `metadata.labels["yunzu.io/centre"]`, `rules[0]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def without_nulls(value: Any) -> Any:
    """The same value without mapping entries that are null: absent means the same to an API server."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def autoname(urn: Urn) -> str:
    """The name of a resource whose program gives none.

    Pulumi's own has a random end. This one follows from the URN, so a run after a crash meets its object.
    """
    suffix = hashlib.sha256(str(urn).encode()).hexdigest()[:8]
    return f"{urn.name.lower()[:54]}-{suffix}"


def identifier(obj: Object) -> str:
    """`namespace/name`, or `name` outside of namespaces."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def split_identifier(text: str) -> tuple[str | None, str]:
    """Namespace, or None, and name of an identifier."""
    namespace, slash, name = text.rpartition("/")
    return (namespace if slash else None), name


def describe(obj: Object) -> str:
    """The object as it is named in sentences: `Secret health--beds/database-main`."""
    return subject(obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))


def payload(inputs: Object) -> Object:
    """What is sent to the server for these inputs.

    A Secret's `stringData` is folded into `data`: the server does it too, but then does not know who owns
    the keys, and one that is taken away would stay for ever.
    """
    obj: Object = without_nulls(inputs)
    if obj["kind"] == "Secret" and "stringData" in obj:
        encoded = {key: _base64(value) for key, value in obj["stringData"].items()}
        obj = {key: value for key, value in obj.items() if key != "stringData"}
        obj["data"] = {**obj.get("data", {}), **encoded}
    return obj


def _base64(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def outputs(live: Object, inputs: Object) -> Object:
    """The live object and what Pulumi's own provider would need to take the resource over."""
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    if live["kind"] == "Secret" and _LAST_APPLIED in metadata.get("annotations", {}):
        others = {key: value for key, value in metadata["annotations"].items() if key != _LAST_APPLIED}
        metadata["annotations"] = others
    return {
        **conceal(live | {"metadata": metadata}),
        "__inputs": conceal(inputs),
        "__initialApiVersion": live["apiVersion"],
        "__fieldManager": naming.FIELD_MANAGER,
    }


def conceal(obj: Object) -> Object:
    """The object with the values of a Secret marked secret."""
    if obj.get("kind") != "Secret":
        return obj
    hidden = {
        section: {key: SecretValue(value) for key, value in obj[section].items()}
        for section in ("data", "stringData")
        if isinstance(obj.get(section), dict)
    }
    return obj | hidden


def live_part(outputs_: Object) -> Object:
    """The live object that outputs hold."""
    return {key: value for key, value in outputs_.items() if key not in _BOOKKEEPING}


def importable(live: Object) -> Object:
    """Inputs that describe an existing object: what is not the server's own."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in _SERVER_METADATA}
    annotations = {k: v for k, v in metadata.get("annotations", {}).items() if k != _LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {key: value for key, value in live.items() if key != "status"} | {"metadata": metadata}
