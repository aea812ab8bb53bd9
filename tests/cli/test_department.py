"""A department's first steps: `dept new`, `validate`, `onboard`."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.tenants import Tenants, unique
from yunzu.errors import UsageError
from yunzu.services import departments
from yunzu.services.departments import PLACEHOLDER, scaffold


def new(command: Command, identifier: str, *more: str) -> tuple[str, ...]:
    return ("dept", "new", identifier, "--title", "卫生健康委员会", *more)


def test_three_commands_from_nothing_to_a_proven_environment(
    yunzu: Command, tenants: Tenants, tmp_path: Path
) -> None:
    mine = Command(yunzu.home, tmp_path / "tenants")
    identifier = unique()
    directory = mine.tenants / identifier
    tenants.remember(f"{identifier}/beds-dev")
    written = mine(*new(mine, identifier, "--environment", "beds-dev"))
    assert written.code == 0, written.err
    assert written.out.splitlines() == [
        f"wrote {directory}/department.yaml",
        f"wrote {directory}/environments/beds-dev.yaml",
    ]
    assert f"{PLACEHOLDER} stands for a name" in written.err
    assert f"next: `yunzu validate {directory}`, then `yunzu onboard {directory}`" in written.err
    assert PLACEHOLDER in (directory / "department.yaml").read_text("utf-8").splitlines()[0]

    valid = mine("validate", directory)
    assert valid.code == 0
    assert all(line.startswith("note: ") for line in valid.err.splitlines())  # it has one person only
    onboarded = mine("onboard", directory)
    assert onboarded.code == 0, onboarded.out + onboarded.err
    header, row = onboarded.out.splitlines()
    assert header.split() == ["ENVIRONMENT", "CHANGES", "TIME", "PROVEN"]
    assert f"{identifier}/beds-dev" in row
    assert "created" in row


def test_a_dry_run_writes_nothing(offline: Command) -> None:
    ended = offline(*new(offline, "health", "--environment", "beds-dev", "--dry-run"))
    assert ended.code == 0
    assert "plan: small" in ended.out
    assert ended.err == "nothing was written\n"
    assert list(offline.tenants.iterdir()) == []


def test_nothing_is_written_over(offline: Command) -> None:
    assert offline(*new(offline, "health"), "--json").document["files"] == [
        f"{offline.tenants}/health/department.yaml"
    ]
    before = (offline.tenants / "health" / "department.yaml").read_bytes()
    ended = offline(*new(offline, "health", "--environment", "beds-dev"))
    assert (ended.code, ended.out) == (3, "")
    assert "exists already" in ended.err
    assert (offline.tenants / "health" / "department.yaml").read_bytes() == before
    assert not (offline.tenants / "health" / "environments").exists()
    with pytest.raises(FileExistsError):
        departments.write({offline.tenants / "health" / "department.yaml": "x"})


def test_a_department_without_environment_is_told_to_write_one(offline: Command) -> None:
    ended = offline(*new(offline, "health"))
    assert f"write an environment under {offline.tenants}/health/environments" in ended.err


@pytest.mark.parametrize("hostile", ["../x", "a--b", "Health", "a" * 31, "kube-x", "卫生", "\x1b[2J", ""])
def test_hostile_names_write_nothing(hostile: str, offline: Command) -> None:
    for arguments in (new(offline, hostile), new(offline, "health", "--environment", hostile or "-")):
        ended = offline(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "\x1b" not in ended.err
    assert list(offline.tenants.iterdir()) == []


def test_a_hostile_title_is_refused(offline: Command) -> None:
    ended = offline("dept", "new", "health", "--title", "x\u202ey")
    assert (ended.code, ended.out) == (2, "")
    assert "\u202e" not in ended.err


@pytest.mark.parametrize("identifier", ["a", "a-very-long-department-id-ab-c", "abcdefghijklmnopqrs-tuvwxyz"])
def test_the_stewards_account_is_valid_and_its_own(identifier: str, tmp_path: Path) -> None:
    today = date(2028, 2, 29)
    files = scaffold(identifier, title="部门", english="x", environment="dev", tenants=tmp_path, today=today)
    departments.write(files)
    departments.write(
        scaffold(identifier[:20] + "zz", title="部门", english=None, environment=None, tenants=tmp_path)
    )
    from tests.support.tenants import PLANS
    from yunzu.services.manifests import load

    catalogue = load(tmp_path, PLANS)
    assert catalogue.environments[f"{identifier}/dev"].lease.start == today


def test_scaffold_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="title has 1 to 200"):
        scaffold("health", title="", english=None, environment=None, tenants=tmp_path)
