"""Ctrl-C, and two runs at once on one environment."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.faults.conftest import Undisturbed, enrolled
from tests.support.digest import differences
from tests.support.faults import Fault
from tests.support.killing import Command, Started
from tests.support.lives import Life, complaints
from tests.support.tenants import Tenants
from yunzu.records import claims, fencing
from yunzu.records import environments as registry
from yunzu.services import inventory

ANOTHER_RUN = "is being changed by another run"


def _after(run: Started, effects: int) -> None:
    """Wait until a run has had so many side effects."""
    until = time.monotonic() + 30
    while len(run.effects()) < effects:
        assert run.process.poll() is None, run.end()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.faults
def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    life = Life(tenants, command)
    ran = command.apply(life.identifier, Fault("interrupt", kind="kubernetes POST namespaces"))
    assert ran.code == 130, ran
    assert "Traceback" not in ran.errors
    spared = set(undisturbed.applying) - set(ran.effects)
    assert "kubernetes POST resourcequotas" in spared, str(ran)
    assert life.converges(undisturbed.applied) == []


@pytest.mark.faults
def test_what_a_killed_apply_had_no_time_to_record_is_taken_down_too(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    kinds = ("kubernetes POST namespaces", "s3 add-user", "postgres commit CREATE ROLE")
    lives = {kind: Life(tenants, command) for kind in kinds}

    def live(kind: str) -> list[str]:
        life = lives[kind]
        found = life.applied(Fault("kill", kind=kind, at=kinds.index(kind) // 2 + 1))
        return found + life.vanishes(undisturbed.erased, erase=True)

    assert complaints(kinds, live) == []


@pytest.mark.faults
def test_two_applies_at_once(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    life = Life(tenants, command)
    applying = command.applying(life.identifier)
    with command.start(*applying) as one, command.start(*applying) as two:
        first, second = one.end(), two.end()
    assert 0 in (first.code, second.code), (str(first), str(second))
    for ran in (first, second):
        assert ran.code == 0 or (ran.code == 3 and ANOTHER_RUN in ran.errors), ran
    assert differences(undisturbed.applied, life.digest()) == []


@pytest.mark.faults
def test_an_erasure_during_an_apply(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    life = Life(tenants, command)
    with command.start(*command.applying(life.identifier)) as apply:
        _after(apply, 8)
        erased = command.destroy(life.identifier, erase=True)
        applied = apply.end()
    assert applied.code == 0 or "probes are red" in applied.errors, applied
    assert erased.code == 0 or ANOTHER_RUN in erased.errors, erased
    assert life.vanishes(undisturbed.erased, erase=True) == []


def test_an_apply_that_waited_for_an_erasure_begins_anew(tenants: Tenants) -> None:
    """Its environment was erased while it waited: it must not go on with the erased one's uid."""
    identifier = tenants.one()
    records, erased = tenants.centre.records, enrolled(tenants, identifier)
    with ThreadPoolExecutor(1) as pool:
        with fencing.hold(records, identifier.replace("/", "--")):
            waiting = pool.submit(tenants.apply, identifier)
            _until_somebody_waits(tenants)
            claims.mark_erased(records, erased, "database", "main")
            claims.mark_erased(records, erased, "bucket", "main")
            registry.mark_erased(records, erased, emptied=True)
        applied = waiting.result()
    assert applied.uid != erased
    entry = inventory.environment(identifier, tenants.centre.records)
    assert entry.uid == applied.uid
    assert len(entry.databases) == len(entry.buckets) == 1


def _until_somebody_waits(tenants: Tenants) -> None:
    query = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND NOT granted AND application_name LIKE :ours"
    )
    until = time.monotonic() + 8
    while time.monotonic() < until:
        with tenants.centre.records.transaction() as connection:
            if connection.execute(query, {"ours": f"% {os.getpid()}"}).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
