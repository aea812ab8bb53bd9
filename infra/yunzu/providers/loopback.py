"""A gRPC server of this process for one Pulumi run: the only listeners that yunzu itself opens.

Pulumi's protocols are plain gRPC without authentication, an exception to "TLS and authentication
everywhere". What stands in for both: a listener is on loopback at a random port, exists only while a
run lasts, and refuses every peer that is not a process of our own user. The kernel says whose the peer
is (`/proc/net/tcp`), so there is no credential that could leak. Users with root's rights are not kept
out; they could read our memory anyway.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from yunzu.errors import UnreachableError

_LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes; an object of Kubernetes has 1.5 MB at most
_TRUSTED = 1.0  # seconds
_GRACE = 5.0  # seconds that running calls get when the run has ended
# 127.0.0.1 as each file writes it: sockets of the engine are IPv4, those of gRPC in C mapped into IPv6.
_CONNECTIONS = (
    (Path("/proc/net/tcp"), "0100007F"),
    (Path("/proc/net/tcp6"), "0000000000000000FFFF00000100007F"),
)
_ESTABLISHED = "01"  # a connection in TIME_WAIT belongs to nobody and is listed as root's
_KINDS_OF_CALL = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


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

    def _guarded(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(request: Any, context: grpc.ServicerContext) -> Any:
            kind, _, port = context.peer().rpartition(":")
            if kind != "ipv4:127.0.0.1" or not self._is_ours(int(port)):
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "peer: is not a process of this user")
            return method(request, context)

        return guarded

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        for kind in _KINDS_OF_CALL:
            method = getattr(handler, kind, None)
            if method is not None:
                make = getattr(grpc, f"{kind}_rpc_method_handler")
                return make(self._guarded(method), handler.request_deserializer, handler.response_serializer)
        return None  # not one of the calls that we serve


@contextmanager
def served(add: Callable[[grpc.Server], Any], *, name: str, threads: int = 8) -> Iterator[int]:
    """Serve what `add` adds to the server, while the context lasts; yields the port.

    `name` stands in the error and in the threads' names. At the end running calls get a few seconds.
    Raises UnreachableError when no port can be had.
    """
    guard = _SameUser()
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ("grpc.so_reuseport", 0),  # otherwise a stranger could share our port
    ]
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    server = grpc.server(pool, interceptors=[guard], options=options)
    add(server)
    try:
        guard.port = server.add_insecure_port("127.0.0.1:0")
    except RuntimeError as error:
        raise UnreachableError(name, "no loopback port is free") from error
    server.start()
    try:
        yield guard.port
    finally:
        server.stop(_GRACE).wait()
        pool.shutdown()
