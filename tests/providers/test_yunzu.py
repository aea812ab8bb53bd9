"""The `yunzu` provider on real servers: made, kept, changed, removed, and never a secret in its state."""

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.crashes import Recorded
from tests.support.postgres import administrator, log_of
from tests.support.yunzu_environment import CENTRE, Environment
from yunzu import naming
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.postgres import Server
from yunzu.errors import FencedError, NotFoundError, UsageError
from yunzu.providers.protocol import UNKNOWN, CheckFailure, Urn
from yunzu.providers.yunzu_secrets import StoredSecret


def test_credentials_work_and_secrets_have_the_binding_layout(environment: Environment) -> None:
    environment.log_in()
    keys = {"type", "provider", "host", "port", "database", "username", "password", "uri"}
    assert set(environment.postgres_secret) == keys | ({"ca.crt"} if environment.server.address.ca else set())
    assert set(environment.s3_secret) == {
        "type", "provider", "endpoint", "region", "bucket", "access-key", "secret-key", "uri", "ca.crt"
    }  # fmt: skip
    address = environment.server.address
    with psycopg.connect(environment.postgres_secret["uri"], sslrootcert=str(address.ca)) as connection:
        assert connection.info.dbname == environment.database_name


def test_made_again_after_lost_state_nothing_changes(environment: Environment) -> None:
    before = dict(environment.memory.held)
    intents = len(environment.effects.seen)
    outputs = [resource.outputs for resource in environment.resources]
    environment.create()
    assert environment.memory.held == before
    assert len(environment.effects.seen) == intents
    assert [resource.outputs for resource in environment.resources] == outputs
    assert environment.refresh() == []
    assert all(resource.changes() == [] for resource in environment.resources)


def test_no_secret_is_in_state_log_activity_or_arguments(environment: Environment) -> None:
    environment.login.update(version=2)
    hidden = {
        "password": environment.postgres_secret["password"],
        "secret key": environment.s3_secret["secret-key"],
        "access key": environment.s3_secret["access-key"],
    }
    address = environment.server.address
    with administrator(address) as connection:
        activity = str(connection.execute("SELECT * FROM pg_stat_activity").fetchall())
    places = {
        "state": str([(r.identifier, r.inputs, r.outputs) for r in environment.resources]),
        "intents": str(environment.effects.seen),
        "activity": activity,
        "server's log": log_of(address).read_text(),
        "arguments": _arguments(),
        "repr": repr(environment.memory.held),
    }
    assert "SCRAM-SHA-256$" in places["server's log"]  # it does hold the statements
    for what, value in hidden.items():
        for place, text in places.items():
            assert value not in text, f"{what} in {place}"


def _arguments() -> str:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "environ"):
            try:
                found.append((process / file).read_bytes().decode(errors="replace"))
            except OSError:
                continue  # ended meanwhile, or not ours to read
    assert str(os.getpid()) in os.listdir("/proc")  # noqa: PTH208 - as above
    return "\n".join(found)


def test_a_new_version_is_a_new_password(environment: Environment) -> None:
    for credential, key in ((environment.login, "password"), (environment.user, "secret-key")):
        place = environment.namespace, credential.inputs["secret"]
        old, fingerprint = environment.memory.held[place].data[key], credential.outputs["fingerprint"]
        assert credential.changes(version=2) == ["version"]
        credential.update(version=2)
        assert environment.memory.held[place].data[key] != old
        assert credential.outputs["fingerprint"] != fingerprint
        assert credential.outputs["version"] == 2
    environment.log_in()
    assert environment.refresh() == []


def test_an_update_changes_limits_in_place(environment: Environment) -> None:
    environment.database.update(connections=4)
    environment.login.update(connections=3)
    environment.bucket.update(bytes=5, versioning=False)
    assert environment.refresh() == []
    facts = environment.store.bucket_facts(environment.bucket_name)
    assert facts is not None
    assert (facts.quota, facts.versioning) == (5, False)
    with administrator(environment.server.address) as connection:
        query = "SELECT datconnlimit FROM pg_database WHERE datname = %s"
        assert connection.execute(query, (environment.database_name,)).fetchone() == (4,)


