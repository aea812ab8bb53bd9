"""Pull, edit, push over the API: a file asks for what it changes, and one that was overtaken for nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.api import Served
from tests.support.command import Command
from tests.support.office import CENTRE, Desk, department, environment
from yunzu.records import requests
from yunzu.services.manifests import load
from yunzu.services.requests import queueing
from yunzu.services.requests.working_copy import BASE_FILE
from yunzu_cli import waiting

Own = Callable[[str], Command]


@pytest.fixture
def own(desk: Desk, served: Served, tmp_path: Path) -> Own:
    """The command of a person of the transport bureau, on their own working copy."""

    def command(role: str) -> Command:
        token = served.token(desk.person(role).account)
        given = {"YUNZU_URL": served.url, "YUNZU_CA_FILE": str(served.ca), "YUNZU_TOKEN": token}
        return Command(tmp_path / "nowhere", tmp_path / role, **given)

    return command


@pytest.fixture
def pulled(desk: Desk, yunzu: Command, tmp_path: Path) -> Command:
    """An operator's working copy of an office with one department and one environment; it has no plans."""
    desk.file(environment())
    mine = Command(yunzu.home, tmp_path / "tenants", **yunzu.always, YUNZU_PLANS="nowhere")
    written = mine("manifests", "pull", "--json")
    assert [one["id"] for one in written.items] == ["transport", "transport/flights"], written
    return mine


@pytest.fixture(autouse=True)
def delivered(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> list[str]:
    """What was waited for. A fake: no worker delivers here, and what one does is tested elsewhere."""
    found: list[str] = []

    def delivery(number: str, *_: object) -> None:
        assert queueing.progress(number, actor=desk.officer("auditor"), office=desk.office).under_way
        found.append(number)
        with desk.office.records.transaction() as connection:
            requests.change(connection, number, state="done", done_at=desk.office.now())

    monkeypatch.setattr(waiting, "delivery", delivery)
    return found


def file_of(mine: Command, name: str = "environments/flights.yaml") -> Path:
    return mine.tenants / "transport" / name


def edit(file: Path, **changes: object) -> None:
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text("utf-8")) | changes, allow_unicode=True))


def filed(desk: Desk) -> list[tuple[str, str]]:
    """Everything but the department's own registration, oldest first."""
    with desk.office.records.transaction() as connection:
        found = requests.listed(connection)
    return [(one.item, one.state) for one in reversed(found) if one.item != "department.new"]


def test_what_is_pulled_says_what_is_approved(pulled: Command) -> None:
    files = load(pulled.tenants, CENTRE / "plans")
    assert (files.departments, files.environments) == (
        {"transport": department()},
        {"transport/flights": environment()},
    )
    assert pulled("manifests", "diff").out == "every file says what is approved\n"
    file = file_of(pulled, "department.yaml")
    file.write_text("# 注\n" + file.read_text("utf-8"), "utf-8")
    again = pulled("manifests", "pull")
    assert again.out == "0 files differed, 2 say what is approved\n"
    assert file.read_text("utf-8").startswith("# 注")  # comments stay


def test_a_dry_pull_writes_nothing(desk: Desk, yunzu: Command, tmp_path: Path) -> None:
    desk.file(environment())
    mine = Command(yunzu.home, tmp_path / "tenants", **yunzu.always)
    dry = mine("manifests", "pull", "--dry-run")
    assert dry.out.splitlines()[0] == f"would write {file_of(mine, 'department.yaml')}"
    assert not mine.tenants.exists()


def test_an_edit_is_shown_and_pushed_as_one_bundle(desk: Desk, pulled: Command, delivered: list[str]) -> None:
    file, before = file_of(pulled), filed(desk)
    edit(file, grade=1)
    (file.parent / "new.yaml").write_text(file.read_text("utf-8").replace("flights", "new"), "utf-8")
    shown = pulled("manifests", "diff", "--json").items
    assert [(one["id"], one["state"], one["stale"]) for one in shown] == [
        ("transport/flights", "changed", False),
        ("transport/new", "new", False),
    ]
    assert "+grade: 1" in shown[0]["diff"]
    assert set(shown[0]) == {"kind", "id", "file", "state", "stale", "base", "approved", "diff"}
    refused = pulled("manifests", "pull")
    assert (refused.code, refused.out) == (3, "")
    assert "transport/flights: has changes that are not approved" in refused.err
    dry = pulled("manifests", "push", "--dry-run", "--json").items
    assert [(one["id"], one["item"]) for each in dry for one in each["requests"]][1:] == [
        (None, "environment.resize"),
        (None, "environment.new"),
    ]
    assert (filed(desk), delivered) == (before, [])
    pushed = pulled("manifests", "push", "--json").document
    asked = [(one["item"], one["state"]) for each in pushed["items"] for one in each["requests"]]
    assert asked == [("environment.new", "done"), ("environment.resize", "done"), ("environment.new", "done")]
    with desk.office.records.transaction() as connection:
        bundle = {one.subject: one.bundle for one in requests.listed(connection) if one.bundle}
    assert set(bundle) == {"transport/flights", "transport/new"}
    [name] = set(bundle.values())
    assert name.startswith("push-")
    assert len(delivered) == 3
    assert pulled("manifests", "diff", "--json").items == []
    assert pulled("manifests", "push", "--json").document == {"ok": True, "bundle": None, "items": []}
    edit(file, databases=[])
    [next_] = pulled("manifests", "diff", "--json").items
    assert (next_["state"], next_["stale"]) == ("changed", False)  # it was written from what was pushed


