"""Serve providers to one Pulumi run, inside this process."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pulumi.runtime.proto import provider_pb2_grpc

from yunzu.providers.loopback import served
from yunzu.providers.protocol import Provider

_THREADS = 64  # waits for readiness occupy one each, and a Cancel must still get through


@contextmanager
def _served(provider: Provider) -> Iterator[int]:
    provider.begin()
    with served(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server),
        name=f"provider {provider.package}",
        threads=_THREADS,
    ) as port:
        try:
            yield port
        finally:
            provider.end()


@contextmanager
def serve(providers: Sequence[Provider]) -> Iterator[str]:
    """Serve each provider while the context lasts; yields the value for `PULUMI_DEBUG_PROVIDERS`.

    Raises UnreachableError when no port can be had.
    """
    with ExitStack() as stack:
        yield ",".join(f"{p.package}:{stack.enter_context(_served(p))}" for p in providers)
