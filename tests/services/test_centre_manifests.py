"""Items, officers and capacity beside the departments: read when there, every fault with its file."""

from pathlib import Path

import pytest

from tests.support import manifest_tree as tree
from yunzu.services.centre_manifests import CentreFiles, centre_files
from yunzu.services.manifests import Examination, examine
from yunzu.settings import Settings

CENTRE = tree.ROOT / "centre"


@pytest.fixture
def centre(tmp_path: Path) -> CentreFiles:
    """A copy of the checked-in centre that a test spoils in one place."""
    items = tmp_path / "items"
    items.mkdir()
    for file in (CENTRE / "items").iterdir():
        (items / file.name).write_bytes(file.read_bytes())
    for name in ("register.yaml", "capacity.yaml"):
        (tmp_path / name).write_bytes((CENTRE / name).read_bytes())
    return CentreFiles(items, tmp_path / "register.yaml", tmp_path / "capacity.yaml")


@pytest.fixture
def tenants(tmp_path: Path) -> Path:
    tree.department(tmp_path / "tenants", "dept-a")
    return tmp_path / "tenants"


def spoil(file: Path | None, old: str, new: str) -> None:
    assert file
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def examined(tenants: Path, centre: CentreFiles) -> Examination:
    return examine(tenants, tree.PLANS, centre)


def found(tenants: Path, centre: CentreFiles) -> list[tuple[str, str, str]]:
    """Name of the file, path and code of each finding."""
    findings = examined(tenants, centre).findings
    assert findings == sorted(findings)
    return [(Path(one.file).name, one.path, one.code) for one in findings]


def test_all_is_read(tenants: Path, centre: CentreFiles) -> None:
    result = examined(tenants, centre)
    assert result.findings == []
    read = result.catalogue.centre
    assert len(read.items) == 18
    assert list(read.items) == sorted(read.items)
    assert read.register
    assert len(read.register.officers) == 4
    assert read.capacity
    assert list(read.capacity.pools) == ["tenants-1"]


def test_items_are_checked_with_their_files(tenants: Path, centre: CentreFiles) -> None:
    assert centre.items
    spoil(centre.items / "access.grant.yaml", "auto: manifest.valid", "auto: manifest.vaild")
    spoil(centre.items / "plan.change.yaml", "id: plan.change", "id: price.change")
    spoil(centre.items / "environment.new.yaml", "by: operator", "by: operators")
    (centre.items / "old.bak").write_text("x")
    (centre.items / "README.md").write_text("x")
    assert found(tenants, centre) == [
        ("access.grant.yaml", "steps[0].auto", "not-a-choice"),
        ("environment.new.yaml", "steps[0].by", "not-a-choice"),
        ("environment.new.yaml", "steps[2].by", "not-a-choice"),
        ("old.bak", "", "unexpected-file"),
        ("plan.change.yaml", "id", "misplaced"),
        ("price.change.yaml", "id", "taken"),
    ]


def test_register_and_capacity_are_checked(tenants: Path, centre: CentreFiles) -> None:
    spoil(centre.register, "roles: [auditor]", "roles: [auditor, security]")
    spoil(centre.capacity, 'cpu: "4"', 'cpu: "0.5"')
    assert found(tenants, centre) == [
        ("capacity.yaml", "overcommit.cpu", "invalid"),
        ("register.yaml", "officers[3].roles", "invalid"),
    ]


def test_an_officer_is_no_departments_person(tenants: Path, centre: CentreFiles) -> None:
    tree.department(tenants, "dept-b", account="shengshouan")
    [finding] = examined(tenants, centre).findings
    assert (finding.path, finding.code) == ("officers[2].account", "taken")
    assert finding.message == "account 'shengshouan' belongs to department 'dept-b'"


