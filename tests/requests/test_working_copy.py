"""Pull, edit, push: a file asks for what it changes, and one that was overtaken asks for nothing."""

from pathlib import Path

import pytest
import yaml

from tests.support.office import CENTRE, Desk, department, environment
from yunzu.errors import RefusedError, UsageError
from yunzu.services.manifests import load
from yunzu.services.requests import working_copy
from yunzu.services.requests.asking import Asking
from yunzu.services.requests.working_copy import BASE_FILE, Copy, StaleError


def _compare(desk: Desk, tenants: Path, role: str = "operator") -> list[Copy]:
    files = load(tenants, CENTRE / "plans")
    actor = desk.officer(role) if role in ("operator", "auditor") else desk.person(role)
    return working_copy.compare(tenants, files, actor=actor, office=desk.office)


def _edit(file: Path, **changes: object) -> None:
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text("utf-8")) | changes, allow_unicode=True))


def _asking(desk: Desk) -> Asking:
    return Asking(desk.office, desk.officer("operator"))


@pytest.fixture
def pulled(desk: Desk, tmp_path: Path) -> Path:
    """The working copy of an office with one department and one environment."""
    desk.file(environment())
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    written = working_copy.pull(tenants, _compare(desk, tenants))
    assert [one.id for one in written] == ["transport", "transport/flights"]
    return tenants


def test_what_is_pulled_says_what_is_approved(desk: Desk, pulled: Path) -> None:
    files = load(pulled, CENTRE / "plans")
    assert (files.departments, files.environments) == (
        {"transport": department()},
        {"transport/flights": environment()},
    )
    assert {one.state for one in _compare(desk, pulled)} == {"same"}
    (pulled / "transport/department.yaml").write_text(
        "# 注\n" + (pulled / "transport/department.yaml").read_text("utf-8"), "utf-8"
    )
    assert working_copy.pull(pulled, _compare(desk, pulled)) == []  # comments stay


def test_an_edit_is_shown_and_pushed_as_one_bundle(desk: Desk, pulled: Path) -> None:
    file = pulled / "transport/environments/flights.yaml"
    _edit(file, grade=1)
    (file.parent / "new.yaml").write_text(file.read_text("utf-8").replace("flights", "new"), "utf-8")
    copies = _compare(desk, pulled)
    assert [(one.id, one.state, one.is_stale) for one in copies] == [
        ("transport", "same", False),
        ("transport/flights", "changed", False),
        ("transport/new", "new", False),
    ]
    assert "+grade: 1" in copies[1].difference()
    with pytest.raises(RefusedError, match="has changes that are not approved"):
        working_copy.pull(pulled, copies)
    pushed = working_copy.push(copies, _asking(desk))
    filed = [(one.item, one.state) for each in pushed for one in each.requests if one.bundle]
    assert filed == [("environment.resize", "granted"), ("environment.new", "granted")]
    assert len({one.bundle for each in pushed for one in each.requests if one.bundle}) == 1
    working_copy.rebase(pulled, _compare(desk, pulled))
    assert {one.base == one.approved_hash for one in _compare(desk, pulled)} == {True}
    assert working_copy.push(_compare(desk, pulled), _asking(desk)) == []


def test_a_file_that_was_overtaken_asks_for_nothing_and_shows_three_ways(desk: Desk, pulled: Path) -> None:
    file = pulled / "transport/environments/flights.yaml"
    _edit(file, grade=1)
    _edit(pulled / "transport/department.yaml", quota={"environments": 3})
    desk.file(environment(grade=1, databases=[]), "environment.resize")
    with pytest.raises(StaleError, match="transport/flights: was not written") as caught:
        working_copy.push(_compare(desk, pulled), _asking(desk))
    [stale] = caught.value.stale
    shown = stale.three_ways()
    assert "--- base\n+++ approved" in shown
    assert "+databases: []" in shown
    assert "+++ yours" in shown
    assert {one.state for one in _compare(desk, pulled)} == {"changed"}  # nothing was filed for either


def test_one_that_waits_says_so_and_the_others_go_on(desk: Desk, pulled: Path) -> None:
    _edit(pulled / "transport/department.yaml", quota={"environments": 3})
    _edit(pulled / "transport/environments/flights.yaml", databases=[])
    first, second = working_copy.push(_compare(desk, pulled), _asking(desk))
    assert ([one.state for one in first.requests], first.left) == (
        ["accepted"],
        "waits for the department's approver (批准)",
    )
    assert [one.state for one in second.requests] == ["granted", "granted"]


def test_everybody_sees_their_own(desk: Desk, pulled: Path) -> None:
    desk.register_department(department("health"))
    assert {one.id for one in _compare(desk, pulled, "auditor")} == {
        "health",
        "transport",
        "transport/flights",
    }
    assert {one.id for one in _compare(desk, pulled, "applicant")} == {"transport", "transport/flights"}


@pytest.mark.parametrize("said", ["{", "[]", '{"a": 1}'])
def test_a_base_that_cannot_be_read(said: str, desk: Desk, pulled: Path) -> None:
    (pulled / BASE_FILE).write_text(said)
    with pytest.raises(UsageError, match="manifests pull"):
        _compare(desk, pulled)
