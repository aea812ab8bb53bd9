"""The catalogue: every fault of a tree at once, each with its file, and no server asked."""

import os
from pathlib import Path

import pytest

from tests.support import manifest_tree as tree
from yunzu.errors import InvalidInputError, NotFoundError
from yunzu.findings import Finding
from yunzu.services.centre_manifests import CentreFiles
from yunzu.services.manifests import Examination, check, examine, load, load_plans


@pytest.fixture
def tenants(tmp_path: Path) -> Path:
    """Two valid departments with look-alike names, one environment each."""
    tenants = tmp_path / "tenants"
    for name in ("dept-a", "dept-a-2"):
        tree.department(tenants, name)
        tree.environment(tenants, f"{name}/beds")
    return tenants


def found(tenants: Path, plans: Path = tree.PLANS) -> list[tuple[str, str, str]]:
    """File relative to the tree, path and code of each finding."""
    return [(os.path.relpath(one.file, tenants), one.path, one.code) for one in check(tenants, plans)]


def test_look_alike_departments_are_both_valid(tenants: Path) -> None:
    catalogue = load(tenants, tree.PLANS)
    assert list(catalogue.departments) == ["dept-a", "dept-a-2"]
    assert list(catalogue.environments) == ["dept-a-2/beds", "dept-a/beds"]
    assert list(catalogue.plans) == ["large", "small", "standard"]


def test_the_checked_in_manifests_are_valid() -> None:
    assert check(tree.ROOT / "tenants", tree.PLANS) == []


