"""What would grow for ever does not: the servers' output, the audit log, the cluster's history."""

import base64
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.centre import only_cluster, quiet, temporary_home
from yunzu.embedded import asking, bootstrap, kubeconfigs, logs, supervision
from yunzu.embedded.home import Home
from yunzu.embedded.programs import ServerProgram, Site
from yunzu.embedded.servers import apiserver, etcd
from yunzu.embedded.supervision import Supervisor

SECONDS = 40


def wait_until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def impatient() -> Iterator[Site]:
    """A cluster that keeps a megabyte of audit log a file, and a second of history."""
    with temporary_home() as home:
        settings = only_cluster(home)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(apiserver, "AUDIT_MEGABYTES", 1)
            patch.setattr(apiserver, "AUDIT_FILES", 1)
            patch.setattr(etcd, "HISTORY", "1s")
            bootstrap.up(settings, progress=quiet)
        yield bootstrap.recalled(settings)


def test_audit_log_is_rotated_and_old_files_go(impatient: Site) -> None:
    """Changes of access rules are kept with their bodies: one of 300 kB fills a good part of a file."""
    door, directory = kubeconfigs.admin_door(impatient), impatient.home.logs
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/long"
    seen: set[Path] = set()
    for number in range(8):
        names = [f"{number}-{position:05}-{'x' * 90}" for position in range(3000)]
        rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": names, "verbs": ["get"]}
        metadata = {"name": "long"}
        role: dict[str, Any] = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
        asking.apply(door, path, role | {"metadata": metadata, "rules": [rule]})
        seen |= set(directory.glob("audit-*.log"))
    wait_until(lambda: len(seen | set(directory.glob("audit-*.log"))) > 2)
    wait_until(lambda: len(list(directory.glob("audit-*.log"))) == 1)
    assert (directory / "audit.log").stat().st_size <= 2**20
    assert [name for name in logs.files(only_cluster(impatient.home.root)) if "audit" in name] == ["audit"]


def test_history_of_the_cluster_is_compacted(impatient: Site) -> None:
    door = etcd.door(impatient)

    def asked(**more: int) -> tuple[int, bytes]:
        key = base64.b64encode(b"/registry/namespaces/default").decode()
        return asking.ask(door, "/v3/kv/range", method="POST", body={"key": key, **more})

    assert asked()[0] == 200
    wait_until(lambda: asked(revision=2)[0] != 200)
    assert b"compacted" in asked(revision=2)[1]


def test_output_of_a_server_is_rotated_and_old_files_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_LOG_BYTES", 100_000)
    script = "[print(n, 'x' * 90, flush=True) for n in range(20_000)]; import time; time.sleep(60)"
    with temporary_home() as root:
        home = Home(root)
        home.prepare()
        supervisor = Supervisor(home, "0a1b2c3d")
        command = (sys.executable, "-c", script)
        program = ServerProgram(name="talks", command=command, version="1", address="", probe=lambda: None)
        supervisor.configure([program])
        supervisor.start()
        try:
            supervisor.start_server("talks")
            wait_until(lambda: any("19999 xx" in file.read_text() for file in home.logs.glob("talks.log*")))
            files = sorted(home.logs.glob("talks.log*"))
            assert [file.name for file in files] == ["talks.log", "talks.log.1", "talks.log.2", "talks.log.3"]
            chunk = 2**17  # what the supervisor reads before it looks at the size
            assert max(file.stat().st_size for file in files) < 100_000 + chunk
        finally:
            supervisor.shut_down(timeout=20)


def test_real_limits_are_those_of_a_machine_with_a_small_disk() -> None:
    audited = apiserver.AUDIT_MEGABYTES * 2**20 * apiserver.AUDIT_FILES
    for limit in (supervision._LOG_BYTES * supervision._LOG_FILES, audited):
        assert 2**20 < limit <= 2**30
    assert etcd.HISTORY == "1h"
