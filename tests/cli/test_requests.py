"""Requests on a real centre: asked for, decided, delivered, proven; and what the command says of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.bureau import Bureau
from tests.support.engine import wait_while
from tests.support.workers import deliver_here, resting
from yunzu import naming
from yunzu.services import verification
from yunzu.services.probes import Probe
from yunzu.settings import Settings

CONTRACT = {
    "id", "item", "state", "result", "applicant", "department", "submitted_at", "accepted_at", "due_at",
    "done_at", "promised", "used_seconds", "rule", "steps", "pauses",
}  # fmt: skip


def moves(document: Any) -> list[str]:
    return [one["move"] for one in document["moves"]]


def test_a_standard_case_is_delivered_and_proven_while_the_command_waits(bureau: Bureau) -> None:
    ended = bureau.ask("flights")
    assert ended.code == 0, ended
    document = ended.document
    assert document.keys() >= CONTRACT
    assert (document["state"], document["result"], document["rule"]) == (
        "done",
        "granted",
        "environment.standard",
    )
    assert naming.REQUEST_NUMBER.fullmatch(document["id"])
    assert moves(document) == ["submit", "accept", "grant", "deliver", "complete"]
    assert (document["applicant"], document["department"]) == (f"{bureau.id}-applicant", bureau.id)
    assert document["promised"] == {"n": 5, "unit": "workday"}
    assert 0 <= document["used_seconds"] <= document["elapsed_seconds"] < 60
    for name in ("submitted_at", "accepted_at", "due_at", "done_at"):
        assert datetime.fromisoformat(document[name]).utcoffset() == timedelta(hours=8)
    assert document["submitted_at"] <= document["done_at"] < document["due_at"]
    assert f"deliver {document['id']}: " in ended.err
    shown = bureau("applicant", "request", "show", document["id"], "--json")
    assert shown.document == document
    [entry] = bureau.command("env", "show", f"{bureau.id}/flights", "--json").items
    assert entry["state"] == "active"


def test_people_see_it_in_their_words(bureau: Bureau, centre_settings: Settings) -> None:
    with resting(centre_settings):
        number = bureau.ask("words", "--no-wait", databases=[], buckets=[]).document["id"]
        ended = bureau("applicant", "request", "show", number)
        listed = bureau("reviewer", "request", "list", "--open")
    for words in ("云资源开通", "准予 granted", "5 个工作日", "申请 submit", "rule environment.standard"):
        assert words in ended.out
    assert any(number in line and "准予 granted" in line for line in listed.out.splitlines())
    assert bureau("applicant", "request", "deliver", number).code == 0


def test_a_day_of_a_year_without_a_plan_is_provisional(bureau: Bureau) -> None:
    shown = bureau.ask("provisional", plan="large").document
    text = bureau("applicant", "request", "show", shown["id"]).out
    assert ("provisional 暂定" in text) is shown["provisional"]
    bureau("applicant", "request", "withdraw", shown["id"])


def test_a_large_one_is_signed_by_its_people_and_delivered_by_the_last_signature(bureau: Bureau) -> None:
    filed = bureau.ask("large", plan="large").document
    number = filed["id"]
    assert (filed["state"], filed["rule"], filed["ruling"]["verdict"]) == ("accepted", None, "people")
    for role in ("applicant", "approver", "operator", "steward", "auditor"):
        refused = bureau(role, "request", "approve", number)
        assert (refused.code, refused.out) == (3, "")
    [waiting] = [one for one in bureau("reviewer", "inbox", "--json").items if one["id"] == number]
    assert (waiting["step"], set(waiting["moves"])) == ("review", {"approve", "deny", "pause"})
    assert number not in bureau("operator", "inbox").out
    reviewed = bureau("reviewer", "request", "approve", number, "--opinion", "属实", "--json").document
    assert (reviewed["state"], reviewed["steps"][1]["opinion"]) == ("accepted", "属实")
    ended = bureau("operator", "request", "approve", number, "--json")
    assert ended.code == 0, ended
    done = ended.document
    assert (done["state"], done["result"], done["rule"]) == ("done", "granted", None)
    assert [one["account"] for one in done["steps"]] == [None, f"{bureau.id}-reviewer", "jiangyunkai"]
    assert moves(done)[-5:] == ["approve", "approve", "grant", "deliver", "complete"]
    rated = bureau("applicant", "request", "rate", number, 1, "--json").document
    assert rated["rating"] == 1
    for wrong in (0, 6):
        assert bureau("applicant", "request", "rate", number, wrong).code == 2
    bureau.retire("large")


def test_one_is_denied_with_a_reason_and_nothing_is_made(bureau: Bureau) -> None:
    number = bureau.ask("denied", plan="large").document["id"]
    assert bureau("reviewer", "request", "deny", number).code == 2  # says that --reason is missing
    assert bureau("reviewer", "request", "deny", number, "--reason", " ").code == 3
    assert bureau.show(number)["state"] == "accepted"
    ended = bureau("reviewer", "request", "deny", number, "--reason", "用途不明", "--json")
    assert (ended.code, ended.document["result"], ended.document["reason"]) == (0, "denied", "用途不明")
    assert bureau.command("env", "show", f"{bureau.id}/denied").code == 1
    late = bureau("reviewer", "request", "approve", number)
    assert (late.code, late.out) == (3, "")
    assert "is denied" in late.err


def test_one_is_retired_its_data_retained_and_begins_again(bureau: Bureau) -> None:
    identifier = f"{bureau.id}/prod"
    assert bureau.ask("prod", stage="prod", buckets=[]).document["state"] == "done"
    words = ("request", "new", "environment.retire", "--subject", identifier, "--json")
    filed = bureau("applicant", *words).document
    assert (filed["state"], filed["requested"]["stage"]) == ("accepted", "prod")
    bureau("approver", "request", "approve", filed["id"])
    done = bureau("operator", "request", "approve", filed["id"], "--json").document
    assert (done["state"], done["rule"]) == ("done", None)  # people decided; the manifest was valid besides
    [entry] = bureau.command("env", "show", identifier, "--json").items
    assert (entry["state"], len(entry["databases"])) == ("destroyed", 1)
    assert bureau("applicant", *words).code == 1  # it is not approved any more
    assert bureau.ask("prod", stage="prod", buckets=[]).document["state"] == "done"
    [again] = bureau.command("env", "show", identifier, "--json").items
    assert (again["state"], again["uid"]) == ("active", entry["uid"])


def test_one_is_renewed_by_its_id(bureau: Bureau) -> None:
    identifier = f"{bureau.id}/renewed"
    assert bureau.ask("renewed", databases=[], buckets=[]).document["state"] == "done"
    words = ("request", "new", "environment.renew", "--subject", identifier, "--json")
    for wrong in (
        [],
        ["--until", "2027-01-01"],
        ["--until", "soon"],
        ["--manifest", bureau.manifest("renewed")],
    ):
        assert bureau("applicant", *words, *wrong).code == 2
    renewed = bureau("applicant", *words, "--until", "2028-10-31")
    assert renewed.document["state"] == "done", renewed
    [entry] = bureau.command("env", "show", identifier, "--json").items
    assert entry["lease"]["until"] == "2028-10-31"


def test_a_delivery_that_fails_says_why_and_a_later_one_ends_it(bureau: Bureau) -> None:
    """A namespace of somebody else is in the way, for a while."""
    cluster, namespace = bureau.tenants.centre.cluster, f"{bureau.id}--taken"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    cluster.create(body, field_manager="somebody")
    ended = bureau.ask("taken")
    assert ended.code == 3
    failed = ended.document
    assert (failed["state"], failed["result"], failed["done_at"]) == ("failed", "granted", None)
    assert "exists and is not ours" in failed["reason"]
    assert ended.err.splitlines()[-1] == f"error: {failed['reason']}"
    theirs = bureau("applicant", "request", "deliver", failed["id"])
    assert (theirs.code, theirs.out) == (3, "")
    again = bureau("operator", "request", "deliver", failed["id"], "--json")
    assert (again.code, again.document["state"]) == (3, "failed")
    cluster.delete("v1", "Namespace", namespace)
    wait_while(lambda: namespace in [one["metadata"]["name"] for one in cluster.list("v1", "Namespace")])
    done = bureau("operator", "request", "deliver", failed["id"], "--json")
    assert (done.code, done.document["state"], done.document["reason"]) == (0, "done", None)
    assert moves(done.document)[-6:] == ["deliver", "fail", "retry", "fail", "retry", "complete"]
    assert bureau.command("request", "deliver", failed["id"], "--json").document == done.document


def test_what_is_there_and_not_proven_is_not_done(
    bureau: Bureau, centre_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe is a fake: what is loosened by hand, the delivery has put right before it looks."""
    red = Probe("bucket main: shut to others", False, 0.0, "was let in")
    with resting(centre_settings), monkeypatch.context() as patched:
        patched.setattr(verification, "verify", lambda *_, **__: [red])
        number = bureau.ask("unproven", "--no-wait", databases=[], buckets=[]).document["id"]
        deliver_here(centre_settings)
    document = bureau.show(number)
    assert (document["state"], document["done_at"]) == ("failed", None)
    assert "1 of 1 probes are red: bucket main: shut to others; was let in" in document["reason"]
    done = bureau("operator", "request", "deliver", number, "--json")
    assert (done.code, done.document["state"]) == (0, "done")


