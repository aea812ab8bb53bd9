"""The versitygw server as the centre runs it: who administers it, and what its environment gives away."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3
from minio import Minio
from pydantic import SecretStr

from tests.support.centre import only_s3, quiet, temporary_home
from tests.support.leaks import Leaks, Processes, centres_secrets
from yunzu.clients.objectstore import Bucket, BucketUser, object_store
from yunzu.clients.ownership import NoIntents
from yunzu.embedded import bootstrap, processes
from yunzu.embedded.programs import MARK
from yunzu.embedded.status import status
from yunzu.errors import RefusedError, YunzuError
from yunzu.model.connections import ObjectStore
from yunzu.settings import Settings


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with temporary_home() as home:
        yield only_s3(home, "versitygw")


@pytest.fixture
def address(settings: Settings) -> ObjectStore:
    return bootstrap.up(settings, progress=quiet).object_store


def environment_of(settings: Settings) -> dict[str, str]:
    (pid,) = {one.pid for one in status(settings).servers if one.origin == "embedded"}
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(word.split("=", 1) for word in words if word)


def test_no_secret_in_its_arguments_environment_and_log(settings: Settings, address: ObjectStore) -> None:
    leaks = Leaks(centres_secrets(settings.home))
    with Processes() as seen, closing(object_store(address)) as store:
        store.ensure_bucket(Bucket("watched", True, None), mark="m", intents=NoIntents())
    leaks.search_processes(seen)
    leaks.search_tree(settings.home / "logs")
    leaks.search_tree(settings.home / "config")
    assert leaks.searched > 10_000
    assert leaks.seen == []
    assert processes.marked(MARK, str(settings.home))


def test_root_of_its_environment_cannot_log_in(settings: Settings, address: ObjectStore) -> None:
    found = environment_of(settings)
    given = (SecretStr(found["ROOT_ACCESS_KEY"]), SecretStr(found["ROOT_SECRET_KEY"]))
    assert given[0] != address.access_key
    assert given[1] != address.secret_key
    for access in (given[0], SecretStr("no"), SecretStr("this")):
        stated = address.model_copy(update={"access_key": access, "secret_key": given[1]})
        with closing(object_store(stated)) as store, pytest.raises((RefusedError, YunzuError)) as refused:
            store.version()
        assert "not answer" not in str(refused.value)
    assert presigned(address) == 404  # there is no such object, and the signature is right
    assert presigned(address.model_copy(update={"access_key": given[0], "secret_key": given[1]})) == 400


def presigned(address: ObjectStore) -> int:
    """The answer to a request whose signature is in its URL, with which a name could be written otherwise."""
    with urllib3.PoolManager(ca_certs=str(address.ca)) as pool:
        client = Minio(
            address.endpoint.removeprefix("https://"),
            access_key=address.access_key.get_secret_value(),
            secret_key=address.secret_key.get_secret_value(),
            region=address.region,
            http_client=pool,
        )
        return pool.request("GET", client.presigned_get_object("watched", "none")).status


def test_administrator_lost_from_its_accounts_is_put_back_beside_the_tenants(
    settings: Settings, address: ObjectStore
) -> None:
    user = BucketUser("own", "yz-of-a-tenant", "e0/main/a")
    with closing(object_store(address)) as store:
        store.ensure_bucket(Bucket("own", True, None), mark="m", intents=NoIntents())
        store.ensure_user(user, secret="secret-of-a-tenant", intents=NoIntents())
    accounts = settings.home / "data" / "versitygw-iam" / "users.json"
    assert accounts.stat().st_mode & 0o077 == 0
    bootstrap.down(settings, progress=quiet)
    document = json.loads(accounts.read_bytes())
    del document["accessAccounts"][address.access_key.get_secret_value()]
    accounts.write_text(json.dumps(document))

    assert bootstrap.up(settings, progress=quiet).object_store == address

    with closing(object_store(address)) as store:
        assert store.inspect_user(user) == ()
        assert store.can_login(user.access_key, "secret-of-a-tenant", "own")


def test_damaged_accounts_are_not_overwritten(settings: Settings, address: ObjectStore) -> None:
    accounts = settings.home / "data" / "versitygw-iam" / "users.json"
    whole = accounts.read_bytes()
    accounts.write_text("{")
    with pytest.raises(YunzuError, match="is not the gateway's list of accounts"):
        bootstrap.up(settings, progress=quiet)
    assert accounts.read_text() == "{"
    accounts.write_bytes(whole)
