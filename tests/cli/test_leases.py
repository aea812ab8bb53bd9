"""A6 on real servers: what nobody has the right to use any more rests, and a renewal brings it back."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.support.bureau import Bureau
from tests.support.office import SHANGHAI
from tests.support.suspensions import Suspended
from yunzu.errors import RefusedError
from yunzu.records import requests
from yunzu.services.leases import automation
from yunzu.services.requests import delivering
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.office import Office

ENDED = {"from": "2026-01-01", "until": "2026-11-20"}
"""Of no other test's environments on the shared centre, so that this one's night is theirs alone."""
THE_DAY_AFTER = datetime(2026, 11, 21, 3, 0, tzinfo=SHANGHAI)


def night(office: Office, bureau: Bureau) -> list[str]:
    """The environments that the centre suspends in it."""
    automation.give_notice(office)
    found = automation.suspend_ended(office)
    assert found.problems == {}
    done = [
        delivering.deliver(number, with_=Delivery(office, bureau.tenants.centre))
        for number in found.undelivered
    ]
    return [one.subject for one in done if one.state == "done"]


@pytest.fixture
def office(bureau: Bureau) -> Office:
    """The shared centre's office in the night after the lease's last day."""
    return Office(bureau.tenants.centre.records, now=lambda: THE_DAY_AFTER)


def test_a6_suspended_refused_renewed_and_in_use_again(bureau: Bureau, office: Office) -> None:
    assert bureau.ask("ending", lease=ENDED).document["state"] == "done"
    one = Suspended(bureau.tenants, f"{bureau.id}/ending")
    with one.login().session() as connection:
        connection.execute("CREATE TABLE beds AS SELECT 42 AS n")
    assert night(replace(office, now=lambda: THE_DAY_AFTER.replace(day=20)), bureau) == []

    assert night(office, bureau) == [one.identifier]
    with pytest.raises(RefusedError, match="not permitted to log in"), one.login().session():
        pass
    assert one.entry.state == "suspended"
    assert night(office, bureau) == []
    with office.records.transaction() as connection:
        [filed] = [
            found
            for found in requests.listed(connection, subject=one.identifier)
            if found.item == "environment.suspend"
        ]
    shown = bureau("applicant", "request", "show", filed.number, "--json").document
    assert (shown["rule"], shown["applicant"], shown["state"]) == ("lease.ended", "system", "done")
    [listed] = bureau("applicant", "lease", "list", "--json").items
    assert (listed["environment"], listed["days_left"] < 0) == (one.identifier, True)
    assert listed["standing"] in ("held", "reclaimable")

    resumed = bureau("applicant", "request", "new", "environment.resume", "--subject", one.identifier)
    assert resumed.code == 3
    assert "its right of use ended on 2026-11-20" in resumed.err

    renew = ("request", "new", "environment.renew", "--subject", one.identifier, "--until", "2099-11-30")
    renewed = bureau("applicant", *renew, "--json")
    assert renewed.document["state"] == "done", renewed
    with one.login().session() as connection:
        assert connection.execute("SELECT n FROM beds").fetchone() == (42,)
    assert one.entry.state == "active"
    assert bureau("applicant", "lease", "list", "--json").items == []


def test_the_command_tolerates_and_confirms(bureau: Bureau) -> None:
    """As far as the wall clock allows: whether the office is open now, nobody knows here."""
    made = bureau.ask("overdue", lease=ENDED, stage="prod", databases=[], buckets=[])
    assert made.document["state"] == "done", made
    identifier = f"{bureau.id}/overdue"
    words = ("lease", "tolerate", identifier, "--until", "2099-01-31", "--reason", "迁移中", "--json")
    refused = bureau("approver", *words)
    assert (refused.code, "only an operator does that" in refused.err) == (3, True)
    rehearsed = bureau("operator", *words, "--dry-run")
    assert (rehearsed.document["dry_run"], rehearsed.items[0]["standing"]) == (True, "tolerated")
    assert bureau("applicant", "lease", "list", "--json").items[0]["standing"] == "ended"
    assert "待确认 waits for `yunzu lease confirm`" in bureau("operator", "lease", "list").out
    tolerated = bureau("operator", *words).items[0]
    assert (tolerated["standing"], tolerated["reason"]) == ("tolerated", "迁移中")
    confirmed = bureau("operator", "lease", "confirm", identifier, "--json")
    assert (confirmed.code, "may be used until 2099-01-31" in confirmed.err) == (3, True)
