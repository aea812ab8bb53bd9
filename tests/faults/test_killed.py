"""SIGKILL right after a side effect: the next run ends as if nothing had happened, with no manual step.

The short test kills after one side effect of each kind that leaves the servers in a state of its own; the
exhaustive ones (`make faults`) after every single one.
"""

import pytest

from tests.faults.conftest import Undisturbed, whole_life
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.lives import Life, complaints
from tests.support.tenants import Tenants

LIVES = {
    "kubernetes POST namespaces": "kubernetes DELETE namespaces",
    "postgres CREATE DATABASE": "postgres DROP DATABASE",
    "s3 PUT bucket": "s3 remove-user",
    "s3 add-user": "s3 DELETE bucket",
}
"""Where an apply is killed, and where the erasure of what it made is."""


IN_SHORT = tuple(LIVES)[:2]
SHORT_AND_LONG = [IN_SHORT, pytest.param(tuple(LIVES)[2:], marks=pytest.mark.faults)]


@pytest.mark.parametrize("kinds", SHORT_AND_LONG, ids=["short", "rest"])
def test_lives_killed_twice(
    kinds: tuple[str, ...], tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    lives = {kind: Life(tenants, command) for kind in kinds}

    def live(kind: str) -> list[str]:
        life = lives[kind]
        found = life.applied(Fault("kill", kind=kind)) + life.converges(undisturbed.applied)
        found += life.destroyed(Fault("kill", kind=LIVES[kind]), erase=True)
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(kinds, live) == []


def test_every_kind_of_side_effect_is_counted(undisturbed: Undisturbed) -> None:
    """Otherwise the tests would kill nothing, or miss a client."""
    seen = {kind.split()[0] for kind in undisturbed.applying}
    assert seen == {"records", "intend", "kubernetes", "postgres", "s3"}
    assert set(LIVES) <= set(undisturbed.applying)
    assert set(LIVES.values()) <= set(undisturbed.erasing)


@pytest.mark.faults
def test_a_name_is_free_again_wherever_its_erasure_was_killed(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    """The last steps write the tombstone: no later run would find it unfinished."""
    total = len(undisturbed.erasing)
    lives = {at: Life(tenants, command) for at in range(total - 3, total + 1)}

    def live(at: int) -> list[str]:
        life = lives[at]
        assert command.apply(life.identifier).code == 0
        found = life.destroyed(Fault("kill", at), erase=True)
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(lives, live) == []


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_apply_killed_after_every_side_effect(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    lives = {at: Life(tenants, command) for at in range(1, len(undisturbed.applying) + 1)}

    def live(at: int) -> list[str]:
        life = lives[at]
        found = life.applied(Fault("kill", at)) + life.converges(undisturbed.applied)
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(lives, live) == []


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("erase", [False, True], ids=["destroy", "erase"])
def test_destroy_killed_after_every_side_effect(
    erase: bool, tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    destroyed, returned, effects = whole_life(tenants, command, erase=erase)
    lives = {at: Life(tenants, command) for at in range(1, effects + 1)}

    def live(at: int) -> list[str]:
        life = lives[at]
        found = life.converges(undisturbed.applied) + life.destroyed(Fault("kill", at), erase=erase)
        found += life.vanishes(destroyed, erase=erase) + life.converges(returned)
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(lives, live) == []


CHANGED = {
    "plan": "standard",
    "databases": [{"name": "main"}, {"name": "more"}],
    "buckets": [{"name": "main", "versioning": False}],
}


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_apply_of_a_changed_manifest_killed_after_every_side_effect(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    first = Life(tenants, command)
    assert command.apply(first.identifier).code == 0
    tenants.environment(first.identifier, **CHANGED)
    ran = command.apply(first.identifier)
    assert ran.code == 0, ran
    wanted = first.digest()
    found = []
    for start in range(1, len(ran.effects) + 1, 12):
        some = range(start, min(start + 12, len(ran.effects) + 1))
        lives = {at: Life(tenants, command) for at in some}
        found += complaints(lives, lambda at: lives[at].converges(undisturbed.applied))  # noqa: B023
        for life in lives.values():
            tenants.environment(life.identifier, **CHANGED)

        def change(at: int) -> list[str]:
            life = lives[at]  # noqa: B023
            return life.applied(Fault("kill", at)) + life.converges(wanted)

        found += complaints(lives, change)
        tenants.erase_all()
    assert found == []
