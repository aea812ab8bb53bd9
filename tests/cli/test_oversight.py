"""`yunzu sla` and `yunzu ledger` on a whole centre; what they say is tested on records, in tests/requests."""

from tests.support.command import Command

FIGURES = {"department", "on_time_rate", "speed_up_mean", "speed_up_total", "fastest"}
RIGHT = {"owner", "department", "environment", "kind", "name", "plan", "price", "from", "until", "state"}


def test_the_figures_of_this_month(yunzu: Command, applied: str) -> None:
    ended = yunzu("sla", "--json")
    document = ended.document
    assert (ended.code, ended.err) == (0, "")
    assert set(document) >= {"period", "items", "total"}
    assert set(document["total"]) >= FIGURES - {"department"}
    assert all(set(one) >= FIGURES for one in document["items"])


def test_a6_an_environment_stands_in_the_ledger_with_its_lease(yunzu: Command, applied: str) -> None:
    [entry] = yunzu("env", "show", applied, "--json").items
    rights = [one for one in yunzu("ledger", "--json").items if one["environment"] == applied]
    assert [one["kind"] for one in rights] == ["namespace", "database", "bucket"]
    assert all(set(one) >= RIGHT for one in rights)
    for one in rights:
        assert {"from": one["from"], "until": one["until"]} == entry["lease"]
        assert (one["plan"], one["state"]) == (entry["plan"], "active")
    assert rights[1]["external_name"] == entry["databases"][0]["database"]
    assert rights[2]["external_name"] == entry["buckets"][0]["bucket"]


def test_without_a_centre_both_say_so(offline: Command) -> None:
    for command in ("sla", "ledger"):
        ended = offline(command)
        assert (ended.code, ended.out) == (5, "")
        assert "Traceback" not in ended.err
