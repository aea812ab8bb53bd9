"""`env apply`, `onboard`, `env destroy` on a real centre: every change of the cloud has its request."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.bureau import Bureau
from tests.support.command import Command
from tests.support.estate import invented_estate, write_estate
from tests.support.tenants import Tenants, unique
from tests.support.workers import working_here
from yunzu import naming
from yunzu.records import grants
from yunzu.services import verification
from yunzu.services.probes import Probe
from yunzu.settings import Settings


@pytest.fixture
def asked(tenants: Tenants) -> str:
    """An environment that is written down, and nothing else."""
    identifier = tenants.one(databases=[], buckets=[])
    tenants.remember(identifier)
    return identifier


def _held(tenants: Tenants, identifier: str) -> bool:
    with tenants.centre.records.transaction() as connection:
        return grants.held(connection, identifier) is not None


def _item(ended: Any) -> Any:
    assert ended.code == 0, ended
    [item] = ended.items
    return item


def test_apply_asks_once_and_puts_right_afterwards(yunzu: Command, tenants: Tenants, asked: str) -> None:
    first = _item(yunzu("env", "apply", asked, "--json"))
    assert naming.REQUEST_NUMBER.fullmatch(first["request"])
    assert first["changes"]["create"] > 10
    request = yunzu("request", "show", first["request"], "--json").document
    assert (request["state"], request["item"], request["rule"]) == (
        "done",
        "environment.new",
        "environment.standard",
    )
    assert request["applicant"] == f"{asked.partition('/')[0]}-zhang"
    assert request["agent"].startswith(naming.LOCAL_ACCOUNTS)
    assert _held(tenants, asked)
    again = _item(yunzu("env", "apply", asked, "--json"))
    assert again["request"] == first["request"]
    assert sum(again["changes"].values()) == again["changes"]["same"] > 10
    tenants.environment(asked, databases=[])  # with the bucket that is made unless none is wanted
    changed = _item(yunzu("env", "apply", asked, "--json"))
    resized = yunzu("request", "show", changed["request"], "--json").document
    assert (resized["item"], resized["state"], changed["changes"]["create"] > 0) == (
        "environment.resize",
        "done",
        True,
    )


def test_destroy_and_erase_are_asked_for(yunzu: Command, tenants: Tenants, asked: str) -> None:
    _item(yunzu("env", "apply", asked, "--json"))
    refused = yunzu("env", "destroy", asked, "--erase-data", "--json")
    assert (refused.code, refused.out, _held(tenants, asked)) == (3, "", True)
    gone = yunzu("env", "destroy", asked, "--json").document
    assert yunzu("request", "show", gone["request"], "--json").document["item"] == "environment.retire"
    assert not _held(tenants, asked)
    again = yunzu("env", "destroy", asked, "--json").document
    assert again["request"] == gone["request"]
    erased = yunzu("env", "destroy", asked, "--erase-data", "--confirm", asked, "--json").document
    assert yunzu("request", "show", erased["request"], "--json").document["item"] == "environment.erase"
    assert yunzu("env", "show", asked).code == 1
    direct = yunzu("request", "new", "environment.erase", "--subject", asked)
    assert (direct.code, "--erase-data" in direct.err) == (2, True)


def test_what_people_decide_ends_with_its_number_or_in_an_emergency(bureau: Bureau) -> None:
    bureau.manifest("urgent", plan="large", databases=[], buckets=[])
    manifests = ("--tenants", bureau.tenants.directory)
    words = ("env", "apply", f"{bureau.id}/urgent", *manifests, "--json")
    waiting = bureau.command(*words)
    assert (waiting.code, waiting.out) == (3, "")
    assert "waits for the department's reviewer (审核)" in waiting.err
    assert bureau.command(*words, "--emergency").code == 2
    assert bureau("applicant", *words, "--emergency", "--reason", "x").code == 3
    unproven = bureau.command(*words, "--emergency", "--reason", "防汛")
    assert (unproven.code, "without a token decides nothing; `yunzu login`" in unproven.err) == (3, True)
    item = _item(bureau("operator", *words, "--emergency", "--reason", "防汛"))
    assert item["request"] in waiting.err  # the same request, granted
    shown = bureau.show(item["request"])
    assert (shown["state"], shown["emergency"]) == ("done", "防汛")
    listed = bureau.command("request", "list", "--department", bureau.id).out
    assert any(item["request"] in line and "紧急" in line for line in listed.splitlines())
    assert item["request"] in bureau.command("sla").out
    bureau.retire("urgent")


def test_a_person_of_the_department_applies_as_the_applicant(bureau: Bureau) -> None:
    bureau.manifest("own", databases=[], buckets=[])
    words = ("env", "apply", f"{bureau.id}/own", "--tenants", bureau.tenants.directory, "--json")
    item = _item(bureau("applicant", *words))
    shown = bureau.show(item["request"])
    assert (shown["applicant"], shown["agent"]) == (f"{bureau.id}-applicant", None)
    for role in ("reviewer", "auditor", "security"):
        assert bureau(role, *words).code == 3


def test_onboard_says_what_is_not_proven(
    yunzu: Command,
    tenants: Tenants,
    asked: str,
    centre_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    red = Probe("bucket main: shut to others", False, 0.0, "was let in")
    directory = tenants.directory / asked.partition("/")[0]
    with working_here(centre_settings), monkeypatch.context() as patched:
        patched.setattr(verification, "verify", lambda *_, **__: [red])
        ended = yunzu("onboard", directory, "--json")
        [item] = ended.items
        assert yunzu("request", "show", item["request"], "--json").document["state"] == "failed"
    assert (ended.code, ended.document["ok"]) == (4, False)
    assert (item["verified"], item["failed"]) == (False, [red.name])
    assert _item(yunzu("onboard", directory, "--json"))["verified"] is True
    assert yunzu("request", "show", item["request"], "--json").document["state"] == "done"


def test_an_imported_estate_is_onboarded_where_it_takes_what_needs_nobody(
    yunzu: Command, tenants: Tenants, tmp_path: Path
) -> None:
    """Its departments have no people yet who could decide anything: as `make demo ESTATE=FILE` does it."""
    unit = unique()
    mine = [one | {"business_unit": f"{unit} {number % 2}"} for number, one in enumerate(invented_estate(60))]
    estate = write_estate(tmp_path / "estate.jsonl", mine)
    where = ("--where", "has=database,bucket", "--where", "plan=small,standard", "--limit", "2")
    into = tmp_path / "tenants"
    ended = yunzu("import", "estate", estate, "--into", into, *where)
    assert ended.code == 0, ended
    departments = sorted(into.iterdir())
    onboarded = []
    for department in departments:
        ended = yunzu("onboard", department, "--json")
        assert ended.code == 0, ended
        onboarded += ended.items
    for item in onboarded:
        tenants.remember(item["id"])
    assert [item["verified"] for item in onboarded] == [True, True]


def test_manifests_are_pulled_edited_and_pushed(
    yunzu: Command, tenants: Tenants, asked: str, tmp_path: Path
) -> None:
    _item(yunzu("env", "apply", asked, "--json"))
    mine = Command(yunzu.home, tmp_path / "tenants")
    assert mine("manifests", "pull", "--json").code == 0
    file = mine.tenants / asked.replace("/", "/environments/")
    file = file.with_name(file.name + ".yaml")
    file.write_text(file.read_text("utf-8").replace("buckets: []\n", ""), "utf-8")
    [shown] = mine("manifests", "diff", "--json").items
    assert (shown["id"], shown["state"], shown["stale"]) == (asked, "changed", False)
    dry = mine("manifests", "push", "--dry-run", "--json")
    assert [one["item"] for one in dry.items[0]["requests"]] == ["environment.resize"]
    pushed = mine("manifests", "push", "--json")
    assert [one["state"] for one in pushed.items[0]["requests"]] == ["done"], pushed
    assert pushed.document["bundle"].startswith("push-")
    assert mine("manifests", "diff", "--json").items == []
    assert yunzu("env", "show", asked, "--json").items[0]["buckets"] != []
