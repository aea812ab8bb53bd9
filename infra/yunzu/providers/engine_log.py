"""Messages from a provider to the person who runs Pulumi."""

import threading

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from yunzu.providers.urn import Urn


class EngineLog:
    """The engine's log. Without an engine, or after it is gone, messages vanish: they are never needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None

    def attach(self, address: str) -> None:
        """Send to the engine at `host:port` from now on."""
        with self._lock:
            self._close()
            self._channel = grpc.insecure_channel(address)

    def detach(self) -> None:
        """Stop sending."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def debug(self, urn: Urn, message: str) -> None:
        """Shown with `--debug` only."""
        self._send(engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message=message, urn=str(urn)))

    def status(self, urn: Urn, message: str) -> None:
        """Shown beside the resource until the next one: what a wait is waiting for."""
        self._send(
            engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=str(urn), ephemeral=True)
        )

    def _send(self, request: engine_pb2.LogRequest) -> None:
        with self._lock:
            if self._channel is None:
                return
            try:
                engine_pb2_grpc.EngineStub(self._channel).Log(request, timeout=2)
            except grpc.RpcError:
                self._close()
