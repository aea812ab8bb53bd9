"""The composition root: the only place that knows which client, record and engine a service gets."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import ObjectStore, object_store
from yunzu.clients.postgres import Server
from yunzu.embedded import bootstrap
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.migrations import require_current
from yunzu.services.centre import Centre, Stacks
from yunzu.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Centre]:
    """The running centre of these settings, closed at the end.

    Raises UnreachableError when it is down, RefusedError when its records are of another schema.
    """
    with assembled(bootstrap.connections(settings)) as centre:
        require_current(centre.records)
        yield centre


@contextmanager
def records_of(settings: Settings) -> Iterator[Records]:
    """The running centre's records alone, for what asks no other server. Raises like `opened`."""
    with Records(bootstrap.connections(settings).records) as records:
        require_current(records)
        yield records


@contextmanager
def assembled(connections: Connections) -> Iterator[Centre]:
    """A centre on these connections. What takes long to import is opened when it is first used."""
    with ExitStack() as stack:
        records = stack.enter_context(Records(connections.records))
        cluster = stack.enter_context(closing(Client(connections.cluster)))
        pools = {name: stack.enter_context(Server(address)) for name, address in connections.pools.items()}

        def open_object_store() -> ObjectStore:
            return stack.enter_context(closing(object_store(connections.object_store)))

        def open_stacks() -> Stacks:
            from yunzu_stacks.stacks import EnvironmentStacks

            return EnvironmentStacks(
                connections, records=records, cluster=cluster, pools=pools, object_store=centre.object_store
            )

        centre = Centre(connections, records, cluster, pools, open_object_store, open_stacks)
        yield centre
