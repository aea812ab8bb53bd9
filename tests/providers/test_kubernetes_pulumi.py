"""The kubernetes provider under the real Pulumi CLI, with programs of the public pulumi_kubernetes SDK."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from tests.support.engine import pulumi_cli
from tests.support.providers import CENTRE, UID, Effects, labels
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.errors import NotFoundError, NotOursError
from yunzu.providers.kubernetes import KubernetesProvider
from yunzu.providers.serving import serve
from yunzu_stacks.language import served_program

Program = Callable[[], None]


class Stack:
    """A stack in a directory of its own, run by the CLI."""

    def __init__(self, directory: Path, provider: KubernetesProvider) -> None:
        self.directory = directory
        self.provider = provider
        (directory / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        self.run(["stack", "init", "dev"], lambda: None)

    def run(self, arguments: list[str], program: Program) -> tuple[int, str]:
        with serve([self.provider]) as providers, served_program(program) as language:
            command = [str(pulumi_cli()), *arguments, "--non-interactive"]
            if arguments[0] != "stack":
                command += ["--stack=dev", f"--client=127.0.0.1:{language.port}", "--color=never"]
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(self.directory),
                "PULUMI_HOME": str(self.directory / "home"),
                "PULUMI_BACKEND_URL": f"file://{self.directory}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_DEBUG_PROVIDERS": providers,
            }
            done = subprocess.run(
                command,
                cwd=self.directory,
                env=environment,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        return done.returncode, done.stdout + done.stderr

    def up(self, program: Program, *flags: str) -> str:
        code, text = self.run(["up", "--yes", "--skip-preview", *flags], program)
        assert code == 0, text
        return text

    def state(self) -> dict[str, Any]:
        path = self.directory / ".pulumi" / "stacks" / "test" / "dev.json"
        state: dict[str, Any] = json.loads(path.read_text())["checkpoint"]["latest"]
        return state


@pytest.fixture
def stack(tmp_path: Path, client: Client, effects: Effects) -> Stack:
    return Stack(
        tmp_path,
        KubernetesProvider(client, centre=CENTRE, effects=lambda _: effects, environment_of=lambda _: UID),
    )


def home(namespace: str, *, replicas: int = 1, quota: dict[str, str] | None = None) -> Program:
    """An environment-like program: a namespace with the kinds that matter, and a workload."""

    def program() -> None:
        metadata = k8s.meta.v1.ObjectMetaArgs(name=namespace, labels=labels("etest"))
        space = k8s.core.v1.Namespace("home", metadata=metadata)
        inside = pulumi.ResourceOptions(depends_on=[space])
        _limits(namespace, quota or {"pods": "9", "requests.cpu": "1.5"}, inside)
        _people(namespace, inside)
        k8s.core.v1.Secret(
            "secret", metadata=_meta("s", namespace), string_data={"password": "hunter2"}, opts=inside
        )
        deployment = _workload(namespace, replicas, inside)
        pulumi.export("available", deployment.status.available_replicas)

    return program


def _meta(name: str, namespace: str) -> k8s.meta.v1.ObjectMetaArgs:
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=labels("etest"))


def _limits(namespace: str, quota: dict[str, str], inside: pulumi.ResourceOptions) -> None:
    k8s.core.v1.ResourceQuota("quota", metadata=_meta("plan", namespace), spec={"hard": quota}, opts=inside)
    policy = k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
    )
    k8s.networking.v1.NetworkPolicy("deny", metadata=_meta("deny", namespace), spec=policy, opts=inside)


def _people(namespace: str, inside: pulumi.ResourceOptions) -> None:
    group = "rbac.authorization.k8s.io"
    k8s.rbac.v1.RoleBinding(
        "people",
        metadata=_meta("people", namespace),
        role_ref=k8s.rbac.v1.RoleRefArgs(api_group=group, kind="ClusterRole", name="view"),
        subjects=[k8s.rbac.v1.SubjectArgs(kind="User", name="li", api_group=group)],
        opts=inside,
    )


def _workload(namespace: str, replicas: int, inside: pulumi.ResourceOptions) -> k8s.apps.v1.Deployment:
    requests = k8s.core.v1.ResourceRequirementsArgs(requests={"cpu": "0.1"})
    container = k8s.core.v1.ContainerArgs(name="app", image="example/app:1", resources=requests)
    template = k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(labels={"app": "a"}),
        spec=k8s.core.v1.PodSpecArgs(containers=[container]),
    )
    spec = k8s.apps.v1.DeploymentSpecArgs(
        replicas=replicas,
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"app": "a"}),
        template=template,
    )
    return k8s.apps.v1.Deployment("app", metadata=_meta("app", namespace), spec=spec, opts=inside)


def test_an_environment_lives_from_preview_to_destroy(stack: Stack, client: Client) -> None:
    name = f"t--{naming.mint_environment_uid()}"
    code, text = stack.run(["preview"], home(name))
    assert code == 0, text
    assert set(stack.provider.checks.values()) >= {"dry run"}
    with pytest.raises(NotFoundError):
        client.get("v1", "Namespace", name)

    assert "7 created" in stack.up(home(name))
    state = stack.state()
    kinds = {item["type"].rsplit(":", 1)[-1]: item for item in state["resources"]}
    assert kinds["Stack"]["outputs"]["available"] == 1
    assert kinds["Deployment"]["outputs"]["__inputs"] == kinds["Deployment"]["inputs"]
    assert kinds["Deployment"]["outputs"]["__fieldManager"] == naming.FIELD_MANAGER
    assert "hunter2" not in json.dumps(state)
    assert "aHVudGVyMg" not in json.dumps(state)

    assert "7 unchanged" in stack.up(home(name))
    assert "7 unchanged" in stack.up(home(name), "--refresh")

    client.patch(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "deny",
        name,
        {"spec": {"ingress": [{}]}},
        field_manager="eve",
    )
    client.patch("v1", "ResourceQuota", "plan", name, {"spec": {"hard": {"pods": "99"}}}, field_manager="eve")
    client.delete("v1", "Secret", "s", name)
    text = stack.up(home(name), "--refresh")
    assert "1 created" in text
    assert "2 updated" in text
    assert "ingress" not in client.get("networking.k8s.io/v1", "NetworkPolicy", "deny", name)["spec"]
    assert client.get("v1", "ResourceQuota", "plan", name)["spec"]["hard"]["pods"] == "9"

    text = stack.up(home(name, replicas=2, quota={"pods": "8"}))
    assert "2 updated" in text
    assert client.get("v1", "ResourceQuota", "plan", name)["spec"]["hard"] == {"pods": "8"}

    code, text = stack.run(["destroy", "--yes", "--skip-preview"], lambda: None)
    assert code == 0, text
    assert "7 deleted" in text
    with pytest.raises(NotFoundError):
        client.get("v1", "Namespace", name)


def test_a_foreign_namespace_stops_the_run_and_is_untouched(stack: Stack, client: Client) -> None:
    name = f"t--{naming.mint_environment_uid()}"
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    made = client.create(foreign, field_manager="them")
    code, text = stack.run(["up", "--yes", "--skip-preview"], home(name))
    assert code != 0
    assert f"Namespace {name}: exists and is not ours" in text
    assert [type(error) for error in stack.provider.failures] == [NotOursError]
    code, text = stack.run(["destroy", "--yes", "--skip-preview"], lambda: None)
    assert code == 0, text
    live = client.get("v1", "Namespace", name)
    assert live["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    client.delete("v1", "Namespace", name)


def test_a_wrong_program_changes_nothing(stack: Stack, effects: Effects) -> None:
    def program() -> None:
        k8s.core.v1.ResourceQuota(
            "q", metadata={"name": "q", "namespace": "default"}, spec={"hart": {"pods": "1"}}
        )

    code, text = stack.run(["up", "--yes", "--skip-preview"], program)
    assert code != 0
    assert "unknown field" in text
    assert effects.intents == []


def test_an_autonamed_object_is_replaced_before_it_is_deleted(stack: Stack, client: Client) -> None:
    def program(kind: str) -> Program:
        def declare() -> None:
            metadata = {"namespace": "default", "labels": labels("etest")}
            made = k8s.core.v1.Secret("key", metadata=metadata, type=kind)
            pulumi.export("name", made.metadata.name)

        return declare

    stack.up(program("test.example/one"))
    assert "1 replaced" in stack.up(program("test.example/two"))
    name = stack.state()["resources"][0]["outputs"]["name"]
    assert name.startswith("key-")
    assert client.get("v1", "Secret", name, "default")["type"] == "test.example/two"
    code, text = stack.run(["destroy", "--yes", "--skip-preview"], lambda: None)
    assert code == 0, text


def test_an_object_is_imported_and_then_managed(stack: Stack, client: Client) -> None:
    name = f"kept-{naming.mint_environment_uid()}"
    metadata = {"name": name, "namespace": "default", "labels": labels("etest")}
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}
    uid = client.create(kept, field_manager="before")["metadata"]["uid"]

    def program(value: str, imported: str | None = None) -> Program:
        def declare() -> None:
            options = pulumi.ResourceOptions(import_=imported)
            k8s.core.v1.ConfigMap("kept", metadata=metadata, data={"a": value}, opts=options)

        return declare

    assert "1 imported" in stack.up(program("1", f"default/{name}"))
    assert "1 updated" in stack.up(program("2"))
    live = client.get("v1", "ConfigMap", name, "default")
    assert (live["metadata"]["uid"], live["data"]) == (uid, {"a": "2"})
    code, text = stack.run(["destroy", "--yes", "--skip-preview"], lambda: None)
    assert code == 0, text
    with pytest.raises(NotFoundError):
        client.get("v1", "ConfigMap", name, "default")
