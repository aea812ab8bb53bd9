"""What the provider's resource types have in common: their collaborators and their shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from yunzu import naming
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.ownership import Intents
from yunzu.clients.postgres import Server
from yunzu.errors import NotFoundError
from yunzu.providers.protocol import CheckFailure
from yunzu.providers.yunzu_secrets import SecretStore

Properties = dict[str, Any]

DRIFT = "drift"
"""Output: what was found changed behind our back, in sentences; the next update puts it right."""


@dataclass(frozen=True)
class Collaborators:
    """What the resource types work with."""

    centre: str
    identity_key: str = field(repr=False)
    pools: Mapping[str, Server]
    object_store: ObjectStore
    secrets: SecretStore

    def server(self, pool: str) -> Server:
        """The server of a pool. Raises NotFoundError."""
        if pool not in self.pools:
            known = ", ".join(sorted(self.pools)) or "none"
            raise NotFoundError(f"pool {pool}", "does not exist", f"this centre has {known}")
        return self.pools[pool]

    def mark(self, inputs: Mapping[str, Any]) -> str:
        """The owner's mark of everything of these inputs' environment."""
        return naming.owner_mark(self.centre, inputs["uid"])


class Presumed:
    """Intents as a preview presumes them: only what positively belongs to somebody else is refused.

    A preview has no writer, hence no record of intents; the real run asks it.
    """

    def intend(self, kind: str, name: str) -> None:
        """A preview changes nothing."""
        raise AssertionError(f"a preview was about to change {kind} {name}")

    def intended(self, kind: str, name: str) -> bool:  # noqa: ARG002 - the signature is the protocol's
        return True


class ResourceType(Protocol):
    """One resource type. Inputs are checked and known wherever the real thing is changed."""

    replace_on: ClassVar[frozenset[str]]
    """Inputs whose change makes it another thing."""

    defaults: ClassVar[Mapping[str, Any]]
    """What inputs that are left out mean; saying the same aloud is no change."""

    delete_before_replace: ClassVar[bool]

    def check(self, inputs: Properties) -> list[CheckFailure]:
        """What is wrong with the inputs."""

    def identifier(self, inputs: Properties) -> str:
        """Pulumi's id; may be UNKNOWN in a preview."""

    def foresee(self, inputs: Properties) -> None:
        """Raise NotOursError in a preview already, where it can be seen. Changes nothing."""

    def ensure(self, inputs: Properties, before: Properties | None, intents: Intents) -> Properties:
        """Make or repair it; returns the outputs beyond the inputs. `before` are an update's old outputs."""

    def find(self, inputs: Properties, outputs: Properties) -> tuple[str, ...] | None:
        """What differs from the inputs, in sentences; None if it is gone. Changes nothing."""

    def remove(self, inputs: Properties, intents: Intents) -> None:
        """Remove it; what is already gone is no fault."""
