"""What happens when servers, or everything, are killed. In a private centre, beside the shared one."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.centre import quiet, temporary_home
from tests.support.engine import wait_while
from tests.support.own_centre import RESTARTED_WITHIN
from yunzu.embedded import asking, bootstrap, kubeconfigs, orphans, pki, plan, processes
from yunzu.embedded.home import Home
from yunzu.embedded.processes import Process
from yunzu.embedded.programs import MARK, ServerProgram
from yunzu.embedded.servers import kwok
from yunzu.embedded.status import status
from yunzu.embedded.supervision import Supervisor
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import Connections
from yunzu.settings import Settings

CONFIGMAP = "/api/v1/namespaces/default/configmaps/kept"


@pytest.fixture(scope="module")
def private() -> Iterator[Settings]:
    with temporary_home() as home:
        settings = Settings(home=home)
        bootstrap.up(settings, progress=quiet)
        yield settings


@pytest.fixture
def supervisor(private: Settings) -> Supervisor:
    bootstrap.up(private, progress=quiet)
    site = bootstrap.recalled(private)
    return Supervisor(site.home, site.centre)


def put_data(settings: Settings) -> None:
    connections = bootstrap.connections(settings)
    with psycopg.connect(**asking.login(connections.pools["tenants-1"]), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("TRUNCATE kept")
        connection.execute("INSERT INTO kept VALUES ('还在')")
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"is": "kept"}}
    asking.apply(kubeconfigs.admin_door(bootstrap.recalled(settings)), CONFIGMAP, manifest)


def data_are_there(settings: Settings) -> bool:
    connections = bootstrap.connections(settings)
    with psycopg.connect(**asking.login(connections.pools["tenants-1"])) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    asking.expect_ok(kubeconfigs.admin_door(bootstrap.recalled(settings)), CONFIGMAP)
    return row == ("还在",)


def family(settings: Settings) -> list[Process]:
    return processes.marked(MARK, str(Home(settings.home).root))


def test_second_centre_runs_beside_the_first(centre: Connections, private: Settings) -> None:
    other = bootstrap.connections(private)
    assert other.centre != centre.centre
    assert other.identity_key != centre.identity_key
    assert {other.records.port, other.pools["tenants-1"].port}.isdisjoint(
        {centre.records.port, centre.pools["tenants-1"].port}
    )
    assert status(private).ok
    refused = "certificate verify failed" if other.records.ca else "password authentication failed"
    with pytest.raises(psycopg.OperationalError, match=refused):
        psycopg.connect(**asking.login(other.records) | {"port": centre.records.port})


@pytest.mark.parametrize("name", plan.names(Settings()))
def test_killed_server_answers_again_within_seconds(
    private: Settings, supervisor: Supervisor, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put_data(private)
    programs = {one.name: one for one in plan.programs(private, bootstrap.recalled(private))}
    killed = supervisor.states()[name]["pid"]
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    while supervisor.states()[name]["pid"] in {0, killed} or not works(private, programs[name]):
        assert time.monotonic() - began < RESTARTED_WITHIN
        time.sleep(0.02)
    seconds = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: works again {seconds:.1f} s after its kill\n")
    while not status(private).ok:  # those that asked it
        assert time.monotonic() - began < 2 * RESTARTED_WITHIN
        time.sleep(0.2)
    assert data_are_there(private)


def works(settings: Settings, program: ServerProgram) -> bool:
    try:
        program.probe()
    except UnreachableError:
        return False
    return program.name != "kwok" or pod_becomes_running(settings)


def pod_becomes_running(settings: Settings) -> bool:
    """What simulated nodes are for; the leases of their killed keeper stay fresh for a while."""
    door, path = kubeconfigs.admin_door(bootstrap.recalled(settings)), "/api/v1/namespaces/default/pods/alive"
    spec = {"nodeName": kwok.NODES[0], "containers": [{"name": "c", "image": "nothing:1"}]}
    asking.apply(door, path, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alive"}, "spec": spec})
    if json.loads(asking.expect_ok(door, path))["status"]["phase"] != "Running":
        return False
    asking.ask(door, f"{path}?gracePeriodSeconds=0", method="DELETE")
    return True


def test_up_goes_on_after_everything_was_killed(private: Settings, supervisor: Supervisor) -> None:
    put_data(private)
    before = bootstrap.connections(private)
    for process in family(private):
        os.kill(process.pid, signal.SIGKILL)

    assert bootstrap.up(private, progress=quiet) == before
    assert data_are_there(private)


def test_servers_left_by_a_killed_supervisor_are_ended(private: Settings, supervisor: Supervisor) -> None:
    put_data(private)
    own = supervisor.process()
    assert own
    wait_while(lambda: len(set(family(private)) - {own}) < 8)  # a server may just be starting again
    os.kill(own.pid, signal.SIGKILL)
    while processes.found(own.pid) == own:
        time.sleep(0.01)
    left = set(family(private))
    assert left  # those that wrote to their log meanwhile have found its pipe broken, and ended
    with pytest.raises(UnreachableError, match="is not running"):
        bootstrap.connections(private)
    steps: list[tuple[str, ...]] = []

    bootstrap.up(private, progress=lambda *words: steps.append(words))

    assert "orphans" in {step[0] for step in steps}
    assert left.isdisjoint(family(private))
    assert data_are_there(private)


def test_stray_process_of_this_home_is_ended_and_another_homes_is_not(
    private: Settings, supervisor: Supervisor, tmp_path: Path
) -> None:
    import subprocess

    home = Home(private.home)
    ours = subprocess.Popen(["sleep", "300"], env={MARK: str(home.root)}, start_new_session=True)
    other = subprocess.Popen(["sleep", "300"], env={MARK: f"{home.root}-2"}, start_new_session=True)
    try:
        assert [process.pid for process in orphans.orphans(home, supervisor.process())] == [ours.pid]
        bootstrap.up(private, progress=quiet)
        assert ours.wait(5) == -signal.SIGINT
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()


def test_renewed_certificate_is_served_after_up(
    private: Settings, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = bootstrap.recalled(private)
    untouched = supervisor.states()["etcd"]["pid"]
    for name in ("records-server", "s3-server"):
        site.pki.pair(name).certificate.unlink()
    expiries = {server.name: server.certificate_expires for server in status(private).servers}
    assert expiries["records"] is None

    bootstrap.up(private, progress=quiet)

    now = status(private)
    assert now.ok
    without = {server.name for server in now.servers if not server.certificate_expires}
    assert without == {"kwok", *(server.name for server in now.servers if not server.tls)}
    assert supervisor.states()["etcd"]["pid"] == untouched
    served = served_certificate(site.address, site.ports["s3"])
    assert served == pki.read_certificate(site.pki.pair("s3-server").certificate).serial_number


def served_certificate(address: str, port: int) -> int:
    import ssl

    from cryptography import x509

    return x509.load_pem_x509_certificate(ssl.get_server_certificate((address, port)).encode()).serial_number


def test_down_leaves_no_process_and_keeps_data_and_a_taken_port_is_named(
    private: Settings, supervisor: Supervisor
) -> None:
    put_data(private)
    began = time.monotonic()
    assert bootstrap.down(private, progress=quiet) >= 9
    assert time.monotonic() - began < 15
    assert family(private) == []
    assert bootstrap.down(private, progress=quiet) == 0
    with pytest.raises(UnreachableError, match="is not running"):
        bootstrap.connections(private)
    assert not status(private).ok

    port = bootstrap.recalled(private).ports["s3"]
    taken = pytest.raises(YunzuError, match=f"port {port} of s3: is used by another program")
    with socket.create_server(("127.0.0.1", port)), taken:
        bootstrap.up(private, progress=quiet)
    bootstrap.up(private, progress=quiet)
    assert data_are_there(private)


def test_server_that_ends_at_once_fails_the_start_with_its_log(
    private: Settings, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yunzu.embedded import starting
    from yunzu.embedded.servers import minio

    monkeypatch.setattr(starting, "_FAILING_SECONDS", 3.0)
    monkeypatch.setattr(minio, "NAME", "kubectl")  # a program that is no server
    with pytest.raises(UnreachableError, match=r"s3: ends as soon as it is started.*logs/s3\.log"):
        bootstrap.up(private, progress=quiet)
    monkeypatch.undo()
    bootstrap.up(private, progress=quiet)


@pytest.mark.parametrize("name", ["plain", "云 租", "it's;#100$HOME"])
def test_home_may_be_called_nearly_anything(name: str) -> None:
    """Supervisor expands %(x)s, cuts comments and splits words as a shell does."""
    with temporary_home() as parent:
        home = Home(parent / name)
        home.prepare()
        supervisor = Supervisor(home, "0a1b2c3d")
        script = "import sys, time; print(sys.argv[1], flush=True); time.sleep(60)"
        program = ServerProgram(
            name="echo",
            command=(sys.executable, "-c", script, str(home.root)),
            version="1",
            address="",
            probe=lambda: None,
            environment={"WHERE": str(home.root)},
        )
        supervisor.configure([program])
        supervisor.start()
        try:
            supervisor.start_server("echo")
            deadline = time.monotonic() + 10
            while not (log := supervisor.log("echo")).exists() or not log.read_text():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert log.read_text() == f"{home.root}\n"
            pid = supervisor.states()["echo"]["pid"]
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
            assert f"WHERE={home.root}" in environment
        finally:
            supervisor.shut_down(timeout=20)


@pytest.mark.parametrize("name", ["a\nb", "a ;b", "a #b", 'a"b', "a\\b", "100%"])
def test_home_that_the_supervisor_cannot_take_is_refused(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / name)
    with pytest.raises(YunzuError, match="characters that the supervisor cannot take; rename it"):
        Supervisor(home, "0a1b2c3d").configure([])


def test_changed_server_is_restarted_after_its_clients_stopped(
    private: Settings, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped alone, kube-apiserver waits for its clients until it is killed."""
    from yunzu.embedded.servers import apiserver

    before = {name: state["pid"] for name, state in supervisor.states().items()}
    held = holders(private)
    changed = apiserver.audit_policy() + "# another generation\n"
    monkeypatch.setattr(apiserver, "audit_policy", lambda: changed)

    bootstrap.up(private, progress=quiet)

    after = {name: state["pid"] for name, state in supervisor.states().items()}
    restarted = {name for name, pid in after.items() if before[name] != pid}
    assert restarted == {"apiserver", "controller-manager", "scheduler", "kwok"}
    last = supervisor.log().read_text().rpartition("stopped: apiserver")[2].splitlines()[0]
    assert "SIGKILL" not in last
    assert status(private).ok
    assert not held & holders(private), "up was done before the new kwok did anything"


def holders(settings: Settings) -> set[str]:
    """Who holds the simulated nodes: each process of kwok is one of its own."""
    leases = asking.expect_ok(kubeconfigs.admin_door(bootstrap.recalled(settings)), kwok.LEASES)
    return {lease["spec"]["holderIdentity"] for lease in json.loads(leases)["items"]}
