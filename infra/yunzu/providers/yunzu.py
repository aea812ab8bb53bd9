"""Our Pulumi provider `yunzu`: databases, buckets and the credentials to them.

Every create and update is the same "ensure", idempotent from wherever a crash or another hand left the
servers. A refresh finds drift and says it in the output `drift`; a resource with drift differs, so the
same run's update puts it right. Nothing secret is ever an input or an output.
"""

from collections.abc import Callable, Mapping

from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.ownership import Intents
from yunzu.clients.postgres import Server
from yunzu.errors import UsageError
from yunzu.providers.protocol import UNKNOWN, CheckFailure, Diff, Provider, Urn
from yunzu.providers.values import holds_unknown
from yunzu.providers.yunzu_buckets import BucketType
from yunzu.providers.yunzu_credentials import BucketCredentialType, PostgresCredentialType
from yunzu.providers.yunzu_databases import DatabaseType
from yunzu.providers.yunzu_resources import DRIFT, Collaborators, Properties, ResourceType
from yunzu.providers.yunzu_secrets import SecretStore

VERSION = "0.1.0"


class YunzuProvider(Provider):
    """`pools`: the PostgreSQL servers by their plans' names; `identity_key`: 32 bytes, hex; `effects`: the
    record of intents of a stack's present writer, asked for only where something is about to change."""

    def __init__(
        self,
        *,
        pools: Mapping[str, Server],
        object_store: ObjectStore,
        secrets: SecretStore,
        centre: str,
        identity_key: str,
        effects: Callable[[str], Intents],
    ) -> None:
        super().__init__("yunzu", VERSION)
        self._effects = effects
        collaborators = Collaborators(centre, identity_key, pools, object_store, secrets)
        self._types: dict[str, ResourceType] = {
            "yunzu:postgres:Database": DatabaseType(collaborators),
            "yunzu:postgres:Credential": PostgresCredentialType(collaborators),
            "yunzu:s3:Bucket": BucketType(collaborators),
            "yunzu:s3:Credential": BucketCredentialType(collaborators),
        }

    def check(
        self, urn: Urn, old: Properties | None, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        """The inputs as they are, and every fault in them."""
        del old
        return new, self._type(urn).check(new)

    def diff(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Properties,
        old_outputs: Properties,
        new_inputs: Properties,
    ) -> Diff:
        """Changed inputs, and drift that a refresh found."""
        del identifier
        kind = self._type(urn)
        keys = sorted(old_inputs.keys() | new_inputs.keys())
        old, new = ({**kind.defaults, **inputs} for inputs in (old_inputs, new_inputs))
        changed = [key for key in keys if old.get(key) != new.get(key)]
        replace = [key for key in changed if key in kind.replace_on]
        if old_outputs.get(DRIFT):
            changed.append(DRIFT)
        return Diff(changed, replace, kind.delete_before_replace)

    def identifier(self, urn: Urn, inputs: Properties) -> str | None:
        """As its type names it on the server."""
        return self._type(urn).identifier(inputs)

    def create(
        self, urn: Urn, inputs: Properties, *, preview: bool, timeout: float
    ) -> tuple[str, Properties]:
        """Make it, or find it half made and finish it."""
        del timeout
        kind = self._type(urn)
        if preview:
            return self._foreseen(urn, kind, inputs)
        outputs = kind.ensure(inputs, None, self._effects(urn.stack))
        return kind.identifier(inputs), {**inputs, **outputs, DRIFT: []}

    def read(
        self, urn: Urn, identifier: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        """What is there now. Raises UsageError for an import, which has no inputs to compare with."""
        if not inputs:
            raise UsageError(
                f"{urn.type} {identifier}",
                "cannot be imported",
                "apply the environment: what is ours is found",
            )
        drift = self._type(urn).find(inputs, outputs)
        if drift is None:
            return None
        unfinished = () if outputs else ("its creation was cut short",)  # the update gives its outputs
        return inputs, {**outputs, DRIFT: [*drift, *unfinished]}

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
        """Bring it to the new inputs, and put right what drifted."""
        del identifier, old_inputs, timeout
        kind = self._type(urn)
        if preview:
            self.checks[str(urn)] = "inputs"
            return {**old_outputs, **new_inputs, DRIFT: []}
        outputs = kind.ensure(new_inputs, old_outputs, self._effects(urn.stack))
        return {**new_inputs, **outputs, DRIFT: []}

    def delete(
        self, urn: Urn, identifier: str, inputs: Properties, outputs: Properties, *, timeout: float
    ) -> None:
        """Remove it; what is already gone is no fault."""
        del identifier, timeout
        self._type(urn).remove(inputs or outputs, self._effects(urn.stack))

    def _foreseen(self, urn: Urn, kind: ResourceType, inputs: Properties) -> tuple[str, Properties]:
        if holds_unknown(inputs):
            self.checks[str(urn)] = "inputs (some values are not known yet)"
            return UNKNOWN, dict(inputs)
        kind.foresee(inputs)
        self.checks[str(urn)] = "inputs, owner on the server"
        return kind.identifier(inputs), dict(inputs)

    def _type(self, urn: Urn) -> ResourceType:
        if urn.type not in self._types:
            raise UsageError(
                urn.type, "is no resource type of this provider", f"it has {', '.join(self._types)}"
            )
        return self._types[urn.type]
