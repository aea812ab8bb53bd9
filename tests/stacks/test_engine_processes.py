"""What a run starts and fetches: one process of the CLI, and no plugin from anywhere."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pulumi
import pytest

from tests.support.engine import Things, program
from yunzu.errors import YunzuError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks import workspace
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack

STACK = Stack("health--beds", "e2345abcdefg")


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_each_run_is_one_process_of_the_cli(
    connections: Connections, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "started"
    # Where the engine is told that the CLI is, and where the SDK would look for one.
    cli = script(tmp_path / "pulumi", f'echo "$1" >> {log}\nexec {connections.tools["pulumi"]} "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    counted = connections.model_copy(update={"tools": {"pulumi": cli}})

    def started() -> list[str]:
        words = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return words

    with hold(records, STACK.name) as writer:
        engine = Engine(counted, records, providers=[Things(tmp_path / "things", writer)])
        engine.preview(STACK, program("a"))
        assert started() == ["preview"]
        engine.up(STACK, program("a"), writer=writer)
        assert started() == ["up"]
        engine.up(STACK, program("a"), writer=writer)
        assert started() == ["up"]
        engine.import_(STACK, program("a"), {}, writer=writer)
        assert started() == ["up"]
        engine.refresh(STACK, writer=writer)
        assert started() == ["refresh"]
        assert engine.exists(STACK)
        assert engine.outputs(STACK) == {"names": ["a"]}
        assert engine.export(STACK)
        assert started() == []
        engine.destroy(STACK, writer=writer)
        assert started() == ["destroy"]


@contextmanager
def download_site() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that a plugin could be fetched from: its address, and what it was asked for."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


def test_a_provider_that_is_not_ours_is_neither_fetched_nor_found(
    connections: Connections, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    script(tmp_path / "pulumi-resource-absent", f"touch {ran}; echo 1; sleep 5")
    path = workspace._ENGINE_ALONE["PATH"]
    monkeypatch.setitem(workspace._ENGINE_ALONE, "PATH", f"{tmp_path}:{path}")
    with download_site() as (url, asked):

        def declare() -> None:
            options = pulumi.ResourceOptions(version="1.2.3", plugin_download_url=url)
            pulumi.CustomResource("absent:index:Thing", "one", {}, options)

        engine = Engine(connections, records, providers=[])
        with pytest.raises(YunzuError, match="no resource plugin 'pulumi-resource-absent'"):
            engine.preview(STACK, declare)
        assert asked == []
    assert not ran.exists()
    assert not list((connections.home / "pulumi").glob("plugins/*"))
