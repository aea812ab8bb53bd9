"""Every listener of ours on loopback refuses the processes of other users."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import events_pb2, events_pb2_grpc, language_pb2_grpc, provider_pb2_grpc

from yunzu.providers import loopback
from yunzu.providers.protocol import Provider
from yunzu.providers.serving import serve
from yunzu_stacks.events import Event, received
from yunzu_stacks.language import nothing, served_program

ROOT = Path(__file__).parents[2]
HEARD: list[Event] = []


@contextmanager
def _provider() -> Iterator[int]:
    with serve([Provider("kubernetes", "1.2.3")]) as value:
        yield int(value.rpartition(":")[2])


@contextmanager
def _program() -> Iterator[int]:
    with served_program(nothing) as ours:
        yield ours.port


@contextmanager
def _events() -> Iterator[int]:
    with received(HEARD.append) as address:
        yield int(address.rpartition(":")[2])


LISTENERS: dict[str, Callable[[], AbstractContextManager[int]]] = {
    "provider": _provider,
    "program": _program,
    "events": _events,
}


def ask(listener: str, port: int) -> str:
    """One call to it; OK, or the name of the code that it was refused with."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            if listener == "provider":
                provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty())
            elif listener == "program":
                language_pb2_grpc.LanguageRuntimeStub(channel).GetPluginInfo(empty_pb2.Empty())
            else:
                told = events_pb2.EventRequest(event='{"diagnosticEvent": {"message": "invented"}}')
                events_pb2_grpc.EventsStub(channel).StreamEvents(iter([told]))
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


_STRANGER = """
import os, sys
from tests.stacks.test_listeners import ask
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(ask(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_process_of_another_user_is_refused(listener: str) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can start a process of another user")
    with LISTENERS[listener]() as port:
        done = subprocess.run(
            [sys.executable, "-c", _STRANGER, listener, str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout.strip() == "UNAUTHENTICATED", done.stderr


@pytest.mark.parametrize("listener", LISTENERS)
def test_only_our_own_user_is_served(listener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    HEARD.clear()
    with LISTENERS[listener]() as port:
        assert ask(listener, port) == "OK"
    heard = len(HEARD)
    another = os.getuid() + 1
    monkeypatch.setattr(loopback.os, "getuid", lambda: another)
    with LISTENERS[listener]() as port:
        assert ask(listener, port) == "UNAUTHENTICATED"
    assert len(HEARD) == heard


def test_there_is_no_other_listener() -> None:
    """Whoever opens one goes through the guard."""
    rooms = [ROOT / "infra" / "yunzu", ROOT / "stacks" / "yunzu_stacks", ROOT / "cli" / "yunzu_cli"]
    opening = [
        file.name
        for room in rooms
        for file in room.rglob("*.py")
        if "grpc.server(" in (text := file.read_text("utf-8")) or "add_insecure_port" in text
    ]
    assert opening == ["loopback.py"]


def test_the_kernel_names_the_peer() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        own = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", own)) as peer:
            assert loopback.peer_uid(peer.getsockname()[1], own) == os.getuid()
            assert loopback.peer_uid(1, own) is None
