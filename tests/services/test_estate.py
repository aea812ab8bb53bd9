"""The import of an estate, on invented records with the quirks of the real ones."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support import manifest_tree as tree
from tests.support.deriving import derived, external_names, objects
from tests.support.estate import bucket, database, invented_estate, record
from tests.support.importing import TODAY, codes, imported, one_environment, snapshot
from yunzu import naming
from yunzu.errors import UsageError
from yunzu.services.estate import year_from
from yunzu.services.manifests import load

# What an environment without data and people consists of, beside its namespace.
BARE = ["LimitRange plan", "ResourceQuota plan", "ServiceAccount workload"]
BARE += [f"NetworkPolicy {name}" for name in ("allow-dns", "allow-same-namespace", "deny-all")]


def test_every_record_becomes_a_valid_manifest(tmp_path: Path) -> None:
    records = invented_estate(300)
    outcome = imported(tmp_path, records)
    catalogue = load(tmp_path / "tenants", tree.PLANS)
    assert outcome.ok
    assert len(catalogue.environments) == outcome.counts["environments"] == len(records)
    assert len(catalogue.departments) == outcome.counts["departments"] == 4
    assert sum(len(one.buckets) for one in catalogue.environments.values()) == sum(
        len(one["buckets"]) for one in records
    )
    assert outcome.counts["databases"] == sum(
        not one["replica_of"] and (one["engine"] or one["family"] or "postgres").startswith("postgres")
        for each in records
        for one in each["databases"]
    )
    assert sum(one.stage == "prod" for one in catalogue.environments.values()) == sum(
        one["is_production"] for one in records
    )


def test_every_name_and_object_can_be_derived(tmp_path: Path) -> None:
    imported(tmp_path, invented_estate(300))
    catalogue = load(tmp_path / "tenants", tree.PLANS)
    blueprints = derived(catalogue)
    names = [name for one in blueprints for name in external_names(one)]
    assert len(names) == len(set(names)) > 900
    for one in blueprints:
        made = objects(one)
        keys = [f"{each['kind']} {each['metadata']['name']}" for each in made]
        own = ["NetworkPolicy allow-own-data"] if one.databases or one.buckets else []
        assert sorted(keys) == sorted([f"Namespace {one.namespace}", *BARE, *own])
        places = {each["metadata"].get("namespace", each["metadata"]["name"]) for each in made}
        assert places == {one.namespace}
        assert {each["metadata"]["labels"][naming.LABEL_ENVIRONMENT_UID] for each in made} == {one.uid}
        opened = [rule for each in made for rule in each.get("spec", {}).get("egress", ())]
        assert len(opened) == 2 + bool(one.databases) + bool(one.buckets)


def test_a_second_run_changes_no_byte_on_any_day(tmp_path: Path) -> None:
    records = invented_estate(60)
    first = imported(tmp_path, records)
    before = snapshot(tmp_path / "tenants")
    second = imported(tmp_path, records, today=date(2027, 3, 1))
    assert snapshot(tmp_path / "tenants") == before
    assert first.counts["files"] == second.counts["unchanged"] == 64
    assert second.counts["files"] == 0


def test_the_same_estate_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        imported(tmp_path / name, invented_estate(60))
        files = snapshot(tmp_path / name / "tenants")
        texts.append({path.removeprefix(str(tmp_path / name)): text for path, text in files.items()})
    assert texts[0] == texts[1]


def test_a_record_as_manifest(tmp_path: Path) -> None:
    databases = [database(storage_gb=20), database(replica_of=True), database(storage_gb=30)]
    buckets = [bucket(versioning=True), bucket()]
    outcome = imported(tmp_path, [record("ferries-dev", databases=databases, buckets=buckets)])
    assert codes(outcome) == ["note-replica"]
    assert outcome.findings[0].path == "1:databases[1]"
    assert "'ferries-dev'" in outcome.findings[0].message
    environment = one_environment(tmp_path)
    assert (environment.id, environment.stage, environment.plan) == ("harbour/ferries-dev", "dev", "standard")
    assert [(one.name, one.size) for one in environment.databases] == [("main", "20Gi"), ("main-2", "30Gi")]
    assert [(one.name, one.versioning) for one in environment.buckets] == [("main", True), ("main-2", False)]
    assert (environment.lease.start, environment.lease.until) == (TODAY, date(2027, 11, 22))
    assert load(tmp_path / "tenants", tree.PLANS).departments["harbour"].people == ()


def test_no_databases_and_no_buckets_are_none_not_the_default(tmp_path: Path) -> None:
    imported(tmp_path, [record()])
    environment = one_environment(tmp_path)
    assert environment.databases == ()
    assert environment.buckets == ()


@pytest.mark.parametrize(
    ("changes", "kept", "code"),
    [
        ({}, True, None),
        ({"engine": None}, True, "note-engine-guessed"),
        ({"engine": None, "family": None}, True, "note-engine-guessed"),
        ({"engine": None, "family": None, "version": None}, True, "note-engine-guessed"),
        ({"engine": None, "family": None, "version": "8.0.32"}, False, "note-other-engine"),
        ({"engine": "postgres", "family": None}, True, None),
        ({"engine": "postgres", "family": "mysql8.4"}, True, "note-engine-contradiction"),
        ({"engine": "oracle-se2", "family": "oracle-se2-19"}, False, "note-other-engine"),
        ({"engine": "sqlserver-web", "family": None}, False, "note-other-engine"),
        ({"engine": None, "family": "mariadb10.11"}, False, "note-other-engine"),
        ({"replica_of": True}, False, "note-replica"),
        ({"storage_gb": None}, True, "note-size-guessed"),
    ],
)
def test_which_databases_come_along(
    tmp_path: Path, changes: dict[str, Any], kept: bool, code: str | None
) -> None:
    outcome = imported(tmp_path, [record(databases=[database(**changes)])])
    assert outcome.counts["databases"] == kept
    assert codes(outcome) == ([code] if code else [])
    assert outcome.ok


@pytest.mark.parametrize(
    ("spelling", "production", "stage", "code"),
    [
        ("UAT", False, "test", None),
        ("prod", True, "prod", None),
        ("prod", False, "test", "note-stage-contradiction"),
        ("dev", True, "prod", "note-stage-contradiction"),
        ("prod", None, "prod", None),
        ("archive", True, "prod", "note-stage-guessed"),
        ("never-seen", False, "test", "note-stage-guessed"),
        (None, True, "prod", "note-stage-guessed"),
    ],
)
def test_stages(
    tmp_path: Path, spelling: str | None, production: bool | None, stage: str, code: str | None
) -> None:
    outcome = imported(tmp_path, [record(environment=spelling, is_production=production)])
    assert codes(outcome) == ([code] if code else [])
    assert one_environment(tmp_path).stage == stage


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({"quota": {"pods": "20"}}, "small"),
        ({"quota": {"pods": "21"}}, "standard"),
        ({"quota": {"pods": "810"}}, "large"),
        ({"quota": {"pods": "5"}, "databases": [database(storage_gb=11)]}, "standard"),
        ({"quota": {"pods": "5"}, "databases": [database(storage_gb=5)] * 3}, "standard"),
        ({"quota": {"pods": "5"}, "buckets": [bucket()] * 15}, "large"),
        ({"quota": {"pods": "5", "limits.cpu": "5000m"}}, "standard"),
        ({"quota": {"pods": "5", "requests.memory": "9000Mi"}}, "large"),
    ],
)
def test_the_smallest_plan_that_fits(tmp_path: Path, changes: dict[str, Any], plan: str) -> None:
    assert imported(tmp_path, [record(**changes)]).ok
    assert one_environment(tmp_path).plan == plan


def test_what_does_not_come_along_is_said(tmp_path: Path) -> None:
    outcome = imported(
        tmp_path,
        [
            record(
                buckets=[bucket(lifecycle=True)],
                egress_policy=True,
                other_modules={"sqs": 2, "irsa": 1},
                quota={},
                colour="red",
            )
        ],
    )
    assert outcome.ok
    assert sorted(codes(outcome)) == sorted(
        ["note-lifecycle", "note-egress", "note-modules", "note-quota-missing", "note-unknown-key"]
    )


def test_names_that_share_their_beginning_stay_apart(tmp_path: Path) -> None:
    names = [f"harbour-and-inland-waterways-traffic-{number}" for number in range(50)]
    imported(tmp_path, [record(name) for name in names])
    environments = load(tmp_path / "tenants", tree.PLANS).environments
    assert len(environments) == 50
    assert all(one.startswith("harbour/harbour-and-inland-wa-") for one in environments)


@pytest.mark.parametrize(
    ("where", "limit", "names"),
    [
        ([], None, ["a", "b", "c", "d"]),
        ([], 2, ["a", "b"]),
        (["business_unit=HQ"], None, ["b", "d"]),
        (["business_unit=HQ"], 1, ["b"]),
        (["is_production=true"], None, ["d"]),
        (["databases=yes"], None, ["b", "c", "d"]),
        (["databases=no"], None, ["a"]),
        (["databases=2"], None, ["d"]),
        (["databases=yes", "buckets=yes"], None, ["c", "d"]),
        (["has=database,bucket"], None, ["d"]),
        (["plan=standard"], None, ["a", "b", "c", "d"]),
        (["plan=small,large"], None, []),
        (["has=database", "plan=small,standard"], 1, ["b"]),
        (["review_after=null", "business_unit=Harbour"], None, ["a", "c"]),
        (["namespace=none-such"], None, []),
    ],
)
def test_records_can_be_chosen(tmp_path: Path, where: list[str], limit: int | None, names: list[str]) -> None:
    records = [
        record("a"),
        record("b", business_unit="HQ", databases=[database()]),
        record("c", databases=[database(engine="mysql", family=None)], buckets=[bucket()]),
        record("d", business_unit="HQ", is_production=True, databases=[database()] * 2, buckets=[bucket()]),
    ]
    outcome = imported(tmp_path, records, where=where, limit=limit)
    assert [path.stem for path in outcome.files if path.parent.name == "environments"] == names
    assert outcome.counts["selected"] == len(names)


@pytest.mark.parametrize("where", ["business_unit", "colour=red", "has=queue", "=x", "plan=huge", "plan="])
def test_a_condition_that_is_none_is_refused(tmp_path: Path, where: str) -> None:
    with pytest.raises(UsageError):
        imported(tmp_path, [record()], where=[where])
    with pytest.raises(UsageError):
        imported(tmp_path, [record()], limit=0)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    outcome = imported(tmp_path, [record()], dry_run=True)
    assert len(outcome.files) == 2
    assert not (tmp_path / "tenants").exists()


def test_a_lease_of_one_year() -> None:
    assert year_from(date(2026, 1, 1)).until == date(2026, 12, 31)
    assert year_from(date(2027, 3, 1)).until == date(2028, 2, 29)
    assert year_from(date(2028, 2, 29)).until == date(2029, 2, 28)
