"""Serve providers to one Pulumi run, inside this process.

The plugin protocol is plain gRPC without authentication, which is the one exception to "TLS and
authentication everywhere". What stands in for both: the listener is on loopback at a random port,
exists only while a run lasts, and refuses every peer that is not a process of our own user. The
kernel says whose the peer is (`/proc/net/tcp`), so there is no credential that could leak. Users
with root's rights are not kept out; they could read our memory anyway.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from yunzu.errors import UnreachableError
from yunzu.providers.protocol import Provider

_LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes; an object of Kubernetes has 1.5 MB at most
_THREADS = 64  # waits for readiness occupy one each, and a Cancel must still get through
_TRUSTED = 1.0  # seconds
_GRACE = 5.0  # seconds that running calls get when the run has ended
# 127.0.0.1 as each file writes it: sockets of the engine are IPv4, those of gRPC in C mapped into IPv6.
_CONNECTIONS = (
    (Path("/proc/net/tcp"), "0100007F"),
    (Path("/proc/net/tcp6"), "0000000000000000FFFF00000100007F"),
)
_ESTABLISHED = "01"  # a connection in TIME_WAIT belongs to nobody and is listed as root's


def peer_uid(peer_port: int, own_port: int) -> int | None:
    """User id of the process at the other end of a loopback connection, None if there is none."""
    for file, address in _CONNECTIONS:
        row = [f"{address}:{peer_port:04X}", f"{address}:{own_port:04X}", _ESTABLISHED]
        if not file.exists():
            continue  # a kernel without IPv6
        for line in file.read_text().splitlines():
            columns = line.split()
            if columns[1:4] == row:
                return int(columns[7])
    return None


class _SameUser(grpc.ServerInterceptor):
    """Refuses calls of other users' processes."""

    def __init__(self) -> None:
        self.port = 0
        self._ours: dict[int, float] = {}  # port of a peer found to be ours, when

    def _is_ours(self, port: int) -> bool:
        # Asking the kernel reads all its connections: milliseconds on a busy machine. It does not give a
        # port away again within a second (net.ipv4.tcp_tw_reuse), so an answer is good for that long.
        now = time.monotonic()
        if now - self._ours.get(port, -_TRUSTED) < _TRUSTED:
            return True
        if peer_uid(port, self.port) != os.getuid():
            return False
        self._ours[port] = now
        return True

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return None  # the provider protocol has only such calls that we serve

        def guarded(request: Any, context: grpc.ServicerContext) -> Any:
            kind, _, port = context.peer().rpartition(":")
            if kind != "ipv4:127.0.0.1" or not self._is_ours(int(port)):
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "peer: is not a process of this user")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            guarded, handler.request_deserializer, handler.response_serializer
        )


@contextmanager
def _served(provider: Provider) -> Iterator[int]:
    guard = _SameUser()
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ("grpc.so_reuseport", 0),  # otherwise a stranger could share our port
    ]
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"provider-{provider.package}")
    server = grpc.server(pool, interceptors=[guard], options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    try:
        guard.port = server.add_insecure_port("127.0.0.1:0")
    except RuntimeError as error:
        raise UnreachableError(f"provider {provider.package}", "no loopback port is free") from error
    provider.begin()
    server.start()
    try:
        yield guard.port
    finally:
        provider.end()
        server.stop(_GRACE).wait()
        pool.shutdown()


@contextmanager
def serve(providers: Sequence[Provider]) -> Iterator[str]:
    """Serve each provider while the context lasts; yields the value for `PULUMI_DEBUG_PROVIDERS`.

    Raises UnreachableError when no port can be had.
    """
    with ExitStack() as stack:
        yield ",".join(f"{p.package}:{stack.enter_context(_served(p))}" for p in providers)
