"""The `kubernetes` provider: plain resources of any kind that an API server serves.

It speaks the protocol of the public `pulumi_kubernetes` SDK. Objects are made by POST after which
"exists and is ours" counts as success and "exists and is not ours" as NotOursError; they are changed by
server-side apply, and deleted with their uid as a precondition. Ours is what carries the centre's and the
environment's labels (`yunzu.providers.kubernetes_ownership`). The outputs let Pulumi's own provider take
a stack over.
"""

# ruff: noqa: ARG002 - the signatures of the methods are Provider's

from collections.abc import Callable
from typing import Any

from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import UnknownKindError
from yunzu.clients.ownership import Intents
from yunzu.errors import NotFoundError
from yunzu.providers.faults import InitFailedError
from yunzu.providers.kubernetes_immutable import diff
from yunzu.providers.kubernetes_objects import (
    AUTONAMED,
    Object,
    TypeToken,
    autoname,
    conceal,
    importable,
    live_part,
    outputs,
    split_identifier,
    without_nulls,
)
from yunzu.providers.kubernetes_objects import (
    identifier as identifier_of,
)
from yunzu.providers.kubernetes_ownership import is_ours, owner, refuse
from yunzu.providers.kubernetes_preview import Preview
from yunzu.providers.kubernetes_projection import project
from yunzu.providers.kubernetes_schema import Schema
from yunzu.providers.kubernetes_schema import check as check_schema
from yunzu.providers.kubernetes_waiting import await_ready
from yunzu.providers.kubernetes_writing import Writer
from yunzu.providers.protocol import CheckFailure, Diff, Properties, Provider, Urn
from yunzu.providers.values import UNKNOWN

_PROTOCOL_VERSION = "4.34.2"  # of the public SDK whose protocol this is