def test_what_was_named_and_is_not_there_is_a_finding(tenants: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    centre = CentreFiles(nowhere / "items", nowhere / "register.yaml", nowhere / "capacity.yaml")
    assert [one[1:] for one in found(tenants, centre)] == [
        ("", "unreadable"),
        ("", "missing"),
        ("", "unreadable"),
    ]


def test_without_a_centre_departments_are_valid(tenants: Path) -> None:
    result = examined(tenants, CentreFiles())
    assert (result.findings, result.remarks) == ([], [])
    assert result.catalogue.centre.items == {}


class TestWhatIsLookedFor:
    def test_the_default_only_where_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert centre_files(Settings()) == CentreFiles()
        (tmp_path / "centre" / "items").mkdir(parents=True)
        assert centre_files(Settings()) == CentreFiles(items=Path("centre/items"))
        (tmp_path / "centre" / "register.yaml").write_text("x")
        assert centre_files(Settings()).register == Path("centre/register.yaml")

    def test_what_somebody_chose_always(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("YUNZU_OFFICERS", "mine/register.yaml")
        (tmp_path / "yunzu.toml").write_text('capacity = "mine/capacity.yaml"\n')
        wanted = CentreFiles(Path("here"), Path("mine/register.yaml"), Path("mine/capacity.yaml"))
        assert centre_files(Settings(), Path("here")) == wanted
        assert centre_files(Settings(items=Path("mine/items"))).items == Path("mine/items")


class TestRemarks:
    def test_a_department_with_one_person(self, tenants: Path, centre: CentreFiles) -> None:
        result = examined(tenants, centre)
        assert result.findings == []
        assert {(one.path, one.code) for one in result.remarks} == {("people", "note-few-people")}
        approved = "access.grant department.people department.quota egress.exception"
        taken = [f"environment.{verb}" for verb in ("erase", "retire", "suspend")]
        wanted = {
            "department.approver": [*approved.split(), *taken],
            "department.reviewer": ["environment.new", "environment.renew", "environment.resize"],
        }
        lacks = "department 'dept-a' lacks two eligible persons for"
        assert [one.message for one in result.remarks] == [
            f"{lacks} {', '.join(names)}: nobody but the applicant is {role}"
            for role, names in wanted.items()
        ]
        assert result.remarks == sorted(result.remarks)

    def test_a_department_without_people(self, tenants: Path, centre: CentreFiles) -> None:
        file = tenants / "dept-a" / "department.yaml"
        file.write_text("kind: Department\nid: dept-a\ntitle: {zh: 卫}\n", encoding="utf-8")
        [finding] = examined(tenants, centre).remarks
        assert finding.file == str(file)
        assert finding.message == "department 'dept-a' lists nobody; each of the 11 items needs two persons"

    def test_a_department_without_an_applicant(self, tenants: Path, centre: CentreFiles) -> None:
        spoil(tenants / "dept-a" / "department.yaml", "[applicant, steward]", "[reviewer, approver]")
        [finding] = examined(tenants, centre).remarks
        assert finding.message.endswith("environment.suspend: nobody is applicant")

    def test_a_centre_with_one_operator(self, tenants: Path, centre: CentreFiles) -> None:
        spoil(
            centre.register,
            "account: shenruochuan, roles: [operator]",
            "account: shenruochuan, roles: [auditor]",
        )
        said = [one for one in examined(tenants, centre).remarks if one.path == "officers"]
        assert [one.code for one in said] == ["note-few-people"] * 2
        assert "department.new: nobody but the applicant is operator" in said[1].message
        lacking = "quota.change, register.change: nobody but the applicant is operator or second-operator"
        assert lacking in said[0].message

    def test_a_pool_without_a_figure(self, tenants: Path, centre: CentreFiles) -> None:
        spoil(centre.capacity, "tenants-1:", "tenants-2:")
        [said] = [one for one in examined(tenants, centre).remarks if one.path == "pools"]
        assert (said.code, "pool 'tenants-1' of the plans is not listed" in said.message) == (
            "note-no-capacity",
            True,
        )
