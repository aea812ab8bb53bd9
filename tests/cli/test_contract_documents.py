"""`--json`: one document on stdout with the keys other programs rely on, progress on stderr only."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from tests.support.bureau import Bureau
from tests.support.command import Command
from tests.support.tenants import Tenants, unique

ENTRY = {
    "id",
    "uid",
    "department",
    "environment",
    "namespace",
    "databases",
    "buckets",
    "plan",
    "state",
    "lease",
}
CHANGES = {"create", "update", "replace", "delete", "same"}
SERVER = {"name", "ok", "origin", "simulated", "tls", "version", "address", "pid", "rss_bytes", "uptime_s"}


def keys(items: list[dict[str, Any]]) -> set[str]:
    """Keys that every item has; at least one item is there."""
    assert items
    return set.intersection(*(set(one) for one in items))


def test_status(yunzu: Command) -> None:
    ended = yunzu("status", "--json")
    document = ended.document
    assert (ended.code, ended.err, document["ok"]) == (0, "", True)
    assert keys(document["servers"]) >= SERVER
    assert {one["origin"] for one in document["servers"]} <= {"embedded", "external"}
    assert isinstance(document["platforms"], list)


def test_env_list_and_show(yunzu: Command, applied: str) -> None:
    items = yunzu("env", "list", "--json").items
    assert keys(items) >= ENTRY
    assert [one["id"] for one in items] == sorted(one["id"] for one in items)
    [own] = [one for one in items if one["id"] == applied]
    assert yunzu("env", "show", applied, "--json").items == [own]
    assert own["namespace"] == applied.replace("/", "--")
    assert own["lease"] == {"from": "2026-11-01", "until": "2027-10-31"}
    assert [one["name"] for one in own["databases"]] == [one["name"] for one in own["buckets"]] == ["main"]


def test_apply_says_what_it_changed(yunzu: Command, applied: str) -> None:
    ended = yunzu("env", "apply", applied, "--json")
    document = ended.document
    assert (ended.code, document["ok"]) == (0, True)
    [item] = document["items"]
    assert set(item) >= {"id", "request", "changes", "seconds"}
    assert set(item["changes"]) == CHANGES
    assert item["changes"]["same"] > 15
    assert sum(item["changes"].values()) == item["changes"]["same"]
    assert f"apply {applied}: " in ended.err


def test_plan_and_dry_run_are_one(yunzu: Command, applied: str) -> None:
    plan = yunzu("env", "plan", applied, "--json")
    assert plan.code == 0
    assert {"id", "changes", "steps"} <= keys(plan.items)
    assert plan.document == yunzu("env", "apply", applied, "--dry-run", "--json").document


def test_a_plan_says_how_each_step_was_checked(yunzu: Command, tenants: Tenants) -> None:
    new = tenants.one()
    [item] = yunzu("env", "plan", new, "--json").items
    assert keys(item["steps"]) == {"op", "type", "name", "paths", "check"}
    assert {"dry run", "inputs, owner on the server"} <= {step["check"] for step in item["steps"]}
    shown = yunzu("env", "plan", new).out
    assert "CHECKED BY" in shown
    assert "inputs, owner on the server" in shown


def test_verify(yunzu: Command, applied: str) -> None:
    ended = yunzu("env", "verify", applied, "--json")
    document = ended.document
    assert (ended.code, document["ok"], document["id"]) == (0, True, applied)
    assert keys(document["probes"]) >= {"name", "ok", "seconds", "detail"}


def test_where(yunzu: Command, applied: str) -> None:
    items = yunzu("env", "where", applied, "--json").items
    assert keys(items) >= {"what", "where", "remark"}
    assert {"namespace", "nodes", "database main", "bucket main"} <= {one["what"] for one in items}


def test_departments(yunzu: Command, bureau: Bureau) -> None:
    items = yunzu("dept", "list", "--json").items
    assert keys(items) >= {"id", "title", "people", "environments"}
    document = yunzu("dept", "show", bureau.id, "--json").document
    assert document == next(one for one in items if one["id"] == bureau.id)
    assert document["environments"] == []


def test_validate(yunzu: Command, applied: str) -> None:
    document = yunzu("validate", yunzu.tenants, "--json").document
    assert (document["ok"], document["findings"]) == (True, [])
    assert keys(document["remarks"]) == {"file", "path", "code", "message"}


@pytest.mark.parametrize(("command", "columns"), [("doctor", {"level"}), ("tools list", {"name", "origin"})])
def test_machine(command: str, columns: set[str], yunzu: Command) -> None:
    assert keys(yunzu(*command.split(), "--json").items) >= columns


def test_tools_list(yunzu: Command) -> None:
    items = yunzu("tools", "list", "--json").items
    assert keys(items) >= {"name", "version", "path", "origin"}


def test_a_failure_leaves_stdout_to_nobody(yunzu: Command) -> None:
    ended = yunzu("env", "show", "nobody/nothing", "--json")
    assert (ended.code, ended.out) == (1, "")


def test_kubeconfig(yunzu: Command, applied: str) -> None:
    """The text is what the command prints without `--json`, but for the certificate, which is new."""
    account = f"{applied.partition('/')[0]}-wang"
    ended = yunzu("env", "kubeconfig", applied, "--account", account, "--json")
    document = ended.document
    assert (ended.code, set(document)) == (0, {"account", "namespace", "expires_at", "kubeconfig"})
    namespace = applied.replace("/", "--")
    assert (document["account"], document["namespace"]) == (account, namespace)
    left = datetime.fromisoformat(document["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    assert yaml.safe_load(document["kubeconfig"])["current-context"] == namespace

    plain = yunzu("env", "kubeconfig", "--admin").out
    admin = yunzu("env", "kubeconfig", "--admin", "--json").document
    assert (admin["account"], admin["namespace"], admin["kubeconfig"]) == ("admin", None, plain)
    assert datetime.fromisoformat(admin["expires_at"]) > datetime.now(UTC) + timedelta(days=1)


def test_logs(yunzu: Command) -> None:
    items = yunzu("logs", "--lines", "2", "--json").items
    assert keys(items) == {"server", "line"}
    assert {"etcd", "records"} <= {one["server"] for one in items}
    own = yunzu("logs", "records", "--lines", "2", "--json").items
    assert [one["server"] for one in own] == ["records", "records"]
    for words in (["--follow", "--json"], ["-f", "--json", "records"]):
        ended = yunzu("logs", *words)
        assert (ended.code, ended.out) == (2, "")
        assert "--follow" in ended.err


@pytest.fixture
def half_foreign(tenants: Tenants) -> Iterator[str]:
    """A department with two environments; the namespace of the later one is somebody else's."""
    first = tenants.environment(f"{tenants.department(unique())}/early", databases=[], buckets=[])
    later = tenants.environment(first.replace("early", "later"), databases=[], buckets=[])
    namespace = later.replace("/", "--")
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    tenants.centre.cluster.create(body, field_manager="somebody")
    tenants.remember(first)
    yield first.partition("/")[0]
    tenants.centre.cluster.delete("v1", "Namespace", namespace)


