"""What was approved before, what was asked for, corrected and decided: none of it gives way to another."""

from typing import Any

from tests.support.command import Command
from tests.support.office import Desk, environment
from yunzu.model.hashes import content, manifest_hash
from yunzu.services.requests import moving
from yunzu.services.requests.truth import Truth


def test_original_corrected_and_decided_content_stay_side_by_side(desk: Desk, yunzu: Command) -> None:
    first = environment()
    desk.file(first)
    unfit, wanted = environment(grade=3), environment(plan="standard")
    number = desk.file(unfit, "environment.resize").number
    moving.return_(number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)

    def shown() -> Any:
        return yunzu("request", "show", number, "--json").document

    asked = shown()
    assert [asked[name] for name in ("original", "requested", "decided")] == [
        content(first),
        content(unfit),
        None,
    ]
    moving.resubmit(number, wanted, actor=desk.person("applicant"), office=desk.office)
    decided = shown()
    assert decided["original"] == content(first)
    assert decided["requested"] == decided["decided"] == content(wanted)
    assert decided["decided_hash"] == manifest_hash(wanted)
    [corrected] = [one["detail"] for one in decided["moves"] if one["move"] == "resubmit"]
    assert corrected == {"replaced": content(unfit)}
    rows = [line.split() for line in yunzu("request", "show", number).out.splitlines()]
    assert ["CONTENT", "APPROVED", "BEFORE", "原批准", "RETURNED", "补正前", "DECIDED", "批准"] in rows
    assert ["plan", "small", "small", "standard"] in rows
    assert ["grade", "2", "3", "2"] in rows
    assert not [row for row in rows if row[:1] == ["lease.until"]]  # they all say the same


def test_a_correction_is_written_against_what_is_approved_by_then(desk: Desk, yunzu: Command) -> None:
    desk.file(environment())
    number = desk.file(environment(grade=3), "environment.resize").number
    moving.return_(number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)
    meanwhile = environment(system={"zh": "航班信息系统"})
    with desk.office.records.transaction() as connection:
        Truth(connection).approve(meanwhile, request=None, at=desk.office.now())
    moving.resubmit(number, None, actor=desk.person("applicant"), office=desk.office)
    again = yunzu("request", "show", number, "--json").document
    assert (again["original"], again["base_hash"]) == (content(meanwhile), manifest_hash(meanwhile))
    assert again["moves"][-1]["detail"] == {}  # nothing was corrected


def test_what_is_new_has_nothing_beside_it(desk: Desk, yunzu: Command) -> None:
    number = desk.file(environment(plan="large")).number
    assert yunzu("request", "show", number, "--json").document["original"] is None
    assert "CONTENT" not in yunzu("request", "show", number).out