def test_returned_paused_resumed_withdrawn(bureau: Bureau) -> None:
    number = bureau.ask("back", grade=3).document["id"]
    bureau("operator", "request", "return", number, "--reason", "等保定级有误")
    wrong = bureau.manifest("back", plan="large")
    again = bureau("applicant", "request", "resubmit", number, "--manifest", wrong, "--json").document
    assert (again["state"], [one["kind"] for one in again["pauses"]]) == ("accepted", ["correction"])
    paused = bureau("reviewer", "request", "pause", number, "--reason", "现场勘察", "--json").document
    assert (paused["state"], paused["pauses"][-1]["kind"]) == ("paused", "other")
    assert bureau("reviewer", "request", "resume", number, "--json").document["state"] == "accepted"
    extend = ("request", "extend", number, "--reason", "论证", "--until")
    day = f"{datetime.now() + timedelta(days=4):%Y-%m-%d}"
    assert bureau("operator", *extend[:-1]).code == 2
    assert bureau("operator", *extend, "2026-01-01").code == 2
    assert bureau("reviewer", *extend, day).code == 3  # whoever decides it
    extended = bureau("operator", *extend, day, "--json").document
    assert extended["pauses"][-1]["approved_by"] == "jiangyunkai"
    assert extended["pauses"][-1]["ended_at"].endswith("T00:00:00.000+08:00")  # the end of that day
    assert bureau("reviewer", "request", "withdraw", number).code == 3
    withdrawn = bureau("applicant", "request", "withdraw", number, "--json").document
    assert (withdrawn["state"], withdrawn["result"]) == ("withdrawn", "withdrawn")


