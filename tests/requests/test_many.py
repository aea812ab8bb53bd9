"""However many requests there are: duties see every one, people read them a page at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.support.api import As
from tests.support.command import Command
from tests.support.office import Desk, department, environment
from yunzu.errors import InvalidInputError, NotFoundError, RefusedError
from yunzu.records import requests
from yunzu.services.leases import automation

_COPIES = """
INSERT INTO yunzu.requests SELECT (jsonb_populate_record(one, jsonb_build_object(
    'number', one.number || '-' || cast(:at AS text) || '-' || n, 'state', cast(:state AS text),
    'submitted_at', cast(:at AS text), 'accepted_at', cast(:at AS text)))).*
FROM yunzu.requests AS one, generate_series(1, :count) AS n WHERE one.number = :number
"""


def copies(desk: Desk, number: str, count: int, state: str, *, minutes: int = 1) -> None:
    """So many requests like that one, filed a minute later, in another state."""
    at = (desk.office.now() + timedelta(minutes=minutes)).isoformat()
    with desk.office.records.transaction() as connection:
        values = {"number": number, "count": count, "state": state, "at": at}
        connection.execute(text(_COPIES), values)


@pytest.mark.parametrize("page", [1, 2, 5, 6, 500])
def test_each_is_read_once_and_the_oldest_first(page: int, desk: Desk) -> None:
    """Also where several were filed at the same moment."""
    first = desk.file(environment("transport/large", plan="large")).number
    desk.pass_time(minutes=1)
    desk.file(environment("transport/other", plan="large"))
    copies(desk, first, 3, "accepted")
    with desk.office.records.transaction() as connection:
        found = list(requests.each(connection, page=page, states=["accepted"]))
        newest = requests.listed(connection, states=["accepted"])
    assert found == list(reversed(newest))
    assert (len(found), found[0].number) == (5, first)


def test_a_duty_sees_what_is_in_the_middle_of_thousands(desk: Desk) -> None:
    with desk.office.records.transaction() as connection:
        ours = automation.file_suspension(connection, _in_use(desk), desk.office)
    for minutes in (-1, 1):
        copies(desk, ours.number, 1200, "failed", minutes=minutes)
    with desk.office.records.transaction() as connection:
        connection.execute(text("UPDATE yunzu.requests SET item = 'other' WHERE number LIKE '%-%-%'"))
        connection.execute(
            text("UPDATE yunzu.requests SET state = 'failed' WHERE number = :number"), {"number": ours.number}
        )
    assert automation.suspend_ended(desk.office).undelivered == [ours.number]


def _in_use(desk: Desk) -> str:
    desk.file(environment(stage="dev"))
    desk.at("2027-12-01 10:00")
    return "transport/flights"


def test_a_list_says_that_there_are_older_ones(desk: Desk, as_: As) -> None:
    filed = [desk.file(environment(f"transport/e{number}", plan="large")).number for number in range(4)]
    api, seen, before = as_("applicant", "transport"), [], None
    while True:
        page = api.get("/requests", {"limit": 2, "open": True, "before": before})
        seen += [[one["id"] for one in page["items"]]]
        before = page["next"]
        if before is None:
            break
    whole = api.get("/requests", {"limit": 5, "open": True})
    newest = [one["id"] for one in whole["items"]]  # and the registration, which nobody has delivered
    assert newest[:4] == filed[::-1]
    assert (seen, whole["next"]) == ([newest[:2], newest[2:4], newest[4:]], None)
    for limit in (0, 1001):
        with pytest.raises(InvalidInputError):
            api.get("/requests", {"limit": limit})


def test_nobody_reads_on_from_what_they_may_not_see(desk: Desk, as_: As) -> None:
    desk.register_department(department("health"))
    theirs = desk.file(environment("health/one")).number
    with pytest.raises(RefusedError, match="not of your department"):
        as_("applicant", "transport").get("/requests", {"before": theirs})
    with pytest.raises(NotFoundError):
        as_("applicant", "transport").get("/requests", {"before": "YZ20261123-9999"})


def test_the_command_says_how_to_read_on(desk: Desk, yunzu: Command) -> None:
    first = desk.file(environment("transport/large", plan="large")).number
    copies(desk, first, 200, "accepted")
    ended = yunzu("request", "list", "--open")
    [last] = [one.split()[0] for one in ended.out.splitlines()[-1:]]
    assert ended.err == f"there are older ones: --before {last}\n"
    rest = yunzu("request", "list", "--open", "--before", last, "--json").document
    assert (rest["items"][0]["id"], rest["next"]) == (first, None)
