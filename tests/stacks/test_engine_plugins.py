"""Our providers as plugins that a plain Pulumi starts."""

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from yunzu.errors import FencedError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import Guest, hold
from yunzu.settings import Settings
from yunzu_stacks.plugins import fence_token


@pytest.mark.parametrize("package", ["kubernetes", "yunzu"])
def test_plugin_says_its_port_and_ends_with_its_parent(
    centre: Connections, centre_settings: Settings, package: str
) -> None:
    script = Path(sys.executable).with_name(f"pulumi-resource-{package}")
    environment = {"PATH": os.environ["PATH"], "YUNZU_HOME": str(centre_settings.home)}
    with subprocess.Popen([script], env=environment, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        try:
            port = int(plugin.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=60).version
            plugin.terminate()
            assert plugin.wait(60) == 0
        finally:
            plugin.kill()  # else leaving the block would wait for it


def test_plugin_without_a_centre_says_what_to_do(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("pulumi-resource-yunzu")
    environment = {"PATH": os.environ["PATH"], "YUNZU_HOME": str(tmp_path / "none")}
    ended = subprocess.run([script], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 5
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr


def test_fence_token_is_read_from_the_backends_url() -> None:
    assert fence_token("postgres://127.0.0.1:5432?yunzu.fence=17") == 17
    assert fence_token("postgres://127.0.0.1:5432/db?sslmode=require") is None
    assert fence_token("file:///somewhere") is None


def test_guest_changes_things_only_under_the_current_token(records: Records) -> None:
    with hold(records, "health--beds") as writer:
        guest = Guest(records, "health--beds", writer.token)
        guest.intend("role", "r")
        assert guest.intended("role", "r")
        assert writer.intended("role", "r")
    with hold(records, "health--beds"), pytest.raises(FencedError):
        guest.intend("role", "s")
    assert not guest.intended("role", "s")
