"""Real servers under the tests of their clients: S3, PostgreSQL as superuser and as a managed role."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from tests.support.objectstore import binary, running_store
from tests.support.objectstore_tenants import Tenant as BucketTenant
from tests.support.postgres import administrator, running_postgres
from tests.support.postgres_tenants import Tenant
from yunzu.clients.objectstore import ObjectStore, object_store
from yunzu.clients.objectstore_s3 import S3Buckets
from yunzu.clients.postgres import Server
from yunzu.model.connections import Postgres

MANAGED = "managed-by-somebody-else"


@pytest.fixture(scope="session")
def address() -> Iterator[Postgres]:
    with running_postgres() as running:
        with Server(running) as server:
            assert server.harden() == ()
        with administrator(running) as connection:
            connection.execute(
                "CREATE ROLE managed LOGIN CREATEROLE CREATEDB PASSWORD 'managed-by-somebody-else'"
            )
            connection.execute("GRANT CONNECT ON DATABASE postgres TO managed")
        yield running


@pytest.fixture(params=["superuser", "managed"])
def server(address: Postgres, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The client as a superuser, and as the role that a managed PostgreSQL gives out."""
    if request.param == "managed":
        address = address.model_copy(update={"user": "managed", "password": SecretStr(MANAGED)})
    with Server(address) as client:
        yield client


@pytest.fixture
def root(address: Postgres) -> Iterator[Server]:
    with Server(address) as client:
        yield client


@pytest.fixture(scope="module")
def pair(address: Postgres) -> Iterator[tuple[Tenant, Tenant]]:
    with Server(address) as client:
        tenants = Tenant(client), Tenant(client)
        for tenant in tenants:
            tenant.ensure("owner", "app", "ro")
        yield tenants


@pytest.fixture(scope="session", params=["minio", "versitygw"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    program = binary(request.param)
    if program is None:
        pytest.skip(f"no {request.param} binary: `yunzu tools build`, or YUNZU_BIN_DIR")
    with running_store(request.param, tmp_path_factory.mktemp(request.param), program) as address:
        store = object_store(address)
        yield store
        store.close()


@pytest.fixture
def bucket_tenant(store: S3Buckets) -> BucketTenant:
    made = BucketTenant(store)
    made.ensure()
    return made
