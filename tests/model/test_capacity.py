"""What the centre has and oversells: exact figures, every fault at its place."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunzu.model.capacity import Capacity
from yunzu.model.reading import parse_manifest, read_manifest

CAPACITY = """\
kind: Capacity
default_quota: {cpu: "16", memory: 64Gi, storage: 500Gi, database: 1Ti, bucket: 1Ti, objects: 60000, pods: 300, environments: 8}
pools:
  tenants-1: {database: 10Gi, connections: 200}
cluster: {cpu: "128", memory: 512Gi, storage: 10Ti, pods: 2000}
object_store: {bucket: 4Ti}
overcommit: {cpu: "1.5", connections: 3}
"""  # noqa: E501 - a line of YAML


@cache
def capacity(text: str = CAPACITY) -> Capacity:
    manifest, findings = parse_manifest(Capacity, text, "x")
    assert findings == []
    assert manifest
    return manifest


def test_the_checked_in_capacity_is_valid() -> None:
    _, findings = read_manifest(Capacity, Path(__file__).parents[2] / "centre" / "capacity.yaml")
    assert findings == []


def test_what_may_be_promised_is_capacity_by_overcommit() -> None:
    assert capacity().promisable("tenants-1") == {
        "cpu": 192_000,
        "memory": 512 * 2**30,
        "storage": 10 * 2**40,
        "pods": 2000,
        "bucket": 4 * 2**40,
        "database": 10 * 2**30,
        "connections": 600,
    }


def test_a_pool_that_is_not_listed_has_no_figure() -> None:
    found = capacity().promisable("tenants-2")
    assert not {"database", "connections"} & set(found)
    assert found["cpu"] == 192_000


def test_a_cluster_may_have_more_cores_than_any_environment() -> None:
    assert capacity(CAPACITY.replace('cpu: "128"', "cpu: 20000")).promisable("x")["cpu"] == 30_000_000


@given(st.integers(1, 2**50), st.integers(100, 99_999))
def test_overselling_is_exact_and_rounds_down(size: int, hundredths: int) -> None:
    factor = f"{hundredths // 100}.{hundredths % 100:02d}"
    text = CAPACITY.replace("database: 10Gi", f"database: {size}")
    text = text.replace('cpu: "1.5"', f'database: "{factor}"')
    found = capacity(text).promisable("tenants-1")["database"]
    assert found * 100 <= size * hundredths < (found + 1) * 100


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('cpu: "1.5"', "cpu: 1.5", "overcommit.cpu"),
        ('cpu: "1.5"', 'cpu: "0.9"', "overcommit.cpu"),
        ('cpu: "1.5"', 'cpu: "1.555"', "overcommit.cpu"),
        ('cpu: "1.5"', 'cpu: "1e3"', "overcommit.cpu"),
        ('cpu: "1.5"', "cpu: true", "overcommit.cpu"),
        ('cpu: "1.5"', "cpu: .inf", "overcommit.cpu"),
        ('cpu: "1.5"', "cpu: -2", "overcommit.cpu"),
        ('cpu: "1.5"', "objects: 2", "overcommit.objects"),
        ("environments: 8", "environments: -1", "default_quota.environments"),
        (", environments: 8", "", "default_quota.environments"),
        ("connections: 200", "connections: 0", "pools.tenants-1.connections"),
        ("tenants-1:", "Tenants:", "pools.Tenants"),
        ("object_store: {bucket: 4Ti}\n", "", "object_store"),
        ("storage: 10Ti", "storage: 10TB", "cluster.storage"),
        ("pods: 2000", "pods: 2000, nodes: 2", "cluster.nodes"),
        ('cpu: "128"', "cpu: 0", "cluster.cpu"),
    ],
)
def test_a_capacity_says_exact_bounded_figures(old: str, new: str, path: str) -> None:
    assert CAPACITY.count(old) == 1
    _, findings = parse_manifest(Capacity, CAPACITY.replace(old, new), "x")
    assert [one.path for one in findings] == [path]
    assert all(one.message.isprintable() for one in findings)