def test_a_file_that_was_overtaken_asks_for_nothing_and_shows_three_ways(desk: Desk, pulled: Command) -> None:
    edit(file_of(pulled), grade=1)
    edit(file_of(pulled, "department.yaml"), quota={"environments": 3})
    desk.file(environment(grade=1, databases=[]), "environment.resize")
    before = filed(desk)
    ended = pulled("manifests", "push", "--json")
    assert (ended.code, ended.document["ok"], filed(desk)) == (3, False, before)  # nothing, for either
    assert "transport/flights: was not written from what is approved now" in ended.err
    [stale] = ended.items
    assert "--- base\n+++ approved" in stale["diff"]
    assert "+databases: []" in stale["diff"]
    assert "+++ yours" in stale["diff"]
    told = pulled("manifests", "push")
    assert (told.code, told.out) == (3, "")
    assert "+databases: []" in told.err
    assert "Environment transport/flights: changed, STALE" in pulled("manifests", "diff").out


def test_one_that_waits_says_so_and_the_others_go_on(
    desk: Desk, pulled: Command, delivered: list[str]
) -> None:
    edit(file_of(pulled, "department.yaml"), quota={"environments": 3})
    edit(file_of(pulled), databases=[])
    for dry in (["--dry-run"], []):
        first, second = pulled("manifests", "push", *dry, "--json").items
        [waits] = first["requests"]
        assert (waits["item"], waits["state"]) == ("department.quota", "accepted")
        assert (waits["id"] is None) == bool(dry)
        assert first["left"] == "waits for the department's approver (批准)"
        state = "granted" if dry else "done"
        assert [one["state"] for one in second["requests"]] == [state, state]
        assert second["left"] is None
    assert waits["id"] not in delivered
    again = pulled("manifests", "push")
    assert waits["id"] in again.out
    assert filed(desk).count(("department.quota", "accepted")) == 1


def test_a_new_department_and_its_environments_are_rehearsed_together(desk: Desk, pulled: Command) -> None:
    directory, before = pulled.tenants / "health", filed(desk)
    (directory / "environments").mkdir(parents=True)
    for name, one in (
        ("department", department("health")),
        ("environments/beds", environment("health/beds")),
    ):
        text = yaml.safe_dump(one.model_dump(mode="json", by_alias=True, exclude_none=True))
        (directory / f"{name}.yaml").write_text(text, "utf-8")
    dry = pulled("manifests", "push", "--dry-run", "--json")
    assert [one["requests"][0]["item"] for one in dry.items] == ["department.new", "environment.new"], dry
    assert filed(desk) == before
    assert [one["requests"][0]["state"] for one in pulled("manifests", "push", "--json").items] == [
        "done",
        "done",
    ]


def test_what_stops_a_delivery_is_why_the_rest_is_left(
    pulled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yunzu.errors import UnreachableError

    def stopped(number: str, *_: object) -> None:
        raise UnreachableError(f"request {number}", "stands")

    edit(file_of(pulled), grade=1)
    monkeypatch.setattr(waiting, "delivery", stopped)
    [one] = pulled("manifests", "push", "--json").items
    assert one["left"] == f"request {one['requests'][0]['id']}: stands"
    assert [each["state"] for each in one["requests"]] == ["granted", "granted"]


def test_everybody_has_their_own(desk: Desk, own: Own, pulled: Command) -> None:
    desk.register_department(department("health"))
    auditor, applicant = own("auditor"), own("applicant")
    for mine in (auditor, applicant):
        written = mine("manifests", "pull", "--json").items
        assert [one["id"] for one in written] == ["transport", "transport/flights"]
    other = applicant.tenants / "health"
    other.mkdir()
    text = yaml.safe_dump(department("health", people=[]).model_dump(mode="json", exclude_none=True))
    (other / "department.yaml").write_text(text, "utf-8")
    assert applicant("manifests", "push", "--json").items == []  # what is not theirs is left alone
    for mine, code in ((auditor, 3), (applicant, 0)):
        edit(file_of(mine), grade=1)
        assert mine("manifests", "push").code == code
    with desk.office.records.transaction() as connection:
        assert requests.listed(connection, subject="transport/flights")[0].requested["grade"] == 1
    assert [one["id"] for one in pulled("manifests", "pull", "--json").items] == [
        "health",
        "transport/flights",
    ]


@pytest.mark.parametrize("said", ["{", "[]", '{"a": 1}'])
def test_a_base_that_cannot_be_read(said: str, pulled: Command) -> None:
    (pulled.tenants / BASE_FILE).write_text(said)
    ended = pulled("manifests", "diff")
    assert (ended.code, ended.out) == (2, "")
    assert "manifests pull" in ended.err


def test_files_that_are_wrong_are_said_before_anything_is_asked(pulled: Command) -> None:
    file_of(pulled).write_text("kind: Environment\nid: x--y\n")
    ended = pulled("manifests", "push", YUNZU_URL="https://127.0.0.1:9")
    assert (ended.code, ended.out) == (2, "")
    assert "nothing was changed" in ended.err
