"""The import of a real estate, against what is known of it. The file stays outside the repository."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from tests.support import manifest_tree as tree
from tests.support.deriving import derived, external_names, objects
from tests.support.estate import ESTATE
from yunzu import naming
from yunzu.model.stages import GUESSES, SYNONYMS
from yunzu.services.estate import Outcome, import_estate
from yunzu.services.estate_reading import Line, read_lines, select
from yunzu.services.manifests import Catalogue, load, load_plans

pytestmark = pytest.mark.skipif(
    not ESTATE.is_file(), reason=f"{ESTATE} is not there; set YUNZU_ESTATE to the directory that holds it"
)


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    lines, findings = read_lines(ESTATE)
    assert findings == []
    return lines


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    into = tmp_path_factory.mktemp("estate") / "tenants"
    return into, run(into)


@pytest.fixture(scope="module")
def catalogue(imported: tuple[Path, Outcome]) -> Catalogue:
    return load(imported[0], tree.PLANS)


def run(into: Path) -> Outcome:
    return import_estate(ESTATE, into, plans=load_plans(tree.PLANS), today=date(2026, 11, 23))


def remarks(outcome: Outcome) -> Mapping[str, int]:
    return Counter(finding.code for finding in outcome.findings)


def test_the_file_is_the_one_we_know(lines: list[Line]) -> None:
    names = [line.record.namespace for line in lines]
    databases = [database for line in lines for database in line.record.databases]
    assert len(names) == len(set(names)) == 1458
    assert sum(line.record.is_production is True for line in lines) == 411
    assert sum(line.record.is_production is False for line in lines) == 1047
    assert len({line.record.environment for line in lines}) == 34
    assert sum(len(name) > 40 for name in names) == 168
    assert max(map(len, names)) == 62
    assert (len(databases), sum(one.replica_of for one in databases)) == (782, 62)
    primaries = [[one for one in line.record.databases if not one.replica_of] for line in lines]
    assert sum(len(each) > 1 for each in primaries) == 57
    assert len(select(lines, ["buckets=yes"])) == 294
    assert len(select(lines, ["databases=yes", "buckets=yes"])) == 211
    assert len(select(lines, ["databases=no", "buckets=no"])) == 724


def test_every_spelling_is_in_the_table(lines: list[Line]) -> None:
    spellings = {(line.record.environment or "").lower() for line in lines}
    assert spellings <= set(SYNONYMS) | set(GUESSES)


def test_every_record_became_a_valid_environment(
    imported: tuple[Path, Outcome], catalogue: Catalogue
) -> None:
    _, outcome = imported
    assert outcome.faults == ()
    assert outcome.counts["environments"] == len(catalogue.environments) == 1458
    assert len(catalogue.departments) == 8


def test_every_database_and_bucket_is_kept_or_named(
    imported: tuple[Path, Outcome], catalogue: Catalogue
) -> None:
    _, outcome = imported
    environments = catalogue.environments.values()
    kept = sum(len(one.databases) for one in environments)
    assert kept == outcome.counts["databases"] == 669
    assert remarks(outcome)["note-replica"] == 62
    assert remarks(outcome)["note-other-engine"] == 51
    assert kept + 62 + 51 == 782
    assert sum(len(one.buckets) for one in environments) == 461
    assert sum(len(one.buckets) > 1 for one in environments) == 84
    assert max(len(one.buckets) for one in environments) == 15


def test_production_is_what_the_estate_marks_as_production(catalogue: Catalogue) -> None:
    stages = Counter(one.stage for one in catalogue.environments.values())
    assert stages["prod"] == 411
    assert stages["dev"] + stages["test"] == 1047


def test_cut_names_would_collide_and_ours_do_not(lines: list[Line], catalogue: Catalogue) -> None:
    cut = Counter(line.record.namespace[:30] for line in lines)
    assert sum(count for count in cut.values() if count > 1) == 381
    assert len({naming.shortened(line.record.namespace) for line in lines}) == 1458
    assert len({one.namespace for one in catalogue.environments.values()}) == 1458


def test_a_second_run_changes_no_byte(imported: tuple[Path, Outcome]) -> None:
    into, _ = imported
    before = {path: path.read_bytes() for path in into.rglob("*.yaml")}
    assert len(before) == 1458 + 8
    assert run(into).counts["unchanged"] == len(before)
    assert {path: path.read_bytes() for path in into.rglob("*.yaml")} == before


def test_every_environment_can_be_derived(catalogue: Catalogue) -> None:
    names = Counter(name for one in derived(catalogue) for name in external_names(one))
    assert len(names) == 1458 + 669 + 461
    assert set(names.values()) == {1}
    assert all(len(name.encode()) <= 63 for name in names)


def test_every_object_of_every_environment_can_be_derived(catalogue: Catalogue) -> None:
    blueprints = derived(catalogue)
    made = [one for blueprint in blueprints for one in objects(blueprint)]
    kinds = Counter(one["kind"] for one in made)
    data = sum(bool(one.databases or one.buckets) for one in blueprints)
    homes = dict.fromkeys(("Namespace", "ResourceQuota", "LimitRange", "ServiceAccount"), 1458)
    assert kinds == homes | {"NetworkPolicy": 3 * 1458 + data}  # and nobody's rights: it names no people
    keys = {(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in made}
    assert len(keys) == len(made)
