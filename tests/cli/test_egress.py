"""An exception of the way out, from the file to the cluster and to its end, with people and a worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.bureau import Bureau
from tests.support.workers import deliver_here, resting
from yunzu.clients.kubernetes import Object
from yunzu.records import environments as registry
from yunzu.services.requests import office, queueing
from yunzu.services.requests.office import Office
from yunzu.settings import Settings
from yunzu_stacks import tasks

NETWORK = "networking.k8s.io/v1"


def _day(days: int) -> str:
    return str((datetime.now(UTC).astimezone(office.ZONE) + timedelta(days=days)).date())


def _way(days: int, **changes: Any) -> dict[str, Any]:
    return {"to": "203.0.113.0/24", "ports": [443], "until": _day(days), "reason": "数据交换"} | changes


def _policies(bureau: Bureau, name: str) -> dict[str, Object]:
    found = bureau.tenants.centre.cluster.list(NETWORK, "NetworkPolicy", f"{bureau.id}--{name}")
    return {one["metadata"]["name"]: one for one in found}


def _granted(bureau: Bureau, manifest: Path) -> str:
    words = ("request", "new", "egress.exception", "--manifest", manifest, "--json")
    filed = bureau("applicant", *words)
    assert filed.document["state"] == "accepted", filed
    number = str(filed.document["id"])
    for who in ("approver", "security"):
        signed = bureau(who, "request", "approve", number, "--json")
    assert signed.document["state"] == "done", signed
    return number


@contextmanager
def _later(settings: Settings, days: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The worker here, so many days on, instead of the supervised one."""

    def at(settings: Settings, records: Any) -> Office:
        return replace(
            office.office_of(settings, records), now=lambda: datetime.now(UTC) + timedelta(days=days)
        )

    with resting(settings), resting(settings, "worker-background"), monkeypatch.context() as patched:
        patched.setattr(tasks, "office_of", at)
        with tasks.records_of(settings) as records:
            yield at(settings, records)


def test_a_way_out_is_let_and_ends_by_itself(
    bureau: Bureau, centre_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bureau.ask("flights").document["state"] == "done"
    before = _policies(bureau, "flights")
    assert "allow-exceptions" not in before

    both = [_way(3), _way(30, ports=[8443])]
    number = _granted(bureau, bureau.manifest("flights", egress=both))
    after = _policies(bureau, "flights")
    assert after.keys() - before.keys() == {"allow-exceptions"}
    assert [rule["ports"][0]["port"] for rule in after["allow-exceptions"]["spec"]["egress"]] == [443, 8443]
    shown = bureau("security", "request", "show", number).out
    assert "203.0.113.0/24 TCP 8443" in shown
    assert "数据交换" in shown
    identifier = f"{bureau.id}/flights"
    assert bureau("applicant", "env", "verify", identifier).code == 0

    with _later(centre_settings, 4, monkeypatch) as then:
        assert queueing.queue_ended(then) == [identifier]
        deliver_here(centre_settings)
        left = _policies(bureau, "flights")["allow-exceptions"]["spec"]["egress"]
        assert [rule["ports"][0]["port"] for rule in left] == [8443]
        assert queueing.queue_ended(then) == []
    with _later(centre_settings, 31, monkeypatch) as then:
        assert queueing.queue_ended(then) == [identifier]
        deliver_here(centre_settings)
        assert _policies(bureau, "flights").keys() == before.keys()
        found = registry.find(bureau.tenants.centre.records, bureau.id, "flights")
        assert (found.state, found.next_end) == ("active", None)


def test_who_opens_more_than_was_let_is_found(bureau: Bureau) -> None:
    assert bureau.ask("tampered").document["state"] == "done"
    _granted(bureau, bureau.manifest("tampered", egress=[_way(30)]))
    space = f"{bureau.id}--tampered"
    wider = {"spec": {"egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}}
    cluster = bureau.tenants.centre.cluster
    cluster.patch(NETWORK, "NetworkPolicy", "allow-exceptions", space, wider, field_manager="intruder")
    ended = bureau("applicant", "env", "verify", f"{bureau.id}/tampered", "--json")
    assert ended.code == 4
    red = [one["name"] for one in ended.document["probes"] if not one["ok"]]
    assert red == ["declared: NetworkPolicy perimeter-allow-exceptions"]
    words = ("env", "apply", f"{bureau.id}/tampered", "--tenants", bureau.tenants.directory)
    assert bureau("applicant", *words).code == 0
    assert bureau("applicant", "env", "verify", f"{bureau.id}/tampered").code == 0


def test_taking_a_way_out_back_is_delivered_at_once_and_a_late_one_is_refused(bureau: Bureau) -> None:
    assert bureau.ask("closed").document["state"] == "done"
    _granted(bureau, bureau.manifest("closed", egress=[_way(30)]))
    words = ("request", "new", "egress.exception", "--manifest")
    taken = bureau("applicant", *words, bureau.manifest("closed"), "--json")
    assert (taken.code, taken.document["state"], taken.document["rule"]) == (0, "done", "nothing.added")
    assert "allow-exceptions" not in _policies(bureau, "closed")
    late = bureau("applicant", *words, bureau.manifest("closed", egress=[_way(-1), _way(400, ports=[80])]))
    assert late.code == 2
    assert "egress[0].until: " in late.err
    assert "egress[1].until: " in late.err
