"""The centre as services see it: servers, records and stacks, built once by the composition root."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.postgres import Server
from yunzu.errors import UnreachableError
from yunzu.model.blueprints import Blueprint, Endpoint
from yunzu.model.connections import Connections
from yunzu.model.manifests import Environment
from yunzu.model.plans import Plan
from yunzu.records.database import Records

OnEvent = Callable[[Any], None]


class Changes(Protocol):
    """How many resources a run creates, updates, replaces, deletes, leaves the same."""

    @property
    def create(self) -> int: ...
    @property
    def update(self) -> int: ...
    @property
    def replace(self) -> int: ...
    @property
    def delete(self) -> int: ...
    @property
    def same(self) -> int: ...


class Step(Protocol):
    """One change that a preview foresees: `op` on a resource of that type and name, what differs, how it was
    checked."""

    @property
    def op(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def paths(self) -> tuple[str, ...]: ...
    @property
    def check(self) -> str: ...


class Preview(Protocol):
    """What an `up` would change."""

    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def changes(self) -> Changes: ...


class Stacks(Protocol):
    """The environments' Pulumi stacks."""

    def preview(self, blueprint: Blueprint, *, on_event: OnEvent | None = None) -> Preview:
        """What `up` would change, compared with what is really there. Changes nothing."""

    def up(self, blueprint: Blueprint, *, writer: Any, on_event: OnEvent | None = None) -> Changes:
        """Bring everything to the blueprint."""

    def destroy(
        self,
        stack: str,
        uid: str,
        *,
        writer: Any,
        blueprint: Blueprint | None = None,
        on_event: OnEvent | None = None,
    ) -> Changes:
        """Delete everything that is not retained, and the stack's state."""


@dataclass(frozen=True)
class Centre:
    """One centre's collaborators. Services get it by keyword."""

    connections: Connections
    records: Records
    cluster: Client
    pools: dict[str, Server]
    open_object_store: Callable[[], ObjectStore]
    open_stacks: Callable[[], Stacks]

    @cached_property
    def object_store(self) -> ObjectStore:
        """The S3 server's administration."""
        return self.open_object_store()

    @cached_property
    def stacks(self) -> Stacks:
        """The environments' stacks."""
        return self.open_stacks()

    @property
    def id(self) -> str:
        return self.connections.centre

    def endpoints(self, environment: Environment, plan: Plan) -> tuple[Endpoint, ...]:
        """The data servers that this environment's workloads must reach."""
        found = []
        if environment.databases:
            pool = self.connections.pools.get(plan.pool)
            if pool is None:
                known = ", ".join(sorted(self.connections.pools))
                raise UnreachableError(
                    f"PostgreSQL pool {plan.pool}", "is not one of this centre's", f"it has {known}"
                )
            found.append(_endpoint(pool.host, pool.port))
        if environment.buckets:
            url = urlsplit(self.connections.object_store.endpoint)
            found.append(_endpoint(url.hostname or "", url.port or 443))
        return tuple(found)


def _endpoint(host: str, port: int) -> Endpoint:
    """NetworkPolicies know addresses, not names: a name stands for what it resolves to now."""
    try:
        return Endpoint(host, port, (str(ipaddress.ip_address(host)),))
    except ValueError:
        pass
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnreachableError(host, f"its name does not resolve: {error.strerror}") from error
    return Endpoint(host, port, tuple(sorted({str(answer[4][0]) for answer in answers})))