class KubernetesProvider(Provider):
    """Objects of one centre in one cluster. `effects` gives the intents of a stack, `environment_of` the uid
    of its environment, None where it has none."""

    def __init__(
        self,
        client: Client,
        *,
        centre: str,
        effects: Callable[[str], Intents],
        environment_of: Callable[[str], str | None],
    ) -> None:
        super().__init__("kubernetes", _PROTOCOL_VERSION)
        self.client = client
        self.centre = centre
        self._effects = effects
        self._environment_of = environment_of
        self._replaced: set[str] = set()  # URNs of what the engine was told to delete and make anew

    def begin(self) -> None:
        super().begin()
        self._replaced.clear()

    def _writer(self, urn: Urn) -> Writer:
        return Writer(
            self.client, self._effects(urn.stack), self.cancelled, lambda t: self.log.status(urn, t)
        )

    def _schema(self, api_version: str, kind: str) -> Schema | None:
        return Schema.of(self.client.schemas(api_version), api_version, kind)

    def check(
        self, urn: Urn, old: Properties | None, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        token = TypeToken.parse(urn.type)
        try:
            namespaced = self.client.kind(token.api_version, token.kind).namespaced
        except UnknownKindError:
            token.refuse_derived()
            namespaced = False  # of a definition that is still to be made; its schema cannot be known
        inputs: Object = {"apiVersion": token.api_version, "kind": token.kind, **without_nulls(new)}
        failures = [
            CheckFailure(key, f"must be {wanted}, as the resource's type says")
            for key, wanted in (("apiVersion", token.api_version), ("kind", token.kind))
            if inputs[key] != wanted
        ]
        metadata = inputs.get("metadata", {})
        if not isinstance(metadata, dict):
            return inputs, [*failures, CheckFailure("metadata", "must be known: it names the object")]
        if metadata.get("generateName"):
            failures.append(
                CheckFailure("metadata.generateName", "a retry could not find such an object; give a name")
            )
        inputs["metadata"] = _named(metadata, urn, old, namespaced)
        schema = self._schema(token.api_version, token.kind)
        return conceal(inputs), [*failures, *(check_schema(inputs, schema) if schema else [])]

    def diff(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Properties,
        old_outputs: Properties,
        new_inputs: Properties,
    ) -> Diff:
        found = diff(old_inputs or old_outputs.get("__inputs", {}), new_inputs)
        if found.delete_before_replace:
            self._replaced.add(str(urn))
        return found

    def identifier(self, urn: Urn, inputs: Properties) -> str | None:
        return identifier_of(inputs)

    def create(
        self, urn: Urn, inputs: Properties, *, preview: bool, timeout: float
    ) -> tuple[str, Properties]:
        if preview:
            # Nothing in the call says so, but of what was to be replaced this is the second half: in a
            # preview the old object is still there.
            self._preview(urn, inputs, replaced=str(urn) in self._replaced)
            name = identifier_of(inputs)
            return "" if UNKNOWN in name else name, _foreseen(inputs)
        live = self._writer(urn).create(inputs)
        return identifier_of(live), self._ready(urn, live, inputs, timeout)

    def update(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Properties,
        old_outputs: Properties,
        new_inputs: Properties,
        *,
        preview: bool,
        timeout: float,
    ) -> Properties:
        if preview:
            self._preview(urn, new_inputs, uid=_uid(old_outputs))
            return _foreseen(new_inputs)
        live = self._writer(urn).update(new_inputs, _uid(old_outputs))
        return self._ready(urn, live, new_inputs, timeout)

    def _ready(self, urn: Urn, live: Object, inputs: Properties, timeout: float) -> Properties:
        try:
            live = await_ready(self.client, live, self.cancelled, timeout, lambda t: self.log.status(urn, t))
        except InitFailedError as error:
            error.identifier = identifier_of(live)
            error.outputs = outputs(error.outputs, inputs)
            raise
        return outputs(live, inputs)

    def read(
        self, urn: Urn, identifier: str, inputs: Properties, outputs_: Properties
    ) -> tuple[Properties, Properties] | None:
        token = TypeToken.parse(urn.type)
        namespace, name = split_identifier(identifier)
        try:
            live = self.client.get(token.api_version, token.kind, name, namespace)
        except NotFoundError:
            return None
        if not inputs:
            if owner(live) != (self.centre, self._environment_of(urn.stack)):
                raise refuse(live)  # another environment's is not this program's to take over
            seen = importable(live)
            return conceal(seen), outputs(live, seen)
        known = live_part(outputs_)
        if live["metadata"]["uid"] != _uid(outputs_) and not is_ours(live, inputs):
            return None  # ours is gone; a stranger's has its name
        seen = project(live, inputs, known, self._schema(token.api_version, token.kind))
        return conceal(seen), outputs(live, seen)

    def delete(
        self, urn: Urn, identifier: str, inputs: Properties, outputs_: Properties, *, timeout: float
    ) -> None:
        token = TypeToken.parse(urn.type)
        namespace, name = split_identifier(identifier)
        obj = inputs or outputs_.get("__inputs") or {"metadata": {}}
        place = {"name": name, "namespace": namespace} if namespace else {"name": name}
        named = {
            **obj,
            "apiVersion": token.api_version,
            "kind": token.kind,
            "metadata": {**obj["metadata"], **place},
        }
        self._writer(urn).delete(named, _uid(outputs_), timeout)

    def _preview(self, urn: Urn, inputs: Object, *, uid: str | None = None, replaced: bool = False) -> None:
        """Ask the server what it would say, changing nothing. Raises what the real call would."""
        made = Preview(self.client, self.centre).check(inputs, uid=uid, replaced=replaced)
        self.checks[str(urn)] = made
        self.log.debug(urn, f"checked by {made}")


def _foreseen(inputs: Object) -> Properties:
    """Outputs of a preview: what the server adds is not known."""
    return {**conceal(inputs), "__inputs": conceal(inputs)}


def _uid(outputs_: Properties) -> str | None:
    uid: Any = (outputs_.get("metadata") or {}).get("uid")
    return uid if isinstance(uid, str) else None


def _named(metadata: Object, urn: Urn, old: Properties | None, namespaced: bool) -> Object:
    """Metadata with the name and namespace that the program left out."""
    named = dict(metadata)
    if not named.get("name"):
        before = (old or {}).get("metadata") or {}
        kept = before.get("name") if AUTONAMED in (before.get("annotations") or {}) else None
        named["name"] = kept or autoname(urn)
        named["annotations"] = {**(named.get("annotations") or {}), AUTONAMED: "true"}
    if namespaced and not named.get("namespace"):
        named["namespace"] = "default"
    return named
