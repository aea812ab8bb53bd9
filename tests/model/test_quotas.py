"""Amounts: what a plan reserves, whose quota counts, and that half a measurement is none."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.test_capacity import capacity
from yunzu.model.manifests import Department
from yunzu.model.plans import Plan
from yunzu.model.quotas import (
    METERS,
    NOTHING,
    QUOTA_METERS,
    Amounts,
    amount_text,
    department_quota,
    plan_amounts,
    total,
)
from yunzu.model.reading import parse_manifest, read_manifest

PLANS = Path(__file__).parents[2] / "centre" / "plans"
AMOUNTS = st.fixed_dictionaries({meter: st.integers(0, 2**53) for meter in METERS})


@cache
def plan(name: str) -> Plan:
    found, _ = read_manifest(Plan, PLANS / f"{name}.yaml")
    assert found
    return found


def department(quota: str = "") -> Department:
    text = "kind: Department\nid: health\ntitle: {zh: 卫健委}\n" + (f"quota: {quota}\n" if quota else "")
    found, findings = parse_manifest(Department, text, "x")
    assert findings == []
    assert found
    return found


def test_a_plan_in_whole_units() -> None:
    assert plan_amounts(plan("small")) == {
        "cpu": 1000,
        "memory": 2 * 2**30,
        "storage": 20 * 2**30,
        "database": 10 * 2**30,
        "connections": 20,
        "bucket": 10 * 2**30,
        "objects": sum(plan("small").objects.values()),
        "pods": 20,
        "environments": 1,
    }


@pytest.mark.parametrize("name", ["small", "standard", "large"])
def test_a_plan_has_every_meter(name: str) -> None:
    found = plan_amounts(plan(name))
    assert tuple(found) == METERS
    assert all(type(value) is int and value > 0 for value in found.values())


def test_a_department_without_a_quota_has_the_default() -> None:
    found = department_quota(department(), capacity())
    assert found["cpu"] == 16_000
    assert found["environments"] == 8
    assert tuple(found) == QUOTA_METERS


def test_a_departments_quota_replaces_only_what_it_says() -> None:
    found = department_quota(department("{cpu: 500m, environments: 0, objects: 5000000}"), capacity())
    assert (found["cpu"], found["environments"], found["objects"]) == (500, 0, 5_000_000)
    assert found["memory"] == 64 * 2**30


def test_without_a_capacity_there_is_only_what_the_department_says() -> None:
    assert department_quota(department("{memory: 1Gi}"), None) == {"memory": 2**30}
    assert department_quota(department(), None) == {}


@pytest.mark.parametrize(
    ("quota", "path"),
    [
        ("{cpus: 1}", "quota.cpus"),
        ("{cpu: 0.1m}", "quota.cpu"),
        ("{memory: 10GB}", "quota.memory"),
        ("{pods: -1}", "quota.pods"),
        ("{pods: true}", "quota.pods"),
        ("{environments: 1.5}", "quota.environments"),
        ("{connections: 5}", "quota.connections"),
        ("many", "quota"),
    ],
)
def test_a_quota_is_as_strict_as_a_plan(quota: str, path: str) -> None:
    text = f"kind: Department\nid: health\ntitle: {{zh: 卫健委}}\nquota: {quota}\n"
    _, findings = parse_manifest(Department, text, "x")
    assert [one.path for one in findings] == [path]


@given(st.lists(AMOUNTS, max_size=5))
def test_a_total_is_exact_and_of_any_order(parts: list[Amounts]) -> None:
    assert total(parts) == total(reversed(parts)) == {m: sum(part[m] for part in parts) for m in METERS}
    assert total([*parts, NOTHING]) == total(parts)


@given(st.lists(AMOUNTS, min_size=1, max_size=4), st.data())
def test_what_one_part_lacks_the_total_lacks(parts: list[Amounts], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(METERS))
    index = data.draw(st.integers(0, len(parts) - 1))
    parts[index] = {meter: value for meter, value in parts[index].items() if meter != lost}
    assert set(total(parts)) == set(METERS) - {lost}


def test_amounts_are_written_as_manifests_write_them() -> None:
    assert amount_text("cpu", 1500) == "1500m"
    assert amount_text("cpu", 2000) == "2"
    assert amount_text("database", 10 * 2**30) == "10Gi"
    assert amount_text("pods", 20) == "20"
    assert amount_text("environments", 0) == "0"
