"""A change is made and its answer is lost: this run or the next finds its own work, and goes on with it."""

import pytest

from tests.faults.conftest import Undisturbed
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.lives import Life, complaints
from tests.support.tenants import Tenants

FEW = ["postgres CREATE DATABASE", "kubernetes PATCH secrets"]
ERASING = ["kubernetes DELETE namespaces", "s3 remove-user", "postgres DROP ROLE"]


def _lives(kinds: list[str], tenants: Tenants, command: Command, undisturbed: Undisturbed) -> list[str]:
    assert set(kinds) <= set(undisturbed.applying)
    lives = {kind: Life(tenants, command) for kind in kinds}

    def live(kind: str) -> list[str]:
        life = lives[kind]
        ran = command.apply(life.identifier, Fault("lose", kind=kind))
        found = [] if ran.code in (0, 1, 5) else [str(ran)]
        if "exists" in ran.errors or "Traceback" in ran.errors:
            found.append(str(ran))
        found += life.converges(undisturbed.applied)
        return found + life.vanishes(undisturbed.erased, erase=True)

    return complaints(kinds, live)


@pytest.mark.faults
def test_a_lost_answer(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    assert _lives(FEW, tenants, command, undisturbed) == []


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_lost_answer_of_every_kind(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    kinds = sorted(set(undisturbed.applying) - set(FEW))
    assert _lives(kinds, tenants, command, undisturbed) == []


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_lost_answer_while_erasing(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    kinds = sorted(set(undisturbed.erasing))
    assert set(ERASING) <= set(kinds)
    lives = {kind: Life(tenants, command) for kind in kinds}

    def live(kind: str) -> list[str]:
        life = lives[kind]
        found = life.converges(undisturbed.applied)
        ran = command.destroy(life.identifier, erase=True, fault=Fault("lose", kind=kind))
        if ran.code not in (0, 1, 5) or "Traceback" in ran.errors:
            found.append(str(ran))
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(kinds, live) == []
