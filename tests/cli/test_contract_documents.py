"""`--json`: one document on stdout with the keys other programs rely on, progress on stderr only."""

import json
from typing import Any

import pytest

from tests.support.command import Command
from tests.support.tenants import Tenants

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


def test_departments(yunzu: Command, applied: str) -> None:
    department = applied.split("/", maxsplit=1)[0]
    items = yunzu("dept", "list", "--json").items
    assert keys(items) >= {"id", "title", "people", "environments"}
    document = yunzu("dept", "show", department, "--json").document
    assert document == next(one for one in items if one["id"] == department)
    assert document["environments"] == [applied]


def test_validate(yunzu: Command, applied: str) -> None:
    assert yunzu("validate", yunzu.tenants, "--json").document == {"ok": True, "findings": []}


@pytest.mark.parametrize(("command", "columns"), [("doctor", {"level"}), ("tools list", {"name", "origin"})])
def test_machine(command: str, columns: set[str], yunzu: Command) -> None:
    assert keys(yunzu(*command.split(), "--json").items) >= columns


def test_tools_list(yunzu: Command) -> None:
    items = yunzu("tools", "list", "--json").items
    assert keys(items) >= {"name", "version", "path", "origin"}


def test_a_failure_leaves_stdout_to_nobody(yunzu: Command) -> None:
    ended = yunzu("env", "show", "nobody/nothing", "--json")
    assert (ended.code, ended.out) == (1, "")


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
