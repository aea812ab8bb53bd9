"""Ctrl-C, and two runs at once on one environment."""

import threading
import time

from sqlalchemy import text

from tests.faults.conftest import Undisturbed
from tests.support.digest import differences, uid_of
from tests.support.faults import Fault
from tests.support.killing import Command, Started
from tests.support.lives import Life
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


def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(
    tenants: Tenants, command: Command, undisturbed: Undisturbed
) -> None:
    life = Life(tenants, command)
    ran = command.apply(life.identifier, Fault("interrupt", kind="kubernetes POST resourcequotas"))
    assert ran.code == 130, ran
    assert "Traceback" not in ran.errors
    assert "run" in ran.errors
    assert len(ran.effects) < len(undisturbed.applying)
    assert life.converges(undisturbed.applied) == []


def test_two_applies_at_once(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    life = Life(tenants, command)
    applying = command.applying(life.identifier)
    with command.start(*applying) as one, command.start(*applying) as two:
        first, second = one.end(), two.end()
    assert 0 in (first.code, second.code), (str(first), str(second))
    for ran in (first, second):
        assert ran.code == 0 or (ran.code == 3 and ANOTHER_RUN in ran.errors), ran
    assert differences(undisturbed.applied, life.digest()) == []


def test_an_erasure_during_an_apply(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> None:
    life = Life(tenants, command)
    with command.start(*command.applying(life.identifier)) as apply:
        _after(apply, 8)
        erased = command.destroy(life.identifier, erase=True)
        applied = apply.end()
    assert applied.code == 0, applied
    assert erased.code == 0 or ANOTHER_RUN in erased.errors, erased
    assert life.vanishes(undisturbed.erased, erase=True) == []


def test_an_apply_that_waited_for_an_erasure_begins_anew(tenants: Tenants) -> None:
    """Its environment was erased while it waited: it must not go on with the erased one's uid."""
    identifier = tenants.one()
    erased = tenants.apply(identifier).uid
    records = tenants.centre.records
    applied: list[str] = []
    waiting = threading.Thread(target=lambda: applied.append(tenants.apply(identifier).uid))
    with fencing.hold(records, identifier.replace("/", "--")):
        waiting.start()
        _until_somebody_waits(tenants)
        claims.mark_erased(records, erased, "database", "main")
        claims.mark_erased(records, erased, "bucket", "main")
        registry.mark_erased(records, erased)
        registry.mark_emptied(records, erased)
    waiting.join()
    entry = inventory.environment(identifier, centre=tenants.centre)
    claimed = [name for _, name in (*entry.databases, *entry.buckets)]
    assert len(claimed) == 2
    assert all(entry.uid in name for name in claimed)
    assert applied in ([], [uid_of(tenants.centre, identifier)])


def _until_somebody_waits(tenants: Tenants) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    until = time.monotonic() + 8
    while time.monotonic() < until:
        with tenants.centre.records.transaction() as connection:
            if connection.execute(query).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
