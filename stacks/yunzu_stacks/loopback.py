"""A gRPC server of this process for its own Pulumi CLI, on a random loopback port while a run lasts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from yunzu.errors import UnreachableError

_LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes
_GRACE_S = 5.0


@contextmanager
def served(add: Callable[[grpc.Server], Any]) -> Iterator[int]:
    """Serve what `add` adds; yields the port. At the end running calls get a few seconds."""
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ("grpc.so_reuseport", 0),  # otherwise a stranger could share our port
    ]
    pool = ThreadPoolExecutor(8, thread_name_prefix="pulumi-client")
    server = grpc.server(pool, options=options)
    add(server)
    try:
        port = server.add_insecure_port("127.0.0.1:0")
    except RuntimeError as error:
        raise UnreachableError("the Pulumi engine", "no loopback port is free") from error
    server.start()
    try:
        yield port
    finally:
        server.stop(_GRACE_S).wait()
        pool.shutdown()
