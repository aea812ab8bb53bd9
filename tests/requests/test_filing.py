"""Filing: standard cases are granted by a rule that says why, the rest waits for the right people."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from tests.support.office import MONDAY, Desk, department, environment
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.hashes import manifest_hash
from yunzu.model.items import Item
from yunzu.model.manifests import Environment
from yunzu.records import grants, request_history
from yunzu.services.requests import filing, moving, reading, truth
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth


def test_a_standard_case_is_granted_at_once_by_a_rule_that_says_why(desk: Desk) -> None:
    request = desk.file(environment())
    assert (request.state, request.number) == ("granted", "YZ20261123-0002")
    assert request.ruling
    assert (request.ruling["rule"], request.ruling["verdict"]) == ("environment.standard", "grant")
    assert request.ruling["inputs"]["quota.fits"] == "grant"
    with desk.office.records.transaction() as connection:
        held = grants.held(connection, "transport/flights")
        assert held is not None
        assert (held.department, held.pool, held.amounts["environments"]) == ("transport", "tenants-1", 1)
        assert Truth(connection).find(Environment, "transport/flights") == environment()
        [accept, *others] = request_history.steps(connection, [request.number])[request.number]
        assert (accept.step, accept.action) == ("accept", "pass")
        assert {one.action for one in others} == {"skip"}
        moves = [(one.move, one.account) for one in request_history.moves(connection, request.number)]
    assert moves == [("submit", "transport-applicant"), ("accept", "system"), ("grant", "system")]


def test_what_is_approved_is_what_was_asked_for(desk: Desk) -> None:
    request = desk.file(environment())
    assert request.decided_hash == request.requested_hash == manifest_hash(environment())
    with desk.office.records.transaction() as connection:
        assert Truth(connection).hash_of("Environment", "transport/flights") == request.decided_hash


def test_no_standard_case_waits_for_its_people_in_order(desk: Desk) -> None:
    request = desk.file(environment(plan="large"))
    assert request.state == "accepted"
    assert request.ruling
    assert "not self-service" in request.ruling["sentence"]
    waiting = {
        role: [one.request.number for one in reading.inbox(actor=desk.person(role), office=desk.office)]
        for role in ("reviewer", "approver", "applicant")
    }
    assert waiting == {"reviewer": [request.number], "approver": [], "applicant": []}
    assert reading.inbox(actor=desk.officer("operator"), office=desk.office) == []


def test_a_department_is_registered_by_an_operator_or_waits_for_people(desk: Desk) -> None:
    assert desk.register_department(department("health")).state == "granted"
    more = department("water", quota={"cpu": "100"})
    assert desk.register_department(more).state == "accepted"


def test_who_may_not_file_files_nothing(desk: Desk) -> None:
    desk.register_department(department("health"))
    strangers = (desk.person("reviewer"), desk.person("applicant", "health"), desk.officer("auditor"))
    for actor in strangers:
        proposal = Proposal("environment.new", environment(), "transport-applicant", "transport")
        with pytest.raises(RefusedError):
            filing.file(proposal, actor=actor, office=desk.office)
    listed = reading.listed(actor=desk.officer("auditor"), office=desk.office).items
    assert {one.request.item for one in listed} == {"department.new"}


def test_an_operator_files_as_agent(desk: Desk) -> None:
    proposal = Proposal("environment.new", environment(), "transport-applicant", "transport")
    request = filing.file(proposal, actor=desk.officer("operator"), office=desk.office)
    assert (request.applicant, request.agent) == ("transport-applicant", "jiangyunkai")


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ("environment.resize", RefusedError),
        ("environment.renew", RefusedError),
        ("department.people", UsageError),
        ("access.grant", RefusedError),
        ("environment.make", NotFoundError),
    ],
)
def test_what_an_item_is_not_for_is_refused(item: str, error: type[Exception], desk: Desk) -> None:
    with pytest.raises(error):
        desk.file(environment(), item)


def test_an_environment_is_asked_for_where_it_belongs(desk: Desk) -> None:
    proposal = Proposal("environment.new", environment("health/beds"), "transport-applicant", "transport")
    with pytest.raises(UsageError, match="health"):
        filing.file(proposal, actor=desk.person("applicant"), office=desk.office)


def test_what_does_not_fit_waits_for_an_operator_with_the_finding(desk: Desk) -> None:
    request = desk.file(environment(grade=3))
    assert request.state == "submitted"
    assert request.ruling
    assert "等保 grade 3" in request.ruling["sentence"]
    [waiting] = reading.inbox(actor=desk.officer("operator"), office=desk.office)
    assert (waiting.request.number, waiting.step) == (request.number, "accept")


def test_a_change_of_something_else_than_what_is_approved_is_refused(desk: Desk) -> None:
    first = desk.file(environment())
    with pytest.raises(RefusedError, match="approved already"):
        desk.file(environment())
    renewed = environment(lease={"from": "2026-12-01", "until": "2028-11-30"})
    with pytest.raises(RefusedError, match="changed since"):
        desk.file(renewed, "environment.renew", base_hash="0" * 64)
    second = desk.file(renewed, "environment.renew", base_hash=first.decided_hash)
    assert (second.state, second.original) == ("granted", first.requested)


def test_numbers_are_given_once_also_to_many_at_once(desk: Desk) -> None:
    for name in ("aa", "bb", "cc"):
        desk.register_department(department(name))
    names = [f"{name}/e{n}" for name in ("aa", "bb", "cc", "transport") for n in range(3)]
    with ThreadPoolExecutor(8) as pool:
        filed = list(pool.map(lambda name: desk.file(environment(name)), names))
    numbers = sorted(one.number for one in filed)
    assert numbers == [f"YZ20261123-{n:04d}" for n in range(5, 17)]
    assert {one.state for one in filed} == {"granted"}


def test_the_item_is_pinned(desk: Desk) -> None:
    """A promise that is made longer afterwards does not make a case punctual."""
    request = desk.file(environment(plan="large"))
    before = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    with desk.office.records.transaction() as connection:
        item = Truth(connection).get(Item, "environment.new")
        longer = item.promised.model_copy(update={"n": 19})
        changed = item.model_copy(update={"promised": longer})
        Truth(connection).approve(changed, request=None, at=MONDAY)
    after = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    assert after.due_at == before.due_at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE yunzu.request_moves SET account = 'somebody'",
        "DELETE FROM yunzu.request_moves",
        "UPDATE yunzu.manifests SET hash = NULL, content = NULL",
        "DELETE FROM yunzu.manifests",
        "DELETE FROM yunzu.requests",
        "UPDATE yunzu.request_pauses SET started_at = started_at - interval '1 day'",
        "UPDATE yunzu.request_pauses SET ended_at = ended_at + interval '1 day'",
        "DELETE FROM yunzu.request_pauses",
        "UPDATE yunzu.requests SET decided_hash = repeat('0', 64)",
        "UPDATE yunzu.requests SET submitted_at = submitted_at + interval '1 day'",
        "UPDATE yunzu.requests SET item_content = '{}'",
    ],
)
def test_what_is_evidence_cannot_be_changed(statement: str, desk: Desk) -> None:
    desk.file(environment())
    large, reviewer = desk.file(environment("transport/large", plan="large")), desk.person("reviewer")
    moving.pause(large.number, "现场勘察", actor=reviewer, office=desk.office)
    moving.resume(large.number, actor=reviewer, office=desk.office)
    changing = desk.office.records.transaction()
    with pytest.raises(IntegrityError, match="not to be changed"), changing as connection:
        connection.exec_driver_sql(statement)


def test_shipped_manifests_come_back_from_the_records_as_they_were(desk: Desk) -> None:
    with desk.office.records.transaction() as connection:
        found = Truth(connection)
        for one in [*found.all(Item).values(), *found.calendars().values()]:
            kind, identifier = truth.identity(one)
            assert found.hash_of(kind, identifier) == manifest_hash(one)


def test_a_centre_adopts_its_files_once(desk: Desk) -> None:
    with desk.office.records.transaction() as connection:
        item = Truth(connection).get(Item, "environment.new")
        assert truth.adopt(connection, [item.model_copy(update={"id": "environment.other"})], MONDAY) == []
