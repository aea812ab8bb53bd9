"""`yunzu validate`, `yunzu schema` and `yunzu import estate` as commands: exit codes, JSON, no server."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.services.test_people_import import book
from tests.support import manifest_tree as tree
from tests.support.estate import record, write_estate
from yunzu_cli.main import app


def yunzu(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.ROOT)


@pytest.fixture
def tenants(tmp_path: Path) -> Path:
    tree.department(tmp_path / "tenants", "dept-a")
    tree.environment(tmp_path / "tenants", "dept-a/beds")
    return tmp_path / "tenants"


def test_valid_manifests(tenants: Path) -> None:
    result = yunzu("validate", tenants, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"], document["findings"]) == (0, True, [])
    assert "1 departments, 1 environments, 3 plans; no findings" in yunzu("validate", tenants).stdout


def test_where_no_plans_are_the_rest_is_checked_and_that_is_said(
    tenants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A department has its own files alone; the centre has the plans."""
    monkeypatch.chdir(tenants.parent)
    result = yunzu("validate", tenants)
    assert (result.exit_code, "0 plans; no findings" in result.stdout) == (0, True)
    assert "note: no plans are here" in result.stderr
    chosen = yunzu("validate", tenants, "--plans", "plans", "--json")
    assert (chosen.exit_code, "no plans are here" in chosen.stderr) == (2, False)
    assert {one["code"] for one in json.loads(chosen.stdout)["findings"]} == {"missing", "unknown-plan"}
    tree.environment(tenants, "dept-a/beds", id="dept-b/beds")
    assert yunzu("validate", tenants).exit_code == 2


def test_remarks_are_beside_the_findings_and_spoil_nothing(tenants: Path) -> None:
    document = json.loads(yunzu("validate", tenants, "--json").stdout)
    assert set(document) == {"ok", "findings", "remarks"}
    assert [set(one) for one in document["remarks"]] == [{"file", "path", "code", "message"}] * 2
    plain = yunzu("validate", tenants)
    assert plain.exit_code == 0
    assert plain.stdout.endswith("no findings, 2 notes\n")
    assert "note: " in plain.stderr
    assert "lacks two eligible persons for access.grant" in plain.stderr


def test_the_centres_manifests_are_validated_too(tenants: Path, tmp_path: Path) -> None:
    items = tmp_path / "items"
    items.mkdir()
    (items / "access.grant.yaml").write_text("kind: Item\nid: access.grant\n")
    result = yunzu("validate", tenants, "--items", items, "--json")
    findings = json.loads(result.stdout)["findings"]
    assert result.exit_code == 2
    assert {one["file"] for one in findings} == {str(items / "access.grant.yaml")}
    assert {one["code"] for one in findings} == {"missing"}
    assert yunzu("validate", tenants, "--items", tmp_path / "none").exit_code == 2


def test_a_folder_of_departments_needs_no_centre(tenants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tenants)
    result = yunzu("validate", ".", "--plans", tree.PLANS, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"ok": True, "findings": [], "remarks": []})


