"""Preflight on real S3 servers, with the administrator's keys and with a tenant's."""

import json
import secrets
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.objectstore import binary, running_store
from yunzu.clients.objectstore import Bucket, BucketUser, object_store
from yunzu.clients.ownership import NoIntents
from yunzu.services.preflight import Report, Targets, examine_targets


def reds(report: Report) -> list[str]:
    return [check.name for check in report.checks if check.level == "red"]


@pytest.mark.parametrize("driver", ["minio", "versitygw"])
def test_keys_that_may_not_administer_are_red(driver: str, tmp_path: Path) -> None:
    program = binary(driver)
    if program is None:
        pytest.skip(f"{driver} is not built")
    with running_store(driver, tmp_path, program) as address:
        assert reds(examine_targets(Targets(None, object_store=address))) == []
        bucket, user = "preflight", BucketUser("preflight", f"preflight{secrets.token_hex(4)}", "preflight-a")
        store, intents, password = object_store(address), NoIntents(), secrets.token_hex(16)
        store.ensure_bucket(Bucket(bucket, versioning=True, quota=None), mark="yunzu:test", intents=intents)
        store.ensure_user(user, secret=password, intents=intents)
        store.close()
        keys = {"access_key": SecretStr(user.access_key), "secret_key": SecretStr(password)}
        report = examine_targets(Targets(None, object_store=address.model_copy(update=keys)))
    assert reds(report) in (["rights"], ["reachable"])
    assert password not in json.dumps(report.as_json())
    assert report.reached
