"""The import of an estate with faults, and into a directory that holds files: nothing is lost."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support import manifest_tree as tree
from tests.support.estate import database, record
from tests.support.importing import TODAY, imported, one_environment, snapshot
from yunzu.errors import RefusedError
from yunzu.services.manifests import load

FAULTS: list[tuple[Any, str, str]] = [
    ("{", "2", "malformed"),
    ("[1]", "2", "malformed"),
    ("null", "2", "malformed"),
    ('{"namespace": "a", "namespace": "b"}', "2", "malformed"),
    ('{"namespace": NaN}', "2", "malformed"),
    ("[" * 200_000, "2", "malformed"),
    ('{"a": ' + "9" * 5000 + "}", "2", "malformed"),
    ("\x1b[2J", "2", "malformed"),
    (record("x") | {"namespace": None}, "2:namespace", "not-text"),
    (record("x", quota={"pods": 50}), "2:quota.pods", "not-text"),
    (record("x", quota={"pods": "-1"}), "2:quota", "invalid"),
    (record("x", quota={"pods": "1e100"}), "2:quota", "invalid"),
    (record("x", quota={"pods": "5", "limits.cpu": "0.1m"}), "2:quota", "invalid"),
    (record("x", quota={"pods": "5000"}), "2:quota", "no-plan"),
    (record("x", databases=[database(storage_gb=-1)]), "2:databases[0].storage_gb", "out-of-range"),
    (record("x", databases=[database(storage_gb="10")]), "2:databases[0].storage_gb", "not-a-number"),
    (record("x", databases=[database(storage_gb=9999)]), "2:quota", "no-plan"),
    (record("x", databases=[database()] * 33), "2:databases", "too-many"),
    (record("x", databases="many"), "2:databases", "not-a-list"),
    (record("x", buckets=[{}] * 5000), "2:buckets", "too-many"),
    (record("../../etc/passwd"), "2:namespace", "not-an-id"),
    (record("x" * 40 + "/../y"), "2:namespace", "not-an-id"),
    (record("dept--a"), "2:namespace", "not-an-id"),
    (record("kube-system"), "2:namespace", "not-an-id"),
    (record("x\n# y"), "2:namespace", "not-an-id"),
    (record("x", business_unit="卫健委"), "2:business_unit", "not-an-id"),
    (record("x", business_unit="HARBOUR"), "2:business_unit", "taken"),
    (record("x", business_unit="Har\u202ebour"), "2:business_unit", "invalid"),
    (record("good-one"), "2:namespace", "taken"),
]


@pytest.mark.parametrize(("fault", "path", "code"), FAULTS)
def test_a_fault_is_found_and_nothing_is_written(tmp_path: Path, fault: Any, path: str, code: str) -> None:
    outcome = imported(tmp_path, [record("good-one"), fault])
    assert [(one.path, one.code) for one in outcome.faults] == [(path, code)]
    assert all(str(one).isprintable() and len(str(one)) < 400 for one in outcome.findings)
    assert not outcome.ok
    assert not (tmp_path / "tenants").exists()


def test_all_faults_of_an_estate_come_at_once(tmp_path: Path) -> None:
    outcome = imported(tmp_path, [fault for fault, _, _ in FAULTS[:8]])
    assert [one.path for one in outcome.faults] == [str(number) for number in range(1, 9)]


class TestExistingFiles:
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "tenants" / "harbour" / "environments" / "ferries-dev.yaml"

    def test_an_untouched_import_follows_the_estate(self, tmp_path: Path) -> None:
        imported(tmp_path, [record()])
        assert imported(tmp_path, [record(quota={"pods": "5"})], today=date(2027, 1, 1)).ok
        assert one_environment(tmp_path).plan == "small"
        assert one_environment(tmp_path).lease.start == TODAY

    def test_a_lease_that_is_asked_for_is_given(self, tmp_path: Path) -> None:
        imported(tmp_path, [record()])
        imported(tmp_path, [record()], lease_from=date(2027, 1, 1))
        assert one_environment(tmp_path).lease.until == date(2027, 12, 31)

    @pytest.mark.parametrize("spoil", [lambda text: text.replace("standard", "large"), lambda _: "theirs"])
    def test_a_persons_change_is_not_lost(self, tmp_path: Path, spoil: Any) -> None:
        imported(tmp_path, [record()])
        file = self.file(tmp_path)
        file.write_text(spoil(file.read_text("utf-8")), encoding="utf-8")
        before = snapshot(tmp_path / "tenants")
        outcome = imported(tmp_path, [record(quota={"pods": "5"}), record("another")])
        assert [(one.file, one.code) for one in outcome.faults] == [(str(file), "edited")]
        assert snapshot(tmp_path / "tenants") == before

    def test_people_added_to_a_department_stay(self, tmp_path: Path) -> None:
        imported(tmp_path, [record()])
        tree.department(tmp_path / "tenants", "harbour")
        assert imported(tmp_path, [record(), record("another")]).ok
        assert len(load(tmp_path / "tenants", tree.PLANS).departments["harbour"].people) == 1

    def test_nothing_is_written_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "tenants").mkdir()
        (tmp_path / "tenants" / "harbour").symlink_to(tmp_path / "elsewhere")
        outcome = imported(tmp_path, [record()])
        assert {one.code for one in outcome.faults} == {"not-a-file"}
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_place_that_cannot_be_written_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "tenants").write_text("a file")
        with pytest.raises(RefusedError, match="cannot be written"):
            imported(tmp_path, [record()])
