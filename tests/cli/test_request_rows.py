"""G1, G2, G4 on a real centre: asked for, decided and delivered without leaving the command."""

from typing import Any

from tests.support.bureau import Bureau
from tests.support.engine import wait_for
from tests.support.workers import resting
from yunzu.settings import Settings

NOTHING: dict[str, Any] = {"databases": [], "buckets": []}
THREE_MINUTES_FOUR = 184


def test_g1_filed_accepted_reviewed_decided_and_delivered_online(bureau: Bureau) -> None:
    filed = bureau.ask("online", plan="large", **NOTHING).document
    number = filed["id"]
    assert filed["state"] == "accepted"
    for own in ("applicant", "auditor"):
        assert bureau(own, "request", "approve", number).code == 3
    refused = bureau("applicant", "request", "approve", number)
    assert "nobody decides on their own request" in refused.err
    assert number in {one["id"] for one in bureau("reviewer", "inbox", "--json").items}
    assert bureau("reviewer", "request", "approve", number, "--json").document["state"] == "accepted"
    done = bureau("operator", "request", "approve", number, "--json").document
    assert (done["state"], done["result"], done["rule"]) == ("done", "granted", None)
    assert [one["move"] for one in done["moves"]] == [
        "submit",
        "accept",
        "approve",
        "approve",
        "grant",
        "deliver",
        "complete",
    ]
    signed = [(one["step"], one["account"]) for one in done["steps"] if one["account"]]
    assert signed == [("review", f"{bureau.id}-reviewer"), ("decide", "jiangyunkai")]
    bureau.retire("online")


def test_g2_an_agent_opens_a_bundle_for_a_department(bureau: Bureau, centre_settings: Settings) -> None:
    """Three that depend on each other; those that wait begin by themselves."""
    applicant, bundle = f"{bureau.id}-applicant", f"{bureau.id}-project"
    numbers: list[str] = []

    def page() -> dict[str, str]:
        found = bureau("applicant", "request", "list", "--bundle", bundle, "--json").items
        return {one["id"]: one["state"] for one in found}

    with resting(centre_settings):
        for name in ("stage-one", "stage-two", "stage-three"):
            manifest = bureau.manifest(name, **NOTHING)
            needs = ("--needs", numbers[-1]) if numbers else ("--no-wait",)
            words = ("request", "new", "environment.new", "--manifest", manifest, "--applicant", applicant)
            filed = bureau("operator", *words, "--bundle", bundle, *needs, "--json")
            assert filed.code == 0, filed
            numbers.append(filed.document["id"])
        assert page() == dict(zip(numbers, ("granted", "accepted", "accepted"), strict=True))
    wait_for(lambda: page() == dict.fromkeys(numbers, "done"), seconds=120)
    for number in numbers:
        shown = bureau("applicant", "request", "show", number, "--json").document
        assert (shown["applicant"], shown["agent"]) == (applicant, "jiangyunkai")
        assert shown["moves"][0]["account"] == "jiangyunkai"


def test_g4_a_stock_environment_within_three_minutes_four(bureau: Bureau) -> None:
    document = bureau.ask("stock").document
    assert document["state"] == "done"
    assert document["elapsed_seconds"] < THREE_MINUTES_FOUR
