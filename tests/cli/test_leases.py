"""A6 on real servers: what nobody has the right to use any more rests, and a renewal brings it back."""

from typing import Any

import pytest

from tests.support.bureau import Bureau
from tests.support.engine import wait_for
from tests.support.suspensions import Suspended
from yunzu.errors import RefusedError

ENDED = {"from": "2026-01-01", "until": "2026-11-20"}


def test_a6_suspended_refused_renewed_and_in_use_again(bureau: Bureau) -> None:
    """The centre's own worker suspends it within a minute; nobody asks it to."""
    assert bureau.ask("ending", lease=ENDED).document["state"] == "done"
    one = Suspended(bureau.tenants, f"{bureau.id}/ending")

    def suspension() -> dict[str, Any]:
        found = bureau("applicant", "request", "list", "--json").items
        mine = [it for it in found if it["item"] == "environment.suspend" and it["subject"] == one.identifier]
        return mine[0] if mine else {}

    wait_for(lambda: suspension().get("state") == "done", seconds=200)
    assert one.entry.state == "suspended"
    with pytest.raises(RefusedError, match="not permitted to log in"), one.login().session():
        pass
    shown = bureau("applicant", "request", "show", suspension()["id"], "--json").document
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
        connection.execute("CREATE TABLE beds AS SELECT 42 AS n")
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
