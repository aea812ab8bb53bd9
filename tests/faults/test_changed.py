"""SIGKILL during an apply, and a manifest that names no more what it had begun: nothing of that is left over.

Data are the exception, as always: a database or a bucket that was made stays, listed as held, until it is
erased. Nobody can log in to it.
"""

from collections.abc import Sequence
from copy import deepcopy

import pytest

from tests.support.digest import Document, differences
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.lives import AT_ONCE, Life, complaints
from tests.support.tenants import Tenants
from yunzu import naming

BEGUN = {
    "databases": [{"name": "main"}, {"name": "begun"}],
    "buckets": [{"name": "main"}, {"name": "begun"}],
}
WANTED = {
    "databases": [{"name": "main"}, {"name": "other"}],
    "buckets": [{"name": "main"}, {"name": "other"}],
}
DATABASE = naming.database("<centre>", "<uid>", "begun")
GROUPS = {naming.database_owner(DATABASE), *(f"{DATABASE}_{one}" for one in ("ddl", "app", "ro"))}
BUCKET = naming.bucket("<centre>", "<uid>", "begun")
KINDS = ["postgres CREATE DATABASE", "s3 add-user", "kubernetes PATCH secrets"]


@pytest.fixture(scope="module")
def wanted(tenants: Tenants, command: Command) -> Document:
    """The digest of a life in which nothing else was begun."""
    life = _applied(1, tenants, command)[0]
    tenants.environment(life.identifier, **WANTED)
    ran = command.apply(life.identifier)
    assert ran.code == 0, ran
    return life.digest()


@pytest.fixture(scope="module")
def beginning(tenants: Tenants, command: Command) -> tuple[str, ...]:
    """The side effects of the apply that is killed."""
    life = _applied(1, tenants, command)[0]
    tenants.environment(life.identifier, **BEGUN)
    ran = command.apply(life.identifier)
    assert ran.code == 0, ran
    return ran.effects


def _applied(count: int, tenants: Tenants, command: Command) -> list[Life]:
    lives = [Life(tenants, command) for _ in range(count)]
    assert (
        complaints(lives, lambda one: [str(ran) for ran in [command.apply(one.identifier)] if ran.code]) == []
    )
    return lives


def _without_data(whole: Document) -> Document:
    """The digest without the data that were begun and are listed as held."""
    found = deepcopy(whole)
    held = {row[2] for row in found["records"]["claims"] if row[1] == "begun" and not row[3]}
    for server in found["postgres"].values() if DATABASE in held else ():
        server["databases"] = [row for row in server["databases"] if row[0] != DATABASE]
        for kind in ("roles", "members"):
            server[kind] = [row for row in server[kind] if not GROUPS & {str(one) for one in row[:2]}]
        server.pop(DATABASE, None)
    if BUCKET in held:
        found["s3"].pop(BUCKET, None)
    found["records"]["claims"] = [row for row in found["records"]["claims"] if row[1] != "begun"]
    return found


def _left(of: Document) -> list[str]:
    """What is there of an environment that was erased."""
    rows = [row for server in of["postgres"].values() for kind in server.values() for row in kind]
    return [f"{one} is left" for one in [*rows, *of["s3"], *of["kubernetes"]]]


def _ended(life: Life, wanted: Document) -> list[str]:
    """The next apply ends like one before which nothing was begun, and all can be erased."""
    ran = life.command.apply(life.identifier)
    if ran.code:
        return [f"the next apply fails: {ran}"]
    found = differences(wanted, _without_data(life.digest()))
    found += life.converges(life.digest())
    erased = life.command.destroy(life.identifier, erase=True)
    return [*found, f"cannot be erased: {erased}"] if erased.code else found + _left(life.digest())


def _lives(faults: Sequence[Fault], wanted: Document, tenants: Tenants, command: Command) -> list[str]:
    lives = dict(zip(faults, _applied(len(faults), tenants, command), strict=True))
    for life in lives.values():
        tenants.environment(life.identifier, **BEGUN)
    found = complaints(faults, lambda fault: lives[fault].applied(fault))
    for life in lives.values():
        tenants.environment(life.identifier, **WANTED)
    return found + complaints(faults, lambda fault: _ended(lives[fault], wanted))


@pytest.mark.faults
def test_what_was_begun_and_is_named_no_more_goes(
    tenants: Tenants, command: Command, wanted: Document
) -> None:
    assert _lives([Fault("kill", kind=kind) for kind in KINDS], wanted, tenants, command) == []


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_what_was_begun_goes_wherever_it_was_killed(
    tenants: Tenants, command: Command, wanted: Document, beginning: tuple[str, ...]
) -> None:
    found = []
    for start in range(1, len(beginning) + 1, AT_ONCE):
        some = range(start, min(start + AT_ONCE, len(beginning) + 1))
        found += _lives([Fault("kill", at) for at in some], wanted, tenants, command)
    assert found == []
