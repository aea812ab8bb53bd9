"""The environments' stacks: the engine, our providers, and the program of an environment, put together."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.ownership import Intents
from yunzu.clients.postgres import Server
from yunzu.errors import RefusedError
from yunzu.model.blueprints import Blueprint
from yunzu.model.connections import Connections
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.protocol import Provider
from yunzu.providers.yunzu import YunzuProvider
from yunzu.providers.yunzu_secrets import ClusterSecrets
from yunzu.records import environments as registry
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu_stacks.engine import Changes, Engine, Plan
from yunzu_stacks.environment import environment_program, resource_count
from yunzu_stacks.events import Expected, OnEvent
from yunzu_stacks.state import Stack


class _NoWriter:
    """Stands in while nobody may write: a preview that tried to would be a bug, and stops here."""

    def intend(self, kind: str, name: str) -> None:
        raise RefusedError(f"{kind} {name}", "would be changed, and this run may only look")

    def intended(self, kind: str, name: str) -> bool:  # noqa: ARG002 - the signature is the protocol's
        return False


class EnvironmentStacks:
    """Implements `yunzu.services.centre.Stacks`."""

    def __init__(
        self,
        connections: Connections,
        *,
        records: Records,
        cluster: Client,
        pools: Mapping[str, Server],
        object_store: ObjectStore,
    ) -> None:
        self._writers: dict[str, Writer] = {}
        self.providers = providers(
            connections,
            cluster=cluster,
            pools=pools,
            object_store=object_store,
            effects=self._effects,
            environment_of=lambda stack: registry.uid_of_stack(records, stack),
        )
        self._engine = Engine(connections, records, providers=self.providers)

    def preview(self, blueprint: Blueprint, *, on_event: OnEvent | None = None) -> Plan:
        """What `up` would change. Changes nothing."""
        return self._engine.preview(_stack(blueprint), environment_program(blueprint), on_event=on_event)

    def up(self, blueprint: Blueprint, *, writer: Writer, on_event: OnEvent | None = None) -> Changes:
        """Bring everything to the blueprint, and put right what was changed behind our back."""
        if on_event:
            on_event(Expected(resource_count(blueprint)))
        with self._writing(writer):
            return self._engine.up(
                _stack(blueprint), environment_program(blueprint), writer=writer, on_event=on_event
            )

    def destroy(
        self,
        stack: str,
        uid: str,
        *,
        writer: Writer,
        blueprint: Blueprint | None = None,
        on_event: OnEvent | None = None,
    ) -> Changes:
        """Delete what is not retained. The blueprint lets an apply that was cut short be found in full."""
        program = environment_program(blueprint) if blueprint else None
        with self._writing(writer):
            return self._engine.destroy(Stack(stack, uid), writer=writer, program=program, on_event=on_event)

    @contextmanager
    def _writing(self, writer: Writer) -> Iterator[None]:
        self._writers[writer.stack] = writer
        try:
            yield
        finally:
            del self._writers[writer.stack]

    def _effects(self, stack: str) -> Intents:
        return self._writers.get(stack, _NoWriter())


def providers(
    connections: Connections,
    *,
    cluster: Client,
    pools: Mapping[str, Server],
    object_store: ObjectStore,
    effects: Callable[[str], Intents],
    environment_of: Callable[[str], str | None],
) -> list[Provider]:
    """Our two providers for one centre."""
    return [
        KubernetesProvider(
            cluster, centre=connections.centre, effects=effects, environment_of=environment_of
        ),
        YunzuProvider(
            pools=pools,
            object_store=object_store,
            secrets=ClusterSecrets(cluster),
            centre=connections.centre,
            identity_key=connections.identity_key.get_secret_value(),
            effects=effects,
        ),
    ]


def _stack(blueprint: Blueprint) -> Stack:
    return Stack(blueprint.stack, blueprint.uid)
