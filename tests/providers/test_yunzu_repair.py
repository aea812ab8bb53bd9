"""What `up --refresh` does after another hand, a crash or a stranger: repaired, finished, refused."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from minio.versioningconfig import SUSPENDED, VersioningConfig
from psycopg import sql

from tests.support.crashes import Countdown, Crashing, CrashingServer, Killed, Recorded
from tests.support.postgres import administrator
from tests.support.yunzu_environment import CENTRE, Environment
from yunzu import naming
from yunzu.clients.objectstore import Bucket, BucketUser, ObjectStore
from yunzu.clients.objectstore_minio import MinioStore
from yunzu.clients.postgres import Server
from yunzu.errors import NotOursError
from yunzu.providers.yunzu_secrets import StoredSecret


def _sql(statement: str) -> Callable[[Environment], None]:
    def loosen(environment: Environment) -> None:
        name = environment.database_name
        names = {"login": environment.postgres_secret["username"], "database": name}
        names |= {"ddl": naming.database_ddl(name), "app": naming.database_application(name)}
        parts = {key: sql.Identifier(value) for key, value in names.items()}
        with administrator(environment.server.address) as connection:
            connection.execute(sql.SQL(statement).format(**parts))

    return loosen


def _drop_login(environment: Environment) -> None:
    _sql("DROP OWNED BY {login}")(environment)
    _sql("DROP ROLE {login}")(environment)


def _secret(name: str, **keys: str) -> Callable[[Environment], None]:
    return lambda environment: environment.memory.alter(environment.namespace, name, **keys)


def _without(name: str) -> Callable[[Environment], None]:
    return lambda environment: environment.memory.delete(environment.namespace, name)


def _relabelled(environment: Environment) -> None:
    key = (environment.namespace, "database-main")
    labels = {**environment.labels, naming.LABEL_DEPARTMENT: "another"}
    environment.memory.held[key] = StoredSecret(labels, environment.memory.held[key].data)


def _minio(environment: Environment) -> MinioStore:
    assert isinstance(environment.store, MinioStore)
    return environment.store


def _user_dropped(environment: Environment) -> None:
    _minio(environment).admin.user_remove(environment.s3_secret["access-key"])


def _user_rekeyed(environment: Environment) -> None:
    _minio(environment).admin.user_add(environment.s3_secret["access-key"], "another-secret-key")


def _user_promoted(environment: Environment) -> None:
    _minio(environment).admin.policy_set("readwrite", user=environment.s3_secret["access-key"])


def _versioning_off(environment: Environment) -> None:
    config = VersioningConfig(SUSPENDED)
    _minio(environment).client.set_bucket_versioning(bucket_name=environment.bucket_name, config=config)


LOOSENED: dict[str, tuple[Callable[[Environment], None], bool]] = {
    # what was done, and whether the password has to be a new one
    "password changed": (_sql("ALTER ROLE {login} PASSWORD 'x'"), True),
    "login dropped": (_drop_login, True),
    "login promoted": (_sql("ALTER ROLE {login} SUPERUSER CREATEDB"), False),
    "login out of its group": (_sql("REVOKE {ddl} FROM {login}"), False),
    "login in another group": (_sql("GRANT {app} TO {login}"), False),
    "login barred": (_sql("ALTER ROLE {login} NOLOGIN"), False),
    "PUBLIC let in": (_sql("GRANT CONNECT ON DATABASE {database} TO PUBLIC"), False),
    "Secret deleted": (_without("database-main"), True),
    "Secret's password": (_secret("database-main", password="x"), True),
    "Secret's user": (_secret("database-main", username="postgres"), True),
    "Secret's host": (_secret("database-main", host="203.0.113.9"), False),
    "Secret's certificate": (_secret("database-main", **{"ca.crt": "x"}), False),
    "Secret's label": (_relabelled, False),
    "bucket's Secret deleted": (_without("bucket-main"), True),
    "bucket's certificate": (_secret("bucket-main", **{"ca.crt": "x"}), False),
    "bucket's endpoint": (_secret("bucket-main", endpoint="https://203.0.113.9"), False),
    "bucket's versioning": (_versioning_off, False),
    "user dropped": (_user_dropped, True),
    "user's secret key": (_user_rekeyed, True),
    "user promoted": (_user_promoted, False),
}


@pytest.mark.parametrize("name", LOOSENED)
def test_a_refresh_sees_it_and_the_update_puts_it_right(environment: Environment, name: str) -> None:
    loosen, renews = LOOSENED[name]
    if name == "Secret's certificate" and environment.server.address.ca is None:
        pytest.skip("this PostgreSQL has no TLS")
    before = dict(environment.memory.held)
    loosen(environment)
    assert environment.refresh() != []
    environment.repair()
    assert environment.refresh() == []
    environment.log_in()
    assert (environment.memory.held != before) == renews


def test_a_dropped_database_is_made_again(environment: Environment) -> None:
    with administrator(environment.server.address) as connection:
        name = sql.Identifier(environment.database_name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
    assert environment.database.refresh() is None
    environment.repair()
    environment.log_in()
    assert environment.refresh() == []


def test_a_password_that_a_tenant_set_in_both_places_is_replaced(environment: Environment) -> None:
    _sql("ALTER ROLE {login} PASSWORD 'weak'")(environment)
    environment.memory.alter(environment.namespace, "database-main", password="weak")
    environment.repair()
    assert environment.postgres_secret["password"] != "weak"
    environment.log_in()


def test_an_address_in_a_secret_is_never_connected_to(environment: Environment) -> None:
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(0.2)
        host, port = trap.getsockname()
        uri = f"postgresql://{host}:{port}/x"
        _secret("database-main", host=host, port=str(port), uri=uri)(environment)
        _secret("bucket-main", endpoint=f"https://{host}:{port}", uri=uri)(environment)
        environment.repair()
        with pytest.raises(TimeoutError):
            trap.accept()
    environment.log_in()


class Life:
    """An environment whose clients die after the k-th side effect of all of them together."""

    def __init__(
        self, server: Server, store: ObjectStore, countdown: Countdown, survivor: Environment
    ) -> None:
        self.server = CrashingServer(server.address)
        self.server.countdown = countdown
        changing = frozenset({"make_bucket", "set_bucket_tags", "set_bucket_versioning", "remove_bucket"})
        self.store = MinioStore(store.address)
        self.store.client = Crashing(self.store.client, countdown, changing)  # type: ignore[assignment]
        changing = frozenset({"bucket_quota_set", "policy_add", "policy_set", "user_add", "user_remove"})
        changing |= {"user_enable", "user_disable"}
        self.store.admin = Crashing(self.store.admin, countdown, changing | {"policy_remove"})  # type: ignore[assignment]
        memory = Crashing(survivor.memory, countdown, frozenset({"write", "delete"}))
        self.environment = Environment(
            self.server, self.store, secrets=memory, uid=survivor.uid, effects=survivor.effects
        )  # fmt: skip

    def __enter__(self) -> Environment:
        return self.environment

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.store.close()


def test_killed_after_any_side_effect_the_next_run_finishes(server: Server, store: ObjectStore) -> None:
    countdown = Countdown()
    with Life(server, store, countdown, Environment(server, store)) as undisturbed:
        undisturbed.create()
        made = countdown.count
        undisturbed.delete()
    total = countdown.count
    assert made > 30
    assert total > made + 5
    for k in [*range(1, made + 1, 3), *range(made + 1, total + 1)]:
        survivor = Environment(server, store)
        with Life(server, store, Countdown(k), survivor) as doomed, pytest.raises(Killed):
            _live(doomed)
        survivor.create()
        survivor.log_in()
        assert survivor.refresh() == [], f"after side effect {k}"
        survivor.delete()
        assert [resource.refresh() for resource in survivor.resources] == [None] * 4


def _live(environment: Environment) -> None:
    environment.create()
    environment.delete()


def test_a_rotation_killed_between_server_and_secret_is_finished(server: Server, store: ObjectStore) -> None:
    for k in (1, 2, 3):
        survivor = Environment(server, store)
        survivor.create()
        with Life(server, store, Countdown(k), survivor) as doomed:
            for mine, its in zip(survivor.resources, doomed.resources, strict=True):
                its.identifier, its.outputs = mine.identifier, mine.outputs
            with pytest.raises(Killed):
                _rotate(doomed)
        survivor.repair()
        survivor.log_in()
        assert survivor.refresh() == []


def _rotate(environment: Environment) -> None:
    environment.login.update(version=2)
    environment.user.update(version=2)


@pytest.mark.parametrize(
    "labels", [{}, {"app": "theirs"}, naming.labels(CENTRE, "eaaaaaaaaaaa", "dep", "other")]
)
def test_a_foreign_secret_is_refused_and_left_alone(
    server: Server, store: ObjectStore, labels: dict[str, str]
) -> None:
    environment = Environment(server, store)
    environment.database.create()
    environment.bucket.create()
    theirs = StoredSecret(labels, {"theirs": "kept"})
    for credential in (environment.login, environment.user):
        key = (environment.namespace, credential.inputs["secret"])
        environment.memory.held[key] = theirs
        with pytest.raises(NotOursError):
            credential.create()
        credential.delete()
        assert environment.memory.held[key] is theirs
        assert credential.refresh() is not None
    with administrator(server.address) as connection:
        query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
        assert connection.execute(query, (environment.login.identifier,)).fetchall() == []


def test_foreign_objects_on_the_servers_are_refused_already_in_a_preview(
    server: Server, store: MinioStore
) -> None:
    environment, other = Environment(server, store), naming.owner_mark(CENTRE, "eaaaaaaaaaaa")
    with administrator(server.address) as connection:
        role = sql.Identifier(naming.database_owner(environment.database_name))
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(other)))
    store.ensure_bucket(Bucket(environment.bucket_name, False, None), mark=other, intents=Recorded())
    for resource in (environment.database, environment.bucket):
        for preview in (True, False):
            with pytest.raises(NotOursError):
                environment.provider.create(resource.urn, resource.inputs, preview=preview, timeout=0)
    assert environment.effects.seen == []


def test_a_foreign_user_is_refused(server: Server, store: MinioStore) -> None:
    environment, elsewhere = Environment(server, store), Environment(server, store)
    environment.bucket.create()
    elsewhere.bucket.create()
    key = naming.access_key("5f" * 32, environment.uid, "main", "a")
    store.ensure_user(BucketUser(elsewhere.bucket_name, key, "stranger"), secret="s" * 20, intents=Recorded())
    with pytest.raises(NotOursError) as caught:
        environment.user.create()
    assert key not in str(caught.value)
    assert environment.memory.held == {}
    assert store.can_login(key, "s" * 20, elsewhere.bucket_name)


def test_without_its_namespace_a_credential_is_still_removed(environment: Environment) -> None:
    environment.memory.held.clear()
    for credential in (environment.login, environment.user):
        credential.delete()
        found: Any = credential.refresh()
        assert found is None