def test_findings_are_data_and_exit_2(tenants: Path) -> None:
    file = tree.environment(
        tenants, "dept-a/cots", text=tree.ENVIRONMENT.replace("small", "giant") + "x: 1\n"
    )
    tree.department(tenants, "dept-b", id="dept--b")
    result = yunzu("validate", tenants, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["ok"] is False
    assert [set(one) for one in document["findings"]] == [{"file", "path", "code", "message"}] * 2
    assert document["findings"][0]["file"] == str(file)
    plain = yunzu("validate", tenants)
    assert plain.exit_code == 2
    assert f"{file}:x: 'x' is not a key of this place" in plain.stderr


def test_a_hostile_file_name_steers_no_terminal(tenants: Path) -> None:
    (tenants / "dept-a" / "environments" / "\x1b[2Jx\udcff.yaml").write_text("a: 1")
    for result in (yunzu("validate", tenants), yunzu("validate", tenants, "--json")):
        assert result.exit_code == 2
        assert "\x1b" not in result.stdout + result.stderr


def test_import_and_validate(tmp_path: Path) -> None:
    estate = write_estate(tmp_path / "estate.jsonl", [record("a"), record("b", egress_policy=True)])
    into = tmp_path / "tenants"
    dry = yunzu("import", "estate", estate, "--into", into, "--dry-run", "--json")
    assert (dry.exit_code, into.exists()) == (0, False)
    result = yunzu("import", "estate", estate, "--into", into, "--lease-from", "2027-01-01", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"], document["counts"]["environments"]) == (0, True, 2)
    assert [one["code"] for one in document["findings"]] == ["note-egress"]
    assert "2027-12-31" in (into / "harbour" / "environments" / "a.yaml").read_text("utf-8")
    assert yunzu("validate", into).exit_code == 0


def test_a_faulty_estate_is_exit_2_and_a_changed_file_exit_3(tmp_path: Path) -> None:
    estate = write_estate(tmp_path / "estate.jsonl", [record("a")])
    into = tmp_path / "tenants"
    assert yunzu("import", "estate", estate, "--into", into).exit_code == 0
    (into / "harbour" / "environments" / "a.yaml").write_text("mine")
    assert yunzu("import", "estate", estate, "--into", into).exit_code == 3
    write_estate(estate, [record("a"), "{"])
    assert yunzu("import", "estate", estate, "--into", into).exit_code == 2
    assert yunzu("import", "estate", tmp_path / "none", "--into", into).exit_code == 2
    assert yunzu("import", "estate", estate, "--into", into, "--where", "colour=red").exit_code == 2


def test_schemas_and_pages(tmp_path: Path) -> None:
    assert json.loads(yunzu("schema", "Item").stdout)["title"] == "Item"
    assert yunzu("schema", "--pages", tmp_path / "pages").exit_code == 0
    assert sorted(one.name for one in (tmp_path / "pages").iterdir()) == ["openapi.json", "request-states.md"]
    assert json.loads(yunzu("schema", "Plan").stdout)["title"] == "Plan"
    assert yunzu("schema", "--into", tmp_path / "schemas").exit_code == 0
    assert len(list((tmp_path / "schemas").iterdir())) == 7


def test_an_invalid_plan_is_a_document_too(tmp_path: Path) -> None:
    estate = write_estate(tmp_path / "estate.jsonl", [record("a")])
    plans = tmp_path / "plans"
    plans.mkdir()
    (plans / "small.yaml").write_text("kind: Plan\nid: small\npods: -1\n")
    words = ("import", "estate", estate, "--into", tmp_path / "tenants", "--plans", plans)
    result = yunzu(*words, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["ok"]) == (2, False)
    assert [set(one) for one in document["findings"]] == [{"file", "path", "code", "message"}] * len(
        document["findings"]
    )
    assert "pods" in {one["path"] for one in document["findings"]}
    plain = yunzu(*words)
    assert (plain.exit_code, plain.stdout) == (2, "")
    assert not (tmp_path / "tenants").exists()


def test_people_from_a_spreadsheet(tenants: Path, tmp_path: Path) -> None:
    file = book(tmp_path / "x.xlsx", [("张三", "zhangsan", "申请人"), ("李四", "lisi", "批准人")])
    manifest = tenants / "dept-a" / "department.yaml"
    before = manifest.read_text("utf-8")
    words = ("import", "people", file, "--department", "dept-a", "--tenants", tenants)
    dry = json.loads(yunzu(*words, "--dry-run", "--json").stdout)
    assert (dry["ok"], dry["joining"], dry["changed"]) == (True, ["zhangsan", "lisi"], True)
    printed = yunzu(*words, "--print").stdout
    assert manifest.read_text("utf-8") == before
    assert "written" in yunzu(*words).stdout
    assert manifest.read_text("utf-8") == printed != before
    assert "is as it was" in yunzu(*words).stdout
    assert yunzu("validate", tenants).exit_code == 0
    book(file, [("张三", 7, "申请人")])
    wrong = yunzu(*words, "--json")
    assert (wrong.exit_code, json.loads(wrong.stdout)["findings"][0]["path"]) == (2, "人员!B2")
    assert yunzu("import", "people", file, "--department", "../x").exit_code == 2
