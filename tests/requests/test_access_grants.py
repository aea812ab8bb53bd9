"""Access that is granted to one environment by request: who decides, whom it lets in, and how it ends."""

import base64
from typing import Any

import pytest

from tests.support.office import Desk, department, environment
from tests.support.queued import ask
from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import of_person
from yunzu.model.answers.jobs import JobWords
from yunzu.model.manifests import Department, Environment
from yunzu.records.requests import Request
from yunzu.services.accounts import disabling
from yunzu.services.jobs import asking as jobs
from yunzu.services.requests import filing, moving
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import Truth

ITEM = "access.grant"
FLIGHTS = "transport/flights"
GUEST = "health-steward"
RECIPIENT = base64.b64encode(bytes([9, *[0] * 31])).decode()  # a public key; nothing is sealed here


def grant(account: str = GUEST, **changes: Any) -> dict[str, Any]:
    return {"account": account, "role": "viewer", "until": "2027-03-31", "reason": "联合排查"} | changes


def granted(*grants: dict[str, Any], **changes: Any) -> Environment:
    return environment(access=list(grants), **changes)


@pytest.fixture(autouse=True)
def flights(desk: Desk) -> None:
    """An environment, and another department, whose people have no business there."""
    desk.register_department(department("health"))
    desk.file(environment())


def approved(desk: Desk) -> Environment:
    with desk.office.records.transaction() as connection:
        return Truth(connection).get(Environment, FLIGHTS)


def signed(desk: Desk, request: Request) -> Request:
    return moving.approve(request.number, actor=desk.person("approver"), office=desk.office)


def queued(desk: Desk) -> set[tuple[str, str]]:
    rows = ask(desk, "SELECT task_name, args->>'subject' FROM procrastinate_jobs WHERE status = 'todo'")
    return {(task, subject) for task, subject in rows}


def change_people(desk: Desk, of: str, people: list[dict[str, Any]]) -> Department:
    """Approved, as the department asked for it."""
    changed = department(of, people=people)
    proposal = Proposal("department.people", changed, f"{of}-applicant", of)
    request = filing.file(proposal, actor=desk.person("applicant", of), office=desk.office)
    moving.approve(request.number, actor=desk.person("approver", of), office=desk.office)
    return changed


def people(of: str, *, without: str = "") -> list[dict[str, Any]]:
    listed = [one.model_dump(mode="json") for one in department(of).people]
    return [one for one in listed if one["account"] != without]


def test_the_departments_approver_decides_and_nobody_else(desk: Desk) -> None:
    request = desk.file(granted(grant()), ITEM)
    for nobody in (
        desk.person("applicant"),
        desk.person("approver", "health"),
        desk.officer("operator"),
        desk.officer("security"),
    ):
        with pytest.raises(RefusedError):
            moving.approve(request.number, actor=nobody, office=desk.office)
    assert approved(desk) == environment()
    assert (signed(desk, request).state, approved(desk)) == ("granted", granted(grant()))
    taken = desk.file(environment(), ITEM)
    assert (taken.state, approved(desk)) == ("granted", environment())


def test_nobody_lets_themselves_in(desk: Desk) -> None:
    request = desk.file(granted(grant("transport-approver", role="admin")), ITEM)
    with pytest.raises(RefusedError, match="nobody decides on what they are given themselves"):
        signed(desk, request)
    second = {"name": "某", "account": "transport-second", "roles": ["approver"]}
    desk.departments["transport"] = change_people(desk, "transport", [*people("transport"), second])
    other = next(one for one in desk.departments["transport"].people if one.account == "transport-second")
    actor = of_person(other, desk.departments["transport"], authenticated="token", origin="test")
    assert moving.approve(request.number, actor=actor, office=desk.office).state == "granted"
    later = desk.file(granted(grant("transport-approver", role="admin"), grant()), ITEM)
    assert signed(desk, later).state == "granted"  # what they have already is not given to them


def test_a_stranger_is_a_finding(desk: Desk) -> None:
    request = desk.file(granted(grant("nobody"), grant("jiangyunkai")), ITEM)
    assert request.state == "submitted"
    assert request.ruling
    assert "2 findings" in request.ruling["sentence"]
    assert "access[0].account: account 'nobody' is of no department" in request.ruling["sentence"]


def test_no_other_item_carries_one(desk: Desk) -> None:
    with pytest.raises(UsageError, match="not access"):
        desk.file(granted(grant(), plan="standard"), "environment.resize")
    with pytest.raises(UsageError, match="changes egress of transport/flights, not access"):
        desk.file(granted(grant()), "egress.exception")
    with pytest.raises(UsageError, match="brings no access"):
        desk.file(environment("transport/other", access=[grant()]))


def kubeconfig(desk: Desk, role: str, of: str, **words: Any) -> str:
    asked = JobWords(kind="kubeconfig", environment=FLIGHTS, recipient=RECIPIENT, **words)
    return jobs.ask(asked, [], actor=desk.person(role, of), office=desk.office).job.kind


def test_the_guest_and_no_colleague_has_a_kubeconfig_until_the_last_day(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="not of your department"):
        kubeconfig(desk, "steward", "health")
    signed(desk, desk.file(granted(grant()), ITEM))
    assert kubeconfig(desk, "steward", "health") == "kubeconfig"
    for role, words in (("applicant", {}), ("steward", {"account": "transport-steward"})):
        with pytest.raises(RefusedError, match="not of your department"):
            kubeconfig(desk, role, "health", **words)
    desk.at("2027-03-31 23:59")
    assert kubeconfig(desk, "steward", "health") == "kubeconfig"
    desk.at("2027-04-01 00:00")
    with pytest.raises(RefusedError, match="not of your department"):
        kubeconfig(desk, "steward", "health")


def test_who_leaves_their_department_leaves_the_environment_for_good(desk: Desk) -> None:
    signed(desk, desk.file(granted(grant(), grant("health-auditor")), ITEM))
    ask(desk, "DELETE FROM procrastinate_jobs")
    change_people(desk, "health", people("health", without=GUEST))
    assert approved(desk) == granted(grant("health-auditor"))
    assert {("shut out", "transport"), ("put right", FLIGHTS)} <= queued(desk)
    change_people(desk, "health", people("health"))  # they come back
    assert approved(desk) == granted(grant("health-auditor"))


def test_who_changes_roles_stays_a_guest(desk: Desk) -> None:
    signed(desk, desk.file(granted(grant()), ITEM))
    moved = [one | {"roles": ["developer"]} if one["account"] == GUEST else one for one in people("health")]
    change_people(desk, "health", moved)
    assert approved(desk) == granted(grant())


def test_who_is_disabled_is_shut_out_and_let_in_again(desk: Desk) -> None:
    signed(desk, desk.file(granted(grant()), ITEM))
    for switch in (disabling.disable, disabling.enable):
        ask(desk, "DELETE FROM procrastinate_jobs")
        switch(GUEST, "停用", actor=desk.officer("operator"), office=desk.office)
        assert {("shut out", "transport"), ("put right", FLIGHTS)} <= queued(desk)
    assert approved(desk) == granted(grant())
