"""Credentials that are not enabled: nobody gets in, and nothing of what was handed out is renewed."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from tests.providers.test_yunzu_repair import Life
from tests.support.crashes import Countdown, Killed
from tests.support.postgres import administrator, login
from tests.support.yunzu_environment import Environment
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.objectstore_minio import MinioStore
from yunzu.clients.postgres import Server
from yunzu.errors import RefusedError


def _switch(environment: Environment, *, enabled: bool) -> None:
    """What `up --refresh` does with the input changed."""
    for credential in (environment.login, environment.user):
        credential.refresh()
        if credential.changes(enabled=enabled):
            credential.update(enabled=enabled)


def _doors(environment: Environment) -> tuple[bool, bool]:
    """Whether what the Secrets hold lets one into the database and the bucket."""
    held, keys = environment.postgres_secret, environment.s3_secret
    database = environment.server.can_login(held["database"], held["username"], held["password"])
    return database, environment.store.can_login(keys["access-key"], keys["secret-key"], keys["bucket"])


SHUT, OPEN = (False, False), (True, True)


def test_a_state_that_does_not_know_the_input_shows_no_difference(environment: Environment) -> None:
    for credential in (environment.login, environment.user):
        assert "enabled" not in credential.inputs
        assert credential.changes() == []
        assert credential.changes(enabled=True) == []
        assert credential.changes(enabled=False) == ["enabled"]
        credential.update(enabled=True)
        left_out = {key: value for key, value in credential.inputs.items() if key != "enabled"}
        found = environment.provider.diff(
            credential.urn, credential.identifier, credential.inputs, credential.outputs, left_out
        )
        assert (found.changed, found.replace) == ([], [])
        assert credential.provider.check(credential.urn, None, {**left_out, "enabled": "no"})[1]


def test_disabled_and_enabled_again_the_same_passwords_work(environment: Environment) -> None:
    before = dict(environment.memory.held)
    fingerprints = [one.outputs["fingerprint"] for one in (environment.login, environment.user)]
    held = environment.postgres_secret
    session = login(environment.server.address, held["username"], held["password"], held["database"])
    _switch(environment, enabled=False)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    session.close()
    assert _doors(environment) == SHUT
    assert environment.memory.held == before
    for _ in range(2):
        intents = len(environment.effects.seen)
        assert environment.refresh() == []
        environment.repair()
        _switch(environment, enabled=False)
        assert len(environment.effects.seen) == intents
    _switch(environment, enabled=True)
    assert _doors(environment) == OPEN
    assert environment.memory.held == before
    assert [one.outputs["fingerprint"] for one in (environment.login, environment.user)] == fingerprints
    assert environment.refresh() == []


def _enable_login(environment: Environment) -> None:
    with administrator(environment.server.address) as connection:
        name = sql.Identifier(environment.postgres_secret["username"])
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(name))


def _enable_user(environment: Environment) -> None:
    assert isinstance(environment.store, MinioStore)
    environment.store.admin.user_enable(environment.s3_secret["access-key"])


@pytest.mark.parametrize("loosen", [_enable_login, _enable_user])
def test_enabled_by_hand_it_is_drift_and_shut_again(
    environment: Environment, loosen: Callable[[Environment], None]
) -> None:
    before = dict(environment.memory.held)
    _switch(environment, enabled=False)
    loosen(environment)
    assert any("is let in" in fact for fact in environment.refresh())
    environment.repair()
    assert _doors(environment) == SHUT
    assert environment.refresh() == []
    assert environment.memory.held == before
    _switch(environment, enabled=True)
    assert _doors(environment) == OPEN


def test_repairs_while_disabled_leave_it_disabled(environment: Environment) -> None:
    _switch(environment, enabled=False)
    before = dict(environment.memory.held)
    environment.memory.alter(environment.namespace, "database-main", host="203.0.113.9")
    environment.memory.delete(environment.namespace, "bucket-main")
    environment.repair()
    assert environment.refresh() == []
    assert _doors(environment) == SHUT
    database = environment.namespace, "database-main"
    assert environment.memory.held[database] == before[database]
    assert environment.memory.held != before  # a lost key is made anew, and does not work either
    _switch(environment, enabled=True)
    assert _doors(environment) == OPEN


def test_a_password_changed_meanwhile_is_found_on_return(environment: Environment) -> None:
    _switch(environment, enabled=False)
    with administrator(environment.server.address) as connection:
        name = sql.Identifier(environment.postgres_secret["username"])
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD 'guessed'").format(name))
    before = environment.postgres_secret["password"]
    _switch(environment, enabled=True)
    assert _doors(environment) == OPEN
    assert environment.postgres_secret["password"] not in (before, "guessed")


def test_made_disabled_it_works_once_enabled(server: Server, store: ObjectStore) -> None:
    environment = Environment(server, store)
    for credential in (environment.login, environment.user):
        credential.inputs["enabled"] = False
    environment.create()
    assert _doors(environment) == SHUT
    assert environment.refresh() == []
    before = dict(environment.memory.held)
    _switch(environment, enabled=True)
    assert _doors(environment) == OPEN
    assert environment.memory.held == before


def test_a_disabled_login_that_is_let_in_is_an_error(environment: Environment) -> None:
    """Whatever the server believes: what counts is that one gets in."""
    environment.server.can_login = lambda *_: True  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(RefusedError, match="let in though it is disabled"):
            environment.login.update(enabled=False)
    finally:
        del environment.server.can_login


@pytest.mark.parametrize("enabled", [False, True], ids=["suspending", "returning"])
def test_killed_after_any_side_effect_either_way_is_finished(
    server: Server, store: ObjectStore, enabled: bool
) -> None:
    """Also the other way: who is interrupted may think better of it."""
    for then in (enabled, not enabled):
        k, killed = 0, True
        while killed:
            k += 1
            survivor = Environment(server, store)
            survivor.create()
            before = dict(survivor.memory.held)
            _switch(survivor, enabled=not enabled)
            killed = _dies(server, store, Countdown(k), survivor, enabled=enabled)
            _switch(survivor, enabled=then)
            assert _doors(survivor) == (OPEN if then else SHUT), f"after side effect {k}"
            assert survivor.refresh() == []
            assert survivor.memory.held == before
        assert k > 2


def _dies(
    server: Server, store: ObjectStore, countdown: Countdown, survivor: Environment, *, enabled: bool
) -> bool:
    with Life(server, store, countdown, survivor) as doomed:
        for mine, its in zip(survivor.resources, doomed.resources, strict=True):
            its.identifier, its.inputs, its.outputs = mine.identifier, mine.inputs, mine.outputs
        try:
            _switch(doomed, enabled=enabled)
        except Killed:
            return True
    for mine, its in zip(survivor.resources, doomed.resources, strict=True):
        mine.inputs, mine.outputs = its.inputs, its.outputs
    return False