def test_refused_and_accepted_by_a_person(bureau: Bureau) -> None:
    number = bureau.ask("unfit", grade=3).document["id"]
    assert bureau("operator", "request", "accept", number, "--json").document["state"] == "accepted"
    bureau("applicant", "request", "withdraw", number)
    other = bureau.ask("unfit", grade=3).document["id"]
    ended = bureau("operator", "request", "refuse", other, "--reason", "不属受理范围", "--json").document
    assert (ended["state"], ended["result"]) == ("refused", "refused")


def test_a_bundle_is_delivered_in_its_order(bureau: Bureau, centre_settings: Settings) -> None:
    small: dict[str, Any] = {"databases": [], "buckets": []}
    with resting(centre_settings):
        first = bureau.ask("first", "--bundle", "b1", "--no-wait", **small).document
        second = bureau.ask("second", "--bundle", "b1", "--needs", first["id"], **small).document
    assert (first["state"], second["state"], second["needs"]) == ("granted", "accepted", [first["id"]])
    assert bureau("applicant", "request", "deliver", first["id"]).code == 0
    assert bureau("applicant", "request", "watch", second["id"]).code == 0
    assert [bureau.show(one["id"])["state"] for one in (first, second)] == ["done", "done"]
    unknown = bureau.ask("third", "--needs", "YZ20200101-0001")
    assert (unknown.code, unknown.out) == (1, "")


def test_a_dry_run_files_nothing_and_moves_nothing(bureau: Bureau) -> None:
    before = bureau("applicant", "request", "list", "--json").document
    dry = bureau.ask("dry", "--dry-run").document
    assert (dry["id"], dry["state"], dry["rule"], dry["dry_run"]) == (
        None,
        "granted",
        "environment.standard",
        True,
    )
    assert bureau("applicant", "request", "list", "--json").document == before
    number = bureau.ask("wet", plan="large").document["id"]
    signed = bureau("reviewer", "request", "approve", number, "--dry-run", "--json").document
    assert (signed["id"], moves(signed)[-1]) == (number, "approve")
    assert moves(bureau.show(number)) == ["submit", "accept"]
    assert "nothing was changed" in bureau("reviewer", "request", "approve", number, "--dry-run").out
    assert bureau("applicant", "request", "approve", number, "--dry-run").code == 3
    bureau("applicant", "request", "withdraw", number)


def test_watch_prints_moves_until_the_end_or_its_time(bureau: Bureau) -> None:
    number = bureau.ask("watched", plan="large").document["id"]
    late = bureau("applicant", "request", "watch", number, "--timeout", "0.5")
    assert late.code == 1
    assert [line.split()[2] for line in late.out.splitlines()] == ["申请", "受理"]
    assert "has not ended after 0.5 s" in late.err
    with bureau.command.process(
        "request", "watch", number, "--timeout", "60", YUNZU_TOKEN=bureau.tokens["applicant"]
    ) as watching:
        assert watching.stdout is not None
        assert "申请" in watching.stdout.readline()
        bureau("applicant", "request", "withdraw", number)
        out, err = watching.communicate(timeout=60)
    assert (watching.returncode, err) == (0, "")
    assert "撤回 withdraw" in out.splitlines()[-1]
    ended = bureau("applicant", "request", "watch", number, "--json")
    assert ended.document["state"] == "withdrawn"
    assert len(ended.err.splitlines()) == 3


def test_one_is_suspended_and_resumed(bureau: Bureau) -> None:
    identifier = f"{bureau.id}/resting"
    assert bureau.ask("resting", stage="prod", buckets=[]).document["state"] == "done"

    def ask(item: str) -> Any:
        return bureau("applicant", "request", "new", item, "--subject", identifier, "--json").document

    def state() -> str:
        return str(bureau.command("env", "show", identifier, "--json").items[0]["state"])

    filed = ask("environment.suspend")
    assert (filed["state"], state()) == ("accepted", "active")
    suspended = bureau("approver", "request", "approve", filed["id"], "--json").document
    assert (suspended["state"], state()) == ("done", "suspended")
    resumed = ask("environment.resume")
    assert (resumed["state"], resumed["kind"], state()) == ("done", "instant", "active")
    assert 0 < resumed["used_seconds"] <= resumed["elapsed_seconds"] < resumed["promised_seconds"] == 600
