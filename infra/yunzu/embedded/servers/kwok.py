"""kwok: simulated nodes. Pods placed on them count, are scheduled and become Running, and run nothing."""

import datetime as dt
import json
from functools import partial
from typing import Any

import yaml

from yunzu.embedded import asking, kubeconfigs
from yunzu.embedded.asking import Door
from yunzu.embedded.programs import ServerProgram, Site
from yunzu.errors import UnreachableError

NODES = ("simulated-1", "simulated-2")
_MARK = "yunzu.io/simulated"
_LEASE_SECONDS = 3  # a killed one holds its nodes for as long: each process is a holder of its own
_STALE_SECONDS = 20  # it renews every quarter of that, on a machine that has time
_ROLE = "yunzu:kwok"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def program(site: Site) -> ServerProgram:
    binary, home = site.binaries["kwok"], site.home
    config, stages = kubeconfigs.path(site, "kwok"), home.config / "kwok.yaml"
    return ServerProgram(
        name="kwok",
        command=(
            str(binary.path),
            f"--kubeconfig={config}",
            f"--config={stages}",
            f"--manage-nodes-with-annotation-selector={_MARK}=true",
            f"--node-lease-duration-seconds={_LEASE_SECONDS}",
            "--cidr=10.244.0.0/16",
            "--v=WARN",  # each renewal of a lease is a line of INFO
            "--server-address=",  # no door of its own: its probe is what it does
        ),
        version=binary.version,
        address="",
        probe=partial(_nodes_alive, kubeconfigs.admin_door(site)),
        files={config: kubeconfigs.content(site, "kwok"), stages: _stages()},
        inputs=(site.pki.pair("kwok").certificate,),
        after=("apiserver",),
        prepare=partial(declare, kubeconfigs.admin_door(site)),
        simulated=True,
    )


def declare(door: Door) -> None:
    """Create the nodes, forget who held them, and let kwok act for them and no further. Raises YunzuError."""
    core, group = "/api/v1", "rbac.authorization.k8s.io"
    rules = [
        _rule("", ["nodes", "pods"], ["get", "list", "watch", "patch"]),
        _rule("", ["pods"], ["delete"]),
        _rule("", ["nodes/status", "pods/status"], ["patch", "update"]),
        _rule("", ["events"], ["create", "patch", "update"]),
        _rule("coordination.k8s.io", ["leases"], ["get", "list", "watch", "create", "patch", "update"]),
    ]
    meta = {"name": _ROLE}
    version = f"{group}/v1"
    role = {"apiVersion": version, "kind": "ClusterRole", "metadata": meta, "rules": rules}
    binding = {
        "apiVersion": version,
        "kind": "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": _ROLE},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "yunzu:kwok"}],
    }
    asking.apply(door, f"/apis/{version}/clusterroles/{_ROLE}", role)
    asking.apply(door, f"/apis/{version}/clusterrolebindings/{_ROLE}", binding)
    for name in NODES:
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "annotations": {_MARK: "true"},
                "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"},
            },
        }
        asking.apply(door, f"{core}/nodes/{name}", node)
        asking.delete(door, f"{LEASES}/{name}")  # one that an earlier process renewed would pass the probe


def _rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _nodes_alive(door: Door) -> None:
    """Every node's lease is fresh: kwok renews it, so an old one means that kwok does nothing."""
    items = json.loads(asking.expect_ok(door, LEASES))["items"]
    now = dt.datetime.now(dt.UTC)
    for name in NODES:
        lease = next((item for item in items if item["metadata"]["name"] == name), None)
        if lease is None:
            raise UnreachableError("kwok", f"has not taken node {name}")
        renewed = dt.datetime.fromisoformat(lease["spec"]["renewTime"])
        if now - renewed > dt.timedelta(seconds=_STALE_SECONDS):
            raise UnreachableError("kwok", f"has not renewed node {name} since {renewed:%H:%M:%S} UTC")


def _stages() -> str:
    """How simulated nodes and pods go from one state to the next."""
    return yaml.safe_dump_all(
        [
            _stage("node-ready", "Node", [_is(_READY, "NotIn", "True")], _NODE_READY),
            _stage("pod-running", "Pod", [_NOT_DELETED, _is(".status.phase", "In", "Pending")], _POD_RUNNING),
            _stage(
                "job-pod-succeeded",
                "Pod",
                [
                    _NOT_DELETED,
                    _is(".status.phase", "In", "Running"),
                    _is(".metadata.ownerReferences.[].kind", "In", "Job"),
                ],
                _POD_SUCCEEDED,
            ),
            _stage("pod-deleted", "Pod", [_DELETED], None),
        ],
        sort_keys=False,
    )


_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'
_DELETED = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
_NOT_DELETED = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}


def _is(key: str, operator: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": [value]}


def _stage(name: str, kind: str, when: list[dict[str, Any]], status: str | None) -> dict[str, Any]:
    following: dict[str, Any] = {"statusTemplate": status} if status else {"delete": True}
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": when},
            "next": following,
        },
    }


_CAPACITY = "{cpu: '64', memory: 256Gi, ephemeral-storage: 1Ti, pods: '1000'}"

_NODE_READY = f"""\
{{{{ $now := Now | Quote }}}}
phase: Running
conditions:
- {{type: Ready, status: 'True', reason: Simulated, message: simulated by kwok,
   lastHeartbeatTime: {{{{ $now }}}}, lastTransitionTime: {{{{ $now }}}}}}
addresses:
- {{type: InternalIP, address: {{{{ NodeIP | Quote }}}}}}
- {{type: Hostname, address: {{{{ .metadata.name | Quote }}}}}}
capacity: {_CAPACITY}
allocatable: {_CAPACITY}
nodeInfo:
  architecture: amd64
  operatingSystem: linux
  osImage: simulated
  kubeletVersion: simulated
  kubeProxyVersion: simulated
  containerRuntimeVersion: simulated
  kernelVersion: simulated
  machineID: simulated
  systemUUID: simulated
  bootID: simulated
"""

_POD_RUNNING = """\
{{ $now := Now | Quote }}
phase: Running
startTime: {{ $now }}
conditions:
- {type: Initialized, status: 'True', lastTransitionTime: {{ $now }}}
- {type: ContainersReady, status: 'True', lastTransitionTime: {{ $now }}}
- {type: Ready, status: 'True', lastTransitionTime: {{ $now }}}
{{ range .spec.readinessGates }}
- {type: {{ .conditionType | Quote }}, status: 'True', lastTransitionTime: {{ $now }}}
{{ end }}
{{ with NodeIPWith .spec.nodeName }}
hostIP: {{ . | Quote }}
{{ end }}
{{ $network := or .spec.hostNetwork false }}
{{ $uid := or .metadata.uid "" }}
{{ with PodIPWith .spec.nodeName $network $uid ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
podIP: {{ . | Quote }}
podIPs:
- ip: {{ . | Quote }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ''
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now }}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ''
  ready: true
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now }}, finishedAt: {{ $now }}}}
{{ end }}
"""

_POD_SUCCEEDED = """\
{{ $now := Now | Quote }}
phase: Succeeded
conditions:
- {type: Ready, status: 'False', reason: PodCompleted, lastTransitionTime: {{ $now }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ''
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now }}, finishedAt: {{ $now }}}}
{{ end }}
"""
