"""A centre in another zone: Ürümqi, two hours behind Shanghai, where the day ends later."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.api import As
from tests.support.command import Command
from tests.support.office import Desk, environment
from yunzu.services.leases.tenures import lease_of
from yunzu.services.messages import own
from yunzu.services.requests import reading
from yunzu.services.requests.office import office_of
from yunzu.settings import Settings

BETWEEN = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
"""The 25th, 0:30 in Shanghai; the 24th, 22:30 in Ürümqi."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    there = office_of(Settings(zone=ZoneInfo("Asia/Urumqi")), desk.office.records)
    desk.office = replace(desk.office, zone=there.zone)
    desk.moment[0] = BETWEEN
    return desk


def test_days_office_hours_and_numbers_are_the_centres(desk: Desk) -> None:
    request = desk.file(environment(plan="large"))
    assert request.number.startswith("YZ20261124-")
    shown = reading.show(request.number, actor=desk.person("applicant"), office=desk.office)
    five_days_after_the_24th = datetime(2026, 12, 1, 11, 30, tzinfo=UTC)  # the office closes at 17:30 there
    assert shown.due_at == five_days_after_the_24th
    assert shown.due_at.utcoffset() == ZoneInfo("Asia/Urumqi").utcoffset(datetime(2026, 12, 1))


def test_a_lease_ends_with_the_centres_day(desk: Desk) -> None:
    desk.file(environment(lease={"from": "2026-11-01", "until": "2026-11-24"}))
    with desk.office.records.transaction() as connection:
        there, shanghai = (
            lease_of(connection, "transport/flights", replace(desk.office, zone=zone)).standing
            for zone in (desk.office.zone, ZoneInfo("Asia/Shanghai"))
        )
    assert (there, shanghai) == ("ending", "ended")
    assert desk.office.day == date(2026, 11, 24)


def test_answers_messages_and_reports_say_it(desk: Desk, as_: As, yunzu: Command) -> None:
    desk.moment[0] = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # December in Shanghai
    number = desk.file(environment(plan="large")).number
    answered = as_("applicant", "transport").get(f"/requests/{number}")
    assert answered["submitted_at"] == "2026-11-30T23:00:00.000+06:00"
    [message] = own.listed(actor=desk.person("reviewer"), office=desk.office)
    assert "UTC+06:00" in message.text
    report = yunzu("sla", "--json").document
    assert (report["period"], report["zone"], report["from"]) == (
        "2026-11",
        "Asia/Urumqi",
        "2026-10-31T18:00:00+00:00",
    )
    assert "时区 Asia/Urumqi" in yunzu("sla").out
