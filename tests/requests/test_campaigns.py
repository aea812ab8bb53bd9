"""A campaign: every department is asked about what ends, answers line by line, and is reminded."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.support.december import Month
from tests.support.office import Desk, environment
from tests.support.recorded import brought_up
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.records import requests
from yunzu.records.schema import messages
from yunzu.services.leases import campaigns
from yunzu.services.requests import moving, reading

UNTIL = date(2028, 12, 31)
ID = "renew-2028-12-31"
KEPT_BY_PEOPLE = "transport/three"
"""In production: its retirement is signed, the others' granted by rule."""
NAMES = ("transport/one", "transport/two", "transport/three", "health/beds")


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """Four environments of two departments whose leases end on 2027-11-30, and one that lasts longer."""
    Month(desk).register("health", "transport")
    desk.at("2026-12-01 10:00")
    for name in NAMES:
        desk.file(environment(name, plan="standard", stage="prod" if name == KEPT_BY_PEOPLE else "test"))
        brought_up(desk, name)
    desk.file(environment("health/later", lease={"from": "2026-12-01", "until": "2028-12-31"}))
    brought_up(desk, "health/later")
    desk.file(environment("transport/unborn"))
    desk.at("2027-11-01 10:00")
    campaigns.open_(UNTIL, actor=desk.officer("operator"), office=desk.office)
    return desk


def unanswered(desk: Desk) -> list[str]:
    [sheet] = campaigns.sheets(ID, actor=desk.officer("auditor"), office=desk.office)
    return [line.environment for line in sheet.unanswered]


def answer(desk: Desk, name: str, given: campaigns.Answer, **more: str) -> str:
    actor = desk.person("applicant", name.partition("/")[0])
    return campaigns.answer(ID, name, given, actor=actor, office=desk.office, **more).number


def reminders(desk: Desk) -> list[tuple[str, str, int]]:
    """Occurrence, recipient and how many lines it tells of."""
    query = select(messages).where(messages.c.event == "campaign").order_by(messages.c.id)
    with desk.office.records.transaction() as connection:
        rows = connection.execute(query).all()
    return [(row.subject.partition("/")[2], row.recipient, row.payload["unanswered"]) for row in rows]


def test_answers_are_requests_in_the_departments_bundle(asked: Desk) -> None:
    assert unanswered(asked) == sorted(NAMES)
    renewed = answer(asked, "transport/one", "renew")
    shrunk = answer(asked, "transport/two", "shrink", plan="small")
    retired = answer(asked, "transport/three", "retire")
    assert unanswered(asked) == ["health/beds"]
    shown = {
        number: reading.show(number, actor=asked.officer("auditor"), office=asked.office).request
        for number in (renewed, shrunk, retired)
    }
    assert {one.bundle for one in shown.values()} == {f"{ID}/transport"}
    assert (shown[renewed].item, shown[renewed].requested["lease"]["until"]) == (
        "environment.renew",
        "2028-12-31",
    )
    assert (shown[renewed].state, shown[shrunk].state) == ("granted", "granted")  # rules decide these
    assert shown[shrunk].requested["plan"] == "small"
    with asked.office.records.transaction() as connection:
        [renewal] = requests.listed(connection, needing=shrunk)
    assert (renewal.item, renewal.state) == ("environment.renew", "accepted")  # until it is smaller
    assert (renewal.requested["plan"], renewal.requested["lease"]["until"]) == ("small", "2028-12-31")
    assert (shown[retired].item, shown[retired].state) == ("environment.retire", "accepted")


def test_what_comes_to_nothing_is_asked_again(asked: Desk) -> None:
    number = answer(asked, "transport/three", "retire")
    with pytest.raises(RefusedError, match=f"was answered by request {number}"):
        answer(asked, "transport/three", "renew")
    moving.withdraw(number, actor=asked.person("applicant"), office=asked.office)
    assert "transport/three" in unanswered(asked)
    answer(asked, "transport/three", "renew")
    assert "transport/three" not in unanswered(asked)


def test_who_renews_in_the_ordinary_way_has_answered_too(asked: Desk) -> None:
    longer = environment(
        "transport/one", plan="standard", lease={"from": "2026-12-01", "until": "2028-06-30"}
    )
    asked.file(longer, "environment.renew")
    asked.file(environment("transport/two", plan="small"), "environment.resize")  # says nothing of its lease
    assert unanswered(asked) == ["health/beds", "transport/three", "transport/two"]


def test_each_reminder_goes_once_to_those_who_have_not_answered(asked: Desk) -> None:
    for name in NAMES[:2]:
        answer(asked, name, "renew")
    answer(asked, "health/beds", "renew")
    for day in ("11-07", "11-08", "11-09", "11-14", "11-15", "11-16"):
        asked.at(f"2027-{day} 09:00")
        campaigns.remind(asked.office)
    people = ("applicant", "approver", "steward")
    told = reminders(asked)
    assert {one for one in told if one[0].startswith("health")} == {
        ("health/2027-11-15/opened", f"health-{role}", 1) for role in people
    }
    assert sorted(one for one in told if one[0].startswith("transport")) == sorted(
        (f"transport/2027-11-15/{turn}", f"transport-{role}", count)
        for turn, count in (("opened", 3), ("7", 1), ("1", 1))
        for role in people
    )


def test_opened_again_it_takes_in_what_has_come_since(asked: Desk) -> None:
    answer(asked, "transport/one", "renew")
    brought_up(asked, "transport/unborn")
    sheet = campaigns.open_(UNTIL, actor=asked.officer("operator"), office=asked.office)
    assert [line.environment for line in sheet.unanswered] == [
        "health/beds",
        "transport/three",
        "transport/two",
        "transport/unborn",
    ]


def test_who_may_not_and_what_is_wrong(asked: Desk) -> None:
    with pytest.raises(RefusedError, match="only an operator"):
        campaigns.open_(UNTIL, actor=asked.person("approver"), office=asked.office)
    for actor, why in asked.unproven():
        with pytest.raises(RefusedError, match=why):
            campaigns.open_(UNTIL, actor=actor, office=asked.office)
    with pytest.raises(UsageError, match="which is not from"):
        campaigns.open_(date(2027, 11, 5), actor=asked.officer("operator"), office=asked.office)
    with pytest.raises(UsageError, match="plan"):
        answer(asked, "transport/one", "shrink")
    with pytest.raises(UsageError, match="plan"):
        answer(asked, "transport/one", "renew", plan="small")
    with pytest.raises(NotFoundError, match="not asked about"):
        campaigns.answer(ID, "health/beds", "renew", actor=asked.person("applicant"), office=asked.office)
    [own] = campaigns.sheets(None, actor=asked.person("applicant"), office=asked.office)
    assert {line.department for line in own.lines} == {"transport"}
    with pytest.raises(NotFoundError):
        campaigns.sheets("renew-2099-01-01", actor=asked.officer("operator"), office=asked.office)
