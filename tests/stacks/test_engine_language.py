"""What we rely on of the SDK's and the CLI's inner parts: a new version that changes it fails here first."""

import inspect
import json
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from pulumi.automation._server import LanguageServer
from pulumi.runtime import reset_options, run_in_stack
from pulumi.runtime.proto import events_pb2_grpc, language_pb2_grpc

from tests.support.engine import Things, program, pulumi_cli, state_rows
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks.engine import Engine
from yunzu_stacks.events import Diagnostic, ResourceEvent, parse
from yunzu_stacks.state import Stack, new_checkpoint, stack_key
from yunzu_stacks.workspace import Workspace

STACK = Stack("health--beds", "e2345abcdefg")


def test_language_server_has_the_shape_we_extend() -> None:
    assert list(inspect.signature(LanguageServer.__init__).parameters) == ["self", "program"]
    assert list(inspect.signature(LanguageServer.Run).parameters) == ["self", "request", "context"]
    for call in ("GetRequiredPlugins", "GetRequiredPackages", "GetPluginInfo", "About"):
        assert callable(getattr(LanguageServer, call))
    assert hasattr(language_pb2_grpc, "add_LanguageRuntimeServicer_to_server")
    assert hasattr(events_pb2_grpc, "EventsServicer")
    wanted = {"project", "stack", "parallel", "engine_address", "monitor_address", "preview", "organization"}
    assert wanted <= set(inspect.signature(reset_options).parameters)
    assert inspect.iscoroutinefunction(run_in_stack)


def test_the_sdk_and_the_cli_are_of_one_version() -> None:
    said = subprocess.run([pulumi_cli(), "version"], capture_output=True, text=True, check=True).stdout
    assert said.strip().removeprefix("v") == version("pulumi")


def test_a_stack_begins_as_the_cli_would_begin_it(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    """But for the secrets provider, ours is what `pulumi stack init` writes."""
    workspace = Workspace(connections)
    workspace.prepare()
    (tmp_path / "state").mkdir()
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(tmp_path / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    (tmp_path / "Pulumi.yaml").write_text((workspace.project / "Pulumi.yaml").read_text())
    command = [pulumi_cli(), "stack", "init", STACK.name, "--non-interactive", "--no-select"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    theirs = json.loads((tmp_path / f"state/.pulumi/stacks/yunzu/{STACK.name}.json").read_text())
    ours = new_checkpoint(STACK.name).document
    for document in (theirs, ours):
        latest = document["checkpoint"]["latest"]
        assert set(latest) == {"manifest", "secrets_providers", "metadata"}
        assert set(latest.pop("manifest")) == {"time", "magic", "version"}
        assert set(latest.pop("secrets_providers")) == {"type", "state"}
    assert ours == theirs


def test_the_cli_keeps_our_secrets_provider(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
        engine.up(STACK, program("a"), writer=writer)
        engine.up(STACK, program("a", "b"), writer=writer)
    stored = json.loads(state_rows(connections.records)[stack_key(STACK.name)])
    kept = stored["checkpoint"]["latest"]["secrets_providers"]
    assert kept == new_checkpoint(STACK.name).deployment["secrets_providers"]
    assert not list((connections.home / "pulumi").rglob("Pulumi.*.yaml"))
    assert not list((connections.home / "pulumi").rglob("*.log"))


@pytest.mark.parametrize(
    ("document", "event"),
    [
        (
            {
                "resourcePreEvent": {
                    "planning": True,
                    "metadata": {
                        "op": "update",
                        "type": "a:b:C",
                        "urn": "urn:pulumi:s::p::a:b:C::n",
                        "detailedDiff": {"spec.hard": {}},
                    },
                }
            },
            ResourceEvent("planned", "update", "a:b:C", "n", "urn:pulumi:s::p::a:b:C::n", ("spec.hard",)),
        ),
        ({"diagnosticEvent": {"severity": "error", "message": "m\n"}}, Diagnostic("error", "m")),
        ({"cancelEvent": {}}, None),
    ],
)
def test_events_are_parsed(document: dict[str, object], event: object) -> None:
    assert parse(json.dumps(document)) == event