def test_a_department_folder_alone_can_be_checked(tenants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(load(tenants / "dept-a", tree.PLANS).environments) == ["dept-a/beds"]
    monkeypatch.chdir(tenants / "dept-a")
    assert list(load(Path(), tree.PLANS).environments) == ["dept-a/beds"]


def test_two_departments_with_one_id(tenants: Path) -> None:
    tree.department(tenants, "dept-b", id="dept-a", account="other")
    assert found(tenants) == [
        ("dept-b/department.yaml", "id", "misplaced"),
        ("dept-b/department.yaml", "id", "taken"),
    ]


def test_two_environments_with_one_namespace(tenants: Path) -> None:
    tree.environment(tenants, "dept-a/cots", id="dept-a/beds")
    assert found(tenants) == [
        ("dept-a/environments/cots.yaml", "id", "misplaced"),
        ("dept-a/environments/cots.yaml", "id", "taken"),
    ]


def test_a_manifest_cannot_speak_for_another_department(tenants: Path) -> None:
    tree.environment(tenants, "dept-a/cots", id="dept-a-2/cots")
    assert found(tenants) == [("dept-a/environments/cots.yaml", "id", "misplaced")]


def test_an_account_belongs_to_one_department(tenants: Path) -> None:
    tree.department(tenants, "dept-b", account="dept-a-1")
    (finding,) = check(tenants, tree.PLANS)
    assert (finding.path, finding.code) == ("people[0].account", "taken")
    assert "belongs to department 'dept-a'" in finding.message


def test_an_unknown_plan_comes_with_the_known(tenants: Path) -> None:
    tree.environment(tenants, "dept-a/cots", text=tree.ENVIRONMENT.replace("small", "giant"))
    (finding,) = check(tenants, tree.PLANS)
    assert finding.message == "'giant' is not a plan; known here: large, small, standard"


def test_what_does_not_fit_the_plan_is_found(tenants: Path) -> None:
    text = tree.ENVIRONMENT + (
        "grade: 3\ndatabases: [{name: a, size: 11Gi}]\nbuckets: [{name: a}, {name: b}, {name: c}]\n"
    )
    tree.environment(tenants, "dept-a/cots", text=text)
    assert {(path, code) for _, path, code in found(tenants)} == {
        ("grade", "grade-above-plan"),
        ("databases", "too-much-size"),
        ("buckets", "too-many"),
    }


@pytest.mark.parametrize("name", ["dept--a", "Dept-A", "dept_a", "de\u0301pt", "dept-a\u202e", "d" * 31])
def test_a_hostile_folder_and_id(tenants: Path, name: str) -> None:
    tree.department(tenants, name, account="other")
    (finding,) = check(tenants, tree.PLANS)
    assert finding.path == "id"
    assert str(finding).isprintable()


def test_a_folder_that_differs_only_in_case(tenants: Path) -> None:
    tree.department(tenants, "Dept-A", id="dept-a", account="other")
    assert {code for _, _, code in found(tenants)} == {"misplaced", "taken"}


def test_what_lies_where_nothing_is_expected(tenants: Path) -> None:
    (tenants / "notes.txt").write_text("x")
    (tenants / "dept-a" / "secret.key").write_text("x")
    (tenants / "dept-a" / "environments" / "cots.yml").write_text("x")
    (tenants / "empty").mkdir()
    (tenants / "README.md").write_text("x")
    (tenants / ".gitkeep").write_text("")
    assert found(tenants) == [
        ("dept-a/environments/cots.yml", "", "unexpected-file"),
        ("dept-a/secret.key", "", "unexpected-file"),
        ("empty", "", "missing"),
        ("notes.txt", "", "unexpected-file"),
    ]


def test_unreadable_files_are_findings_beside_the_others(tenants: Path) -> None:
    environments = tenants / "dept-a" / "environments"
    with (environments / "a-large.yaml").open("wb") as file:
        file.truncate(100 * 2**20)
    (environments / "b-directory.yaml").mkdir()
    os.mkfifo(environments / "c-pipe.yaml")
    (environments / "d-link.yaml").symlink_to("/etc/passwd")
    (environments / "e-loop.yaml").symlink_to("e-loop.yaml")
    (environments / "f-latin.yaml").write_bytes(b"\xff\xfe")
    (environments / "g-bomb.yaml").write_text("a: &a [1]\nb: [*a, *a]\n")
    tree.environment(tenants, "dept-a/h-twice", text=tree.ENVIRONMENT + "plan: x\n")
    (tenants / "loop").symlink_to("loop")
    codes = {Path(file).name: code for file, _, code in found(tenants)}
    assert codes == {
        "a-large.yaml": "too-large",
        "b-directory.yaml": "not-a-file",
        "c-pipe.yaml": "not-a-file",
        "d-link.yaml": "not-a-file",
        "e-loop.yaml": "not-a-file",
        "f-latin.yaml": "not-utf-8",
        "g-bomb.yaml": "anchor",
        "h-twice.yaml": "duplicate-key",
        "loop": "not-a-file",
    }


def test_no_directory_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert [one.code for one in check(tmp_path / "none", tree.PLANS)] == ["missing"]
    assert [one.code for one in check(file, tree.PLANS)] == ["not-a-directory"]
    assert [one.code for one in check(tmp_path / "none", tmp_path / "none")] == ["missing", "missing"]


def test_plans_are_checked_with_their_files(tenants: Path, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    small = (tree.PLANS / "small.yaml").read_text("utf-8")
    (plans / "small.yaml").write_text(small.replace("pods: 20", "pods: -1"), encoding="utf-8")
    (plans / "tiny.yaml").write_text(small, encoding="utf-8")
    (plans / "old.bak").write_text("x")
    places = [(os.path.relpath(one.file, plans), one.code) for one in check(tenants, plans)]
    assert places == [
        ("old.bak", "unexpected-file"),
        ("small.yaml", "out-of-range"),
        ("tiny.yaml", "misplaced"),
    ]
    with pytest.raises(InvalidInputError) as caught:
        load_plans(plans)
    assert len(caught.value.findings) == 3


def test_files_are_named_as_the_directory_was_given(tenants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.department(tenants, "dept-b", account="dept-a-1")
    monkeypatch.chdir(tenants.parent)
    (relative,) = check(Path("tenants"), tree.PLANS)
    assert relative.file == "tenants/dept-b/department.yaml"
    (absolute,) = check(tenants, tree.PLANS)
    assert absolute.file == str(tenants / "dept-b" / "department.yaml")


def test_load_raises_everything_at_once(tenants: Path) -> None:
    for name in ("one", "two"):
        (tree.environment(tenants, f"dept-a/{name}")).write_text("kind: Environment\n")
    with pytest.raises(InvalidInputError) as caught:
        load(tenants, tree.PLANS)
    assert len({one.file for one in caught.value.findings}) == 2
    assert list(caught.value.findings) == sorted(caught.value.findings)
    assert all(isinstance(one, Finding) for one in caught.value.findings)


def test_what_is_not_there_comes_with_the_likeliest(tenants: Path) -> None:
    catalogue = load(tenants, tree.PLANS)
    with pytest.raises(NotFoundError, match="did you mean 'dept-a/beds'"):
        catalogue.environment("dept-a/bed")
    with pytest.raises(NotFoundError, match="did you mean 'dept-a'"):
        catalogue.department("dept-e")
    with pytest.raises(NotFoundError, match="did you mean 'small'"):
        catalogue.plan("smal")
    with pytest.raises(NotFoundError) as caught:
        catalogue.environment("\x1b[2J" * 1000)
    assert str(caught.value).isprintable()


def test_calendars_are_checked_with_their_files(tenants: Path, tmp_path: Path) -> None:
    calendars = tmp_path / "calendar"
    calendars.mkdir()
    shipped = (tree.CALENDARS / "2026.yaml").read_text("utf-8")
    (calendars / "2026.yaml").write_text(shipped.replace("2026-01-02", "2025-01-02"), encoding="utf-8")
    (calendars / "2027.yaml").write_text(shipped, encoding="utf-8")
    (calendars / "old.bak").write_text("x")
    (calendars / "README.md").write_text("x")
    found = examine(tenants, tree.PLANS, CentreFiles(calendars=calendars)).findings
    places = [(os.path.relpath(one.file, calendars), one.path, one.code) for one in found]
    assert places == [
        ("2026.yaml", "holidays", "invalid"),
        ("2027.yaml", "year", "misplaced"),
        ("old.bak", "", "unexpected-file"),
    ]


def test_calendars_come_by_year_and_a_chosen_directory_must_be_there(tenants: Path, tmp_path: Path) -> None:
    def examined(calendars: Path) -> Examination:
        return examine(tenants, tree.PLANS, CentreFiles(calendars=calendars))

    assert list(examined(tree.CALENDARS).catalogue.centre.calendars) == [2026]
    assert [one.code for one in examined(tmp_path / "none").findings] == ["missing"]
    (tmp_path / "loop").symlink_to("loop")
    assert [one.code for one in examined(tmp_path / "loop").findings] == ["unreadable"]