def test_onboard_says_what_is_done_where_a_later_environment_is_refused(
    yunzu: Command, half_foreign: str
) -> None:
    ended = yunzu("onboard", yunzu.tenants / half_foreign, "--json")
    document = ended.document
    assert (ended.code, document["ok"]) == (3, False)
    assert [one["id"] for one in document["items"]] == [f"{half_foreign}/early"]
    assert document["items"][0]["verified"] is True
    error = document["error"]
    assert error["subject"] == f"Namespace {half_foreign}--later"
    assert "not ours" in error["fact"]
    assert ended.err.splitlines()[-1] == f"error: {error['subject']}: {error['fact']}; {error['advice']}"

    plain = yunzu("onboard", yunzu.tenants / half_foreign)
    assert plain.code == 3
    assert f"{half_foreign}/early" in plain.out.splitlines()[1]
    assert "not ours" in plain.err.splitlines()[-1]


def test_onboard_and_destroy(yunzu: Command, tenants: Tenants) -> None:
    """With a real process, whose stdout holds the document and nothing else."""
    identifier = tenants.one(databases=[])
    directory = yunzu.tenants / identifier.split("/")[0]
    tenants.remember(identifier)
    dry = yunzu("onboard", directory, "--dry-run", "--json")
    assert dry.items[0]["changes"]["create"] > 10
    ended = yunzu.run("onboard", directory, "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["ok"]) == (0, True), ended.err
    [item] = document["items"]
    assert item["id"] == identifier
    assert item["changes"]["create"] == dry.items[0]["changes"]["create"]
    steps = [line for line in ended.err.splitlines() if line.startswith("onboard ")]
    assert steps[-1].startswith(f"onboard {directory.name}: {item['changes']['create']} of ")
    assert len(steps) <= 12

    (directory / "environments" / "prod.yaml").unlink()  # a manifest is not needed to take it down
    plan = yunzu("env", "destroy", identifier, "--dry-run", "--json").document
    gone = yunzu("env", "destroy", identifier, "--json").document
    assert gone["retained"] == plan["retain"] != []
    assert set(gone) >= {"ok", "id", "changes", "retained", "erased"}
    assert yunzu("env", "show", identifier, "--json").items[0]["state"] == "destroyed"
    assert f"{identifier.replace('/', '--')} (removed)" in yunzu("env", "show", identifier).out
