"""What a proof writes goes again, also where its process was killed; nobody's proof takes another's away."""

import io
from typing import Any

import pytest

from tests.support.tampering import s3
from tests.support.tenants import Tenants
from yunzu.records import proofs
from yunzu.services import inventory


@pytest.fixture(scope="module", params=[True, False], ids=["versioned", "unversioned"])
def identifier(request: pytest.FixtureRequest, tenants: Tenants) -> str:
    one = tenants.one(databases=[], buckets=[{"name": "main", "versioning": request.param}])
    tenants.apply(one)
    return one


def _bucket(tenants: Tenants, identifier: str) -> str:
    return inventory.environment(identifier, tenants.centre.records).buckets[0][1]


def _leave(tenants: Tenants, bucket: str) -> None:
    """As a killed proof does, also half deleted; and the tenant's own beside it."""
    client = s3(tenants.centre)
    for name in ("yunzu-probe/killed", "yunzu-probe/half", "yunzu-probes", "own/yunzu-probe/file"):
        client.put_object(bucket, name, io.BytesIO(b"x"), 1)
    client.remove_object(bucket, "yunzu-probe/half")


def _names(tenants: Tenants, bucket: str) -> set[str]:
    found: Any = s3(tenants.centre).list_objects(bucket, recursive=True, include_version=True)
    return {one.object_name for one in found}


def test_the_next_proof_clears_what_a_killed_one_left(tenants: Tenants, identifier: str) -> None:
    bucket = _bucket(tenants, identifier)
    _leave(tenants, bucket)
    assert tenants.red(identifier) == []
    assert _names(tenants, bucket) == {"yunzu-probes", "own/yunzu-probe/file"}


def test_not_while_another_proof_is_under_way(tenants: Tenants, identifier: str) -> None:
    bucket, cleared = _bucket(tenants, identifier), []
    _leave(tenants, bucket)
    with proofs.proving(tenants.centre.records, identifier, alone=lambda: cleared.append("first")):
        with proofs.proving(tenants.centre.records, identifier, alone=lambda: cleared.append("second")):
            assert tenants.red(identifier) == []
        assert "yunzu-probe/killed" in _names(tenants, bucket)
        with proofs.proving(tenants.centre.records, "other/one", alone=lambda: cleared.append("other")):
            pass
    assert cleared == ["first", "other"]
    assert tenants.red(identifier) == []
    assert "yunzu-probe/killed" not in _names(tenants, bucket)