@pytest.mark.parametrize(
    ("which", "change", "replaced"),
    [
        ("database", {"connections": 5}, []),
        ("database", {"name": "yz_x"}, ["name"]),
        ("database", {"pool": "tenants-2"}, ["pool"]),
        ("bucket", {"uid": "eaaaaaaaaaaa"}, ["uid"]),
        ("login", {"namespace": "elsewhere"}, ["namespace"]),
        ("login", {"slot": "b"}, ["slot"]),
        ("login", {"labels": {}}, []),
        ("user", {"secret": "another"}, ["secret"]),
    ],
)
def test_what_makes_it_another_thing_replaces(
    environment: Environment, which: str, change: dict[str, Any], replaced: list[str]
) -> None:
    resource = getattr(environment, which)
    diff = environment.provider.diff(
        resource.urn, resource.identifier, resource.inputs, resource.outputs, {**resource.inputs, **change}
    )
    assert diff.changed == list(change)
    assert diff.replace == replaced
    assert diff.delete_before_replace == (which in ("login", "user"))


def test_credentials_go_and_data_stay_then_new_ones_find_the_data(environment: Environment) -> None:
    environment.log_in()
    old = environment.postgres_secret["password"]
    for resource in (environment.user, environment.login):
        resource.delete()
        resource.delete()
        assert resource.refresh() is None
    assert environment.memory.held == {}
    again = Environment(environment.server, environment.store, uid=environment.uid)
    again.create()
    again.log_in()
    assert again.postgres_secret["password"] != old
    with administrator(environment.server.address, environment.database_name) as connection:
        assert connection.execute("SELECT count(*) FROM tried").fetchone() == (0,)


def test_deleting_everything_leaves_nothing_behind(environment: Environment) -> None:
    environment.log_in()
    environment.delete()
    environment.delete()
    assert [resource.refresh() for resource in environment.resources] == [None] * 4
    with administrator(environment.server.address) as connection:
        query = "SELECT 1 FROM pg_roles WHERE rolname LIKE %s"
        assert connection.execute(query, (f"%{environment.uid}%",)).fetchall() == []


def test_a_fenced_writer_changes_nothing(server: Server, store: ObjectStore) -> None:
    class Fenced(Recorded):
        def intend(self, kind: str, name: str) -> None:
            raise FencedError(f"{kind} {name}", 1, 2)

    environment = Environment(server, store, effects=Fenced())
    for resource in environment.resources[::2]:
        with pytest.raises(FencedError):
            resource.create()
    assert [resource.refresh() for resource in environment.resources] == [None] * 4
    assert environment.memory.held == {}


def test_a_preview_changes_nothing_and_takes_unknown_values(server: Server, store: ObjectStore) -> None:
    environment = Environment(server, store)
    environment.effects = None
    for resource in environment.resources:
        known = environment.provider.create(resource.urn, resource.inputs, preview=True, timeout=0)
        assert known[1] == resource.inputs
        unknown = dict.fromkeys(resource.inputs, UNKNOWN)
        assert environment.provider.check(resource.urn, None, unknown) == (unknown, [])
        assert environment.provider.create(resource.urn, unknown, preview=True, timeout=0)[0] == UNKNOWN
        environment.provider.update(
            resource.urn, "id", resource.inputs, resource.inputs, unknown, preview=True, timeout=0
        )
    assert [resource.refresh() for resource in environment.resources] == [None] * 4
    assert environment.memory.held == {}


def test_a_credential_without_its_database_or_bucket_says_so(server: Server, store: ObjectStore) -> None:
    environment = Environment(server, store)
    for credential in (environment.login, environment.user):
        with pytest.raises(NotFoundError, match="does not exist"):
            credential.create()
    assert environment.memory.held == {}


