"""The Kubernetes client against an API server that misbehaves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def misbehaving(
    answers: list[Answer], tmp_path: Path, *, patience: float
) -> Iterator[tuple[Client, list[str]]]:
    """A client of a server that gives these answers in turn, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path.partition('?')[0]}")
            answers[min(len(asked), len(answers)) - 1](self)

        do_GET = do_POST = do_PATCH = do_DELETE = _any

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    path = tmp_path / "kubeconfig"
    document = {
        "current-context": "t",
        "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
        "clusters": [{"name": "t", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "t", "user": {}}],
    }
    path.write_text(yaml.safe_dump(document))
    client = Client(Cluster(kubeconfig=path), timeout=2, patience=patience)
    try:
        yield client, asked
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


def reply(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def test_not_now_is_asked_again_after_the_pause(tmp_path: Path) -> None:
    answers = [reply(429, Retry_After="1"), reply(503), reply(200, b'{"ok": true}')]
    with misbehaving(answers, tmp_path, patience=10) as (client, asked):
        started = time.monotonic()
        assert client.raw("POST", "/x", body={}) == {"ok": True}
        assert time.monotonic() - started >= 1
    assert len(asked) == 3


def test_not_now_for_ever_ends_in_time(tmp_path: Path) -> None:
    with misbehaving([reply(429, Retry_After="1")], tmp_path, patience=1.5) as (client, asked):
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="try again later"):
            client.raw("GET", "/x")
        assert time.monotonic() - started < 3
    assert len(asked) == 2


def test_a_lost_answer_is_asked_again_unless_that_could_do_it_twice(tmp_path: Path) -> None:
    with misbehaving([hang_up, reply(200)], tmp_path, patience=5) as (client, asked):
        client.raw("GET", "/x")
        assert len(asked) == 2
    with misbehaving([hang_up, reply(200)], tmp_path, patience=5) as (client, asked):
        with pytest.raises(UnreachableError):
            client.raw("POST", "/x", body={})
        assert len(asked) == 1


def test_forbidden_is_final_unless_the_server_has_just_started(tmp_path: Path) -> None:
    with misbehaving([reply(403), reply(200)], tmp_path, patience=5) as (client, asked):
        with pytest.raises(ForbiddenError):
            client.raw("GET", "/x")
        assert len(asked) == 1
    with misbehaving([hang_up, reply(403), reply(200)], tmp_path, patience=5) as (client, asked):
        client.raw("GET", "/x")
        assert len(asked) == 3


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with misbehaving([reply(200)], tmp_path, patience=0.5) as (client, _):
        pass
    started = time.monotonic()
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+: does not answer"):
        client.raw("POST", "/x", body={})
    assert time.monotonic() - started < 3


def test_a_long_answer_is_cut(tmp_path: Path) -> None:
    endless = misbehaving([reply(500, b"x" * 100_000)], tmp_path, patience=0)
    with endless as (client, _), pytest.raises(UnreachableError) as caught:
        client.raw("GET", "/x")
    assert len(str(caught.value)) < 400
