"""A right of use that rests, and returns: doors shut at once, nothing lost, nothing renewed."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.support.digest import differences, digest
from tests.support.suspensions import Suspended
from tests.support.tampering import Tamper, administrator, in_kubernetes, in_postgres
from tests.support.tenants import Tenants, hand_out, unique
from tests.support.workloads import pod, pods, workload
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.errors import NotFoundError, RefusedError, YunzuError
from yunzu.records import handouts, journal
from yunzu.services import environments, neighbours, removal, verification
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry

STUBBORN = {"terminationGracePeriodSeconds": 86_400}


@contextmanager
def _ended(session: Any) -> Iterator[None]:
    """The session is ended meanwhile, and whoever uses it is told so."""
    session.execute("SELECT 1")
    yield
    with pytest.raises(psycopg.errors.AdminShutdown):
        session.execute("SELECT 1")


@pytest.fixture
def admin(tenants: Tenants) -> Iterator[Client]:
    with closing(administrator(tenants.centre)) as client:
        yield client


@pytest.fixture
def one(tenants: Tenants) -> Suspended:
    identifier = tenants.one()
    tenants.apply(identifier)
    return Suspended(tenants, identifier)


@pytest.fixture(scope="module")
def suspended(tenants: Tenants) -> Suspended:
    """One that stays suspended, for what changes nothing and for what is repaired."""
    identifier = tenants.one()
    tenants.apply(identifier)
    made = Suspended(tenants, identifier)
    made.suspend()
    return made


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _run_workloads(admin: Client, namespace: str) -> list[str]:
    for kind, name in (("Deployment", "web"), ("StatefulSet", "queue")):
        admin.create(workload(kind, namespace, name, 2, **STUBBORN), field_manager="developer")
    admin.create(pod(namespace, "alone", **STUBBORN), field_manager="developer")
    wanted = ["alone", "queue", "queue", "web", "web"]
    _until(lambda: pods(admin, namespace) == wanted)
    return wanted


def test_a6_suspended_at_once_and_back_as_it_was(one: Suspended, admin: Client) -> None:
    before = digest(one.centre, one.identifier)
    account = f"{one.identifier.split('/')[0]}-zhang"
    take = partial(hand_out, one.identifier, account, None)
    take(catalogue=one.tenants.catalogue, centre=one.centre)
    held, (keys, bucket), login = one.secrets(), one.keys(), one.login()
    with login.session() as connection:
        connection.execute("CREATE TABLE beds AS SELECT 42 AS n")
    ran = _run_workloads(admin, one.namespace)

    with login.session() as session, _ended(session):
        suspended = one.suspend()
    assert (suspended.changes.create, suspended.changes.update, suspended.changes.delete) == (0, 3, 0)
    with pytest.raises(RefusedError, match="not permitted to log in"):
        login.log_in()
    for attempt in (keys.put_object, keys.list_objects):
        with pytest.raises(RefusedError):
            attempt(bucket)
    assert pods(admin, one.namespace) == []
    with pytest.raises(ForbiddenError, match="exceeded quota"):
        admin.create(pod(one.namespace, "another"), field_manager="developer")
    assert (one.entry.state, one.secrets()) == ("suspended", held)
    assert one.red() == []

    resumed = one.resume()
    assert (resumed.changes.create, resumed.changes.update, resumed.changes.delete) == (0, 3, 0)
    assert one.secrets() == held
    with login.session() as connection:
        assert connection.execute("SELECT n FROM beds").fetchall() == [(42,)]
        connection.execute("DROP TABLE beds")
    assert keys.put_get_delete(bucket)
    _until(lambda: pods(admin, one.namespace) == [name for name in ran if name != "alone"])
    with pytest.raises(RefusedError, match="handed out to"):
        take(catalogue=one.tenants.catalogue, centre=one.centre)
    assert len(handouts.listed(one.centre.records, one.entry.uid)) == 2
    assert one.red() == []
    for kind, name in (("Deployment", "web"), ("StatefulSet", "queue")):
        admin.delete("apps/v1", kind, name, one.namespace)
    _until(
        lambda: pods(admin, one.namespace) == [] and not admin.list("apps/v1", "ReplicaSet", one.namespace)
    )
    assert differences(before, digest(one.centre, one.identifier)) == []


def test_workloads_return_with_the_environment_and_not_some_time_later(one: Suspended, admin: Client) -> None:
    """Their controllers were refused for a while, and by themselves would wait as long again.

    A pod that has come to its end does not run, and its log is the department's: it stays.
    """
    template = {"spec": pod("", "")["spec"] | {"restartPolicy": "Never"}}
    metadata = {"name": "report", "namespace": one.namespace}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}
    admin.create(job, field_manager="developer")
    _until(lambda: [p["status"]["phase"] for p in admin.list("v1", "Pod", one.namespace)] == ["Succeeded"])
    for kind, name in (("Deployment", "web"), ("StatefulSet", "queue")):
        admin.create(workload(kind, one.namespace, name, 2), field_manager="developer")
    one.suspend()
    time.sleep(6)
    assert pods(admin, one.namespace) == ["report"]
    one.resume()
    for kind in ("ReplicaSet", "StatefulSet"):
        [found] = admin.list("apps/v1", kind, one.namespace)
        assert found["status"]["replicas"] >= 1
        _until(lambda kind=kind: _is_seen(admin.list("apps/v1", kind, one.namespace)[0]))
        managers = {entry["manager"] for entry in found["metadata"]["managedFields"]}
        assert managers <= {"developer", "kube-controller-manager", naming.FIELD_MANAGER}


def _is_seen(workload: dict[str, Any]) -> bool:
    return bool(workload["status"]["observedGeneration"] == workload["metadata"]["generation"])


def test_again_changes_nothing_and_an_apply_keeps_it(suspended: Suspended) -> None:
    since = suspended.entry.suspended_at
    before = digest(suspended.centre, suspended.identifier)
    for run in (suspended.suspend, lambda: suspended.tenants.apply(suspended.identifier)):
        changes = run().changes
        assert (changes.create, changes.update, changes.replace, changes.delete) == (0, 0, 0, 0)
        assert (suspended.entry.state, suspended.entry.suspended_at) == ("suspended", since)
    assert differences(before, digest(suspended.centre, suspended.identifier)) == []
    plan = environments.preview(
        suspended.identifier, catalogue=suspended.tenants.catalogue, centre=suspended.centre
    )
    assert list(plan.steps) == []
    kinds = [entry.kind for entry in journal.entries(suspended.centre.records, suspended.entry.uid)]
    assert kinds == ["apply", "suspend", "suspend", "apply"]


def _user_enabled(centre: Centre, entry: Entry) -> None:
    store: Any = centre.object_store
    key = centre.connections.identity_key.get_secret_value()
    store.admin.user_enable(naming.access_key(key, entry.uid, "main", "a"))


def _pod_let_in(centre: Centre, entry: Entry) -> None:
    """By an administrator: the quota opened and shut again."""
    with closing(administrator(centre)) as client:
        for count in ("1", "0"):
            patch = {"spec": {"hard": {"pods": count, "count/pods": count}}}
            client.patch("v1", "ResourceQuota", "plan", entry.namespace, patch, field_manager="eve")
            if count == "1":
                _until(lambda: _let_in(client, entry.namespace))


def _let_in(client: Client, namespace: str) -> bool:
    try:
        client.create(pod(namespace, "smuggled"), field_manager="eve")
    except ForbiddenError:
        return False
    return True


LOOSENED: dict[str, tuple[Tamper, set[str]]] = {
    "login enabled": (
        in_postgres("ALTER ROLE {login} LOGIN"),
        {"database main: logs in while suspended", "declared: Credential database-main-owner-a"},
    ),
    "user enabled": (
        _user_enabled,
        {
            "bucket main: reads while suspended",
            "bucket main: writes while suspended",
            "declared: Credential bucket-main-user-a",
        },
    ),
    "quota opened": (
        in_kubernetes("ResourceQuota", "plan", {"spec": {"hard": {"pods": "5", "count/pods": "5"}}}),
        {"cluster: runs nothing while suspended", "declared: ResourceQuota home-quota"},
    ),
    "pod let in": (_pod_let_in, {"declared: nothing runs"}),
}


@pytest.mark.parametrize("case", LOOSENED)
def test_what_is_opened_is_named_and_shut_by_an_apply(case: str, suspended: Suspended) -> None:
    tamper, red = LOOSENED[case]
    held = suspended.secrets()
    tamper(suspended.centre, suspended.entry)
    if case == "quota opened":
        _until(lambda: "cluster: runs nothing while suspended" in suspended.red())
    assert set(suspended.red()) == red
    suspended.tenants.apply(suspended.identifier)
    assert suspended.red() == []
    assert suspended.secrets() == held


def test_what_never_was_is_not_suspended(suspended: Suspended) -> None:
    never = Suspended(suspended.tenants, suspended.tenants.environment(f"{unique()}/never"))
    suspended.tenants.department(never.identifier.split("/")[0])
    for run in (never.suspend, never.resume):
        with pytest.raises(NotFoundError):
            run()
    with pytest.raises(NotFoundError):
        suspended.centre.cluster.get("v1", "Namespace", never.namespace)


def test_destroyed_while_suspended_it_comes_back_suspended(
    one: Suspended, suspended: Suspended, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # where there are many neighbours, some are drawn by lot
        patch.setattr(neighbours, "chosen", lambda _, all_: [o for o in all_ if o.id == one.identifier])
        probes = verification.verify(
            suspended.identifier, catalogue=suspended.tenants.catalogue, centre=suspended.centre
        )
    tried = [probe for probe in probes if one.identifier in probe.name]
    assert len(tried) >= 5
    assert all(probe.ok for probe in tried)
    assert one.red() == []
    one.suspend()
    removal.destroy(one.identifier, erase=False, confirm=None, centre=one.centre)
    for refused in (one.suspend, one.resume):
        with pytest.raises(RefusedError, match="is destroyed"):
            refused()
    assert one.entry.state == "destroyed"
    one.tenants.apply(one.identifier)
    assert one.entry.state == "suspended"
    assert one.red() == []
    held = one.secrets()
    one.resume()
    assert one.entry.state == "active"
    assert one.secrets() == held
    one.login().log_in()
    assert one.red() == []
    one.suspend()
    removal.destroy(one.identifier, erase=False, confirm=None, centre=one.centre)
    one.resume(anew=True)  # granted anew
    assert one.entry.state == "active"
    one.login().log_in()


def test_what_does_not_end_is_named_and_the_next_run_goes_on(
    one: Suspended, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finalizer holds a pod that is nowhere placed: nothing says that it ended."""
    held = pod(one.namespace, "held", nodeName="no-such-node", **STUBBORN)
    held["metadata"]["finalizers"] = ["yunzu.example/held"]
    admin.create(held, field_manager="developer")
    admin.delete("v1", "Pod", "held", one.namespace)
    given = partial(admin.get, "v1", "Pod", "held", one.namespace)
    assert given()["metadata"]["deletionGracePeriodSeconds"] == STUBBORN["terminationGracePeriodSeconds"]
    try:
        monkeypatch.setattr("yunzu.services.workloads._ENDED_WITHIN", 1.0)
        with pytest.raises(YunzuError, match="1 pods still run: held"):
            one.suspend()
        assert given()["metadata"]["deletionGracePeriodSeconds"] == 30
        assert one.entry.state == "failed"
        assert one.entry.suspended_at is not None
        with pytest.raises(RefusedError, match="not permitted to log in"):
            one.login().log_in()
        assert "declared: nothing runs" in one.red()
    finally:
        admin.patch(
            "v1", "Pod", "held", one.namespace, {"metadata": {"finalizers": None}}, field_manager="developer"
        )
    admin.delete("v1", "Pod", "held", one.namespace, grace=0)
    one.tenants.apply(one.identifier)
    assert one.entry.state == "suspended"
    assert one.red() == []