HOSTILE: list[Any] = [
    "",
    "x" * 300,
    'a"; DROP ROLE x; --',
    "../../etc",
    "dept--a",
    "yz_other",
    None,
    7,
    True,
    {},
    "a\n",
    "*",
]
FITTING: list[tuple[str, Any]] = [
    ("connections", 7),
    ("version", 7),
    ("bytes", 7),
    ("versioning", True),
    ("namespace", "dept--a"),
]
FITTING.append(("secret", "dept--a"))
FIELDS = {
    "database": ["pool", "name", "uid", "connections"],
    "login": ["database", "access", "slot", "namespace", "secret", "labels", "version"],
    "bucket": ["name", "uid", "versioning", "bytes"],
    "user": ["bucket", "claim", "slot", "namespace", "secret", "labels", "version"],
}


@pytest.mark.parametrize("which", FIELDS)
def test_wrong_inputs_are_all_found_before_any_server_is_asked(which: str) -> None:
    nowhere: Any = None
    environment = Environment(nowhere, nowhere)
    resource = getattr(environment, which)

    def check(inputs: dict[str, Any]) -> list[CheckFailure]:
        return environment.provider.check(resource.urn, None, inputs)[1]

    assert check(resource.inputs) == []
    for field in FIELDS[which]:
        for value in HOSTILE:
            if (field, value) in FITTING and isinstance(value, bool) == (field == "versioning"):
                continue
            failures = check({**resource.inputs, field: value})
            assert field in [failure.property for failure in failures], (field, value)
        without = {key: value for key, value in resource.inputs.items() if key != field}
        assert field in [failure.property for failure in check(without)]
    assert [failure.property for failure in check({**resource.inputs, "more": 1})] == ["more"]
    assert len(check({})) >= len(FIELDS[which])


def test_names_and_labels_of_others_are_refused_as_inputs() -> None:
    nowhere: Any = None
    environment = Environment(nowhere, nowhere)
    uid = naming.mint_environment_uid()
    for which, change in (
        ("database", {"name": naming.database(CENTRE, uid, "main")}),
        ("database", {"name": naming.database("99999999", environment.uid, "main")}),
        ("login", {"database": naming.database(CENTRE, uid, "main")}),
        ("bucket", {"name": naming.bucket(CENTRE, uid, "main")}),
        ("user", {"labels": naming.labels(CENTRE, uid, "dep", "env")}),
        ("login", {"labels": naming.labels("99999999", environment.uid, "dep", "env")}),
    ):
        resource = getattr(environment, which)
        assert environment.provider.check(resource.urn, None, {**resource.inputs, **change})[1], change


def test_other_types_and_imports_are_refused_with_a_sentence(environment: Environment) -> None:
    urn = Urn("dep--env", "yunzu", "yunzu:postgres:Cluster", "one")
    with pytest.raises(UsageError, match="no resource type"):
        environment.provider.create(urn, {}, preview=False, timeout=0)
    with pytest.raises(UsageError, match="cannot be imported"):
        environment.provider.read(environment.database.urn, "yz_x", {}, {})


def test_keys_and_labels_that_a_tenant_adds_are_its_own(environment: Environment) -> None:
    environment.memory.alter(environment.namespace, "database-main", extra="mine")
    held = environment.memory.held[environment.namespace, "database-main"]
    labels = {**held.labels, "team": "beds"}
    environment.memory.held[environment.namespace, "database-main"] = StoredSecret(labels, held.data)
    assert environment.refresh() == []


def test_what_is_there_and_was_never_entered_is_finished(environment: Environment) -> None:
    """As a killed run leaves it: it gets the outputs of a creation, and keeps its passwords."""
    before = [dict(one.outputs) for one in environment.resources]
    held = environment.postgres_secret, environment.s3_secret
    for one in environment.resources:
        one.outputs = {}
    environment.repair()
    assert [one.outputs for one in environment.resources] == before
    assert (environment.postgres_secret, environment.s3_secret) == held
    assert environment.refresh() == []
