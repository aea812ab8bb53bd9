"""The checked-in departments: valid, consistent with their folders, and able to decide about each other."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from yunzu.model.identifiers import credit_code
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.model.quantities import size_in_bytes

ROOT = Path(__file__).parent.parent
DEPARTMENTS = sorted(path for path in (ROOT / "tenants").iterdir() if path.is_dir())
ENVIRONMENTS = sorted((ROOT / "tenants").glob("*/environments/*.yaml"))
DECIDERS = {"reviewer", "approver"}
ROLES = {"applicant", "reviewer", "approver", "steward", "developer", "auditor"}


def department(folder: Path) -> Department:
    return Department.model_validate(yaml.safe_load((folder / "department.yaml").read_text("utf-8")))


def environment(file: Path) -> Environment:
    return Environment.model_validate(yaml.safe_load(file.read_text("utf-8")))


def plans() -> dict[str, Plan]:
    files = (ROOT / "centre" / "plans").glob("*.yaml")
    found = [Plan.model_validate(yaml.safe_load(file.read_text("utf-8"))) for file in files]
    return {plan.id: plan for plan in found}


def organisation_check(body: str) -> str:
    """Check character of an organisation code's first eight characters, modulus 11 (GB 11714)."""
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(values.index(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0X987654321"[total % 11]


def test_the_organisation_check_is_right_about_the_standards_own_example() -> None:
    assert organisation_check("D2143569") == "X"  # GB 11714-1997, annex: D2143569-X


def test_seven_departments_have_one_or_two_environments_each() -> None:
    counts = Counter(environment(file).department for file in ENVIRONMENTS)
    assert {folder.name for folder in DEPARTMENTS} == set(counts)
    assert len(counts) == 7
    assert set(counts.values()) == {1, 2}


@pytest.mark.parametrize("folder", DEPARTMENTS, ids=lambda folder: folder.name)
def test_a_department_is_named_like_its_folder(folder: Path) -> None:
    assert department(folder).id == folder.name


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.stem)
def test_an_environment_is_named_like_its_file(file: Path) -> None:
    assert environment(file).id == f"{file.parent.parent.name}/{file.stem}"


@pytest.mark.parametrize("folder", DEPARTMENTS, ids=lambda folder: folder.name)
def test_credit_codes_have_both_check_digits_and_the_departments_region(folder: Path) -> None:
    found = department(folder)
    assert found.uscc
    assert credit_code(found.uscc) == found.uscc
    assert found.uscc[2:8] == found.region == "320600"
    assert found.uscc[16] == organisation_check(found.uscc[8:16])


def test_no_credit_code_or_account_is_used_twice_in_the_centre() -> None:
    found = [department(folder) for folder in DEPARTMENTS]
    accounts = [person.account for one in found for person in one.people]
    codes = [one.uscc for one in found]
    assert len(set(accounts)) == len(accounts)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("folder", DEPARTMENTS, ids=lambda folder: folder.name)
def test_people_cover_the_roles_and_nobody_decides_on_their_own_request(folder: Path) -> None:
    people = department(folder).people
    assert {role for person in people for role in person.roles} == ROLES
    assert len(people) >= 3
    for person in people:
        assert len(set(person.roles) & {"applicant", *DECIDERS}) <= 1, person.account
        assert person.roles == ("auditor",) or "auditor" not in person.roles, person.account


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.stem)
def test_an_environment_fits_its_plan(file: Path) -> None:
    found = environment(file)
    plan = plans()[found.plan]
    assert found.grade <= plan.grade
    assert len(found.databases) <= plan.database.count
    assert len(found.buckets) <= plan.bucket.count
    claimed = sum(size_in_bytes(claim.size) for claim in found.databases if claim.size)
    assert claimed < size_in_bytes(plan.database.size)


def test_the_cast_shows_several_databases_several_buckets_and_none() -> None:
    found = [environment(file) for file in ENVIRONMENTS]
    assert {len(one.databases) for one in found} == {0, 1, 2}
    assert {len(one.buckets) for one in found} == {1, 2}
