"""Servers under the providers' tests: the shared cluster, PostgreSQL that logs every statement, and MinIO."""

from collections.abc import Iterator

import pytest

from tests.support.objectstore import binary, running_store
from tests.support.postgres import running_postgres
from tests.support.providers import client, effects, kubeconfig, namespace, provider
from tests.support.yunzu_environment import Environment
from yunzu.clients.objectstore import ObjectStore, object_store
from yunzu.clients.postgres import Server

__all__ = ["client", "effects", "kubeconfig", "namespace", "provider"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_postgres() as address, Server(address) as made:
        made.harden()
        yield made


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    program = binary("minio")
    if program is None:
        pytest.skip("no minio binary: `yunzu tools build`")
    with running_store("minio", tmp_path_factory.mktemp("minio"), program) as address:
        made = object_store(address)
        yield made
        made.close()


@pytest.fixture
def environment(server: Server, store: ObjectStore) -> Environment:
    """A new one with everything made."""
    made = Environment(server, store)
    made.create()
    return made
