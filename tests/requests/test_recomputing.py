"""The calendar of a year comes: due days that were provisional move, and the record says from where."""

from datetime import datetime

from tests.support.office import Desk, environment
from yunzu.model.calendars import Calendar
from yunzu.services.requests import filing, moving, reading
from yunzu.services.requests.filing import Proposal


def calendar(*days_off: str) -> Calendar:
    """2027 with these days off, each a weekday."""
    return Calendar.model_validate({"kind": "Calendar", "year": 2027, "holidays": list(days_off)})


def test_a_provisional_due_day_that_moves_is_on_the_record(desk: Desk) -> None:
    desk.at("2027-03-01 10:00")  # a Monday
    number = desk.file(environment("transport/large", plan="large")).number
    before = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    assert before.provisional
    proposal = Proposal("calendar.change", calendar("2027-03-03"), "jiangyunkai", None)
    changed = filing.file(proposal, actor=desk.officer("operator"), office=desk.office)
    moving.approve(changed.number, actor=desk.officer("security"), office=desk.office)
    moving.approve(changed.number, actor=desk.officer("operator", 1), office=desk.office)
    after = reading.show(number, actor=desk.officer("auditor"), office=desk.office)
    assert (before.due_at, after.due_at) == (_at("2027-03-08 17:30", desk), _at("2027-03-09 17:30", desk))
    [entry] = [one for one in after.moves if one.move == "recompute"]
    assert entry.detail == {
        "due_before": "2027-03-08T17:30:00+08:00",
        "due_after": "2027-03-09T17:30:00+08:00",
        "was_provisional": True,
        "calendar": changed.number,
    }
    assert (entry.account, entry.origin, entry.state_after) == (
        "system",
        f"request {changed.number}",
        "accepted",
    )


def _at(text: str, desk: Desk) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=desk.office.zone)
