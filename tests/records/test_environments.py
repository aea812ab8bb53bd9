"""Environments, claims, journal and handouts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.support.engine import CENTRE
from yunzu.errors import FencedError, NotFoundError, RefusedError
from yunzu.records import claims, environments, fencing, handouts, journal
from yunzu.records.database import Records


def enrol(
    records: Records, name: str = "beds", plan: str = "small", suspended: bool | None = None
) -> environments.Environment:
    return environments.enrol(records, CENTRE, "health", name, plan=plan, suspended=suspended)


def test_a_uid_is_minted_once_and_survives_destroy(records: Records) -> None:
    first = enrol(records)
    assert (first.state, first.plan, first.id) == ("provisioning", "small", "health/beds")
    environments.mark_active(records, first.uid, applied_hash="h1")
    assert environments.find(records, "health", "beds").applied_hash == "h1"
    environments.mark_destroyed(records, first.uid)
    assert environments.find(records, "health", "beds").state == "destroyed"
    again = enrol(records, plan="large")
    assert (again.uid, again.state, again.plan) == (first.uid, "provisioning", "large")
    assert again.destroyed_at is None


def test_only_who_says_so_suspends_and_resumes(records: Records) -> None:
    uid = enrol(records).uid
    since = enrol(records, suspended=True).suspended_at
    assert since is not None
    environments.mark_failed(records, uid)
    assert enrol(records).suspended
    assert enrol(records, suspended=True).suspended_at == since
    environments.mark_suspended(records, uid, applied_hash="h1")
    found = environments.find(records, "health", "beds")
    assert (found.state, found.applied_hash, found.suspended_at) == ("suspended", "h1", since)
    environments.mark_destroyed(records, uid)
    assert enrol(records).suspended
    assert not enrol(records, suspended=False).suspended
    environments.mark_active(records, uid, applied_hash="h1")
    assert environments.find(records, "health", "beds").state == "active"


def test_the_state_cannot_deny_a_suspension(records: Records) -> None:
    uid = enrol(records, suspended=True).uid
    with pytest.raises(IntegrityError):
        environments.mark_active(records, uid, applied_hash="h1")
    enrol(records, suspended=False)
    with pytest.raises(IntegrityError):
        environments.mark_suspended(records, uid, applied_hash="h1")


def test_a_run_that_was_overtaken_says_nothing_more(records: Records) -> None:
    uid = enrol(records).uid
    with fencing.hold(records, "health--beds") as overtaken:
        overtaken.close()
        with fencing.hold(records, "health--beds") as writer:
            environments.mark_active(records, uid, applied_hash="h1", by=writer)
            for mark in (environments.mark_failed, environments.mark_destroyed, environments.mark_erased):
                with pytest.raises(FencedError):
                    mark(records, uid, by=overtaken)
    assert environments.find(records, "health", "beds").state == "active"


def test_enrolling_at_once_gives_one_uid(records: Records) -> None:
    with ThreadPoolExecutor(8) as pool:
        uids = {made.uid for made in pool.map(lambda _: enrol(records), range(16))}
    assert len(uids) == 1


def test_an_erased_name_is_given_again_only_when_verified_empty(records: Records) -> None:
    old = enrol(records)
    environments.mark_erased(records, old.uid)
    with pytest.raises(NotFoundError):
        environments.find(records, "health", "beds")
    with pytest.raises(RefusedError, match=old.uid):
        enrol(records)
    environments.mark_emptied(records, old.uid)
    new = enrol(records)
    assert new.uid != old.uid
    assert [one.uid for one in environments.listed(records)] == [new.uid]


def test_an_environment_of_another_centre_is_refused(records: Records) -> None:
    enrol(records)
    with pytest.raises(RefusedError, match=f"recorded by centre {CENTRE}"):
        environments.enrol(records, "facade00", "health", "beds", plan="small")


def test_unknown_uid_is_told(records: Records) -> None:
    with pytest.raises(NotFoundError):
        environments.mark_failed(records, "e77")


def test_claims_are_retained_until_erased(records: Records) -> None:
    uid = enrol(records).uid
    for _ in range(2):
        claims.record(records, uid, "database", "main", "yz_x_main")
    claims.record(records, uid, "bucket", "main", "yz-x-main")
    assert [(c.kind, c.external_name) for c in claims.retained(records, uid)] == [
        ("bucket", "yz-x-main"),
        ("database", "yz_x_main"),
    ]
    claims.mark_erased(records, uid, "bucket", "main")
    assert [c.kind for c in claims.retained(records, uid)] == ["database"]


def test_the_journal_only_grows(records: Records) -> None:
    uid = enrol(records).uid
    entry = journal.begin(records, uid, "apply", "operator", request="r1")
    cut_short = journal.begin(records, uid, "apply", "operator")
    journal.end(records, entry, "done", {"create": 3})
    newest, oldest = journal.entries(records, uid)
    assert (newest.id, newest.outcome) == (cut_short, None)
    assert (oldest.outcome, oldest.detail) == ("done", {"request": "r1", "create": 3})
    for statement in (
        "UPDATE yunzu.operations SET actor = 'somebody'",
        "UPDATE yunzu.operations SET outcome = 'failed', ended_at = now() WHERE outcome IS NOT NULL",
        "DELETE FROM yunzu.operations",
    ):
        with pytest.raises(IntegrityError, match="not to be changed"), records.transaction() as connection:
            connection.exec_driver_sql(statement)


def hand_out(records: Records, *what: Any) -> None:
    with records.transaction() as connection:
        handouts.enter(connection, *what)


def test_credentials_are_handed_out_once_per_slot(records: Records) -> None:
    uid = enrol(records).uid
    hand_out(records, uid, "a", "wang", {"database-main": "1"})
    with pytest.raises(RefusedError, match="handed out to wang"):
        hand_out(records, uid, "a", "li", {"bucket-main": "2", "database-main": "1"})
    hand_out(records, uid, "b", "li", {"database-main": "1"})
    assert [(h.slot, h.account) for h in handouts.listed(records, uid)] == [("a", "wang"), ("b", "li")]


def test_renewed_credentials_are_handed_out_anew(records: Records) -> None:
    uid = enrol(records).uid
    hand_out(records, uid, "a", "wang", {"database-main": "1"})
    hand_out(records, uid, "a", "li", {"database-main": "2"})
    assert [(h.fingerprint, h.account) for h in handouts.listed(records, uid)] == [("1", "wang"), ("2", "li")]
