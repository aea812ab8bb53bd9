"""Manifests asked for over the API: who may, what is found, what a dry run says, what waits, what goes."""

from typing import Any

import pytest

from tests.support.api import As
from tests.support.bureau import QUOTA
from tests.support.engine import CENTRE as CENTRE_ID
from tests.support.office import Desk, department, environment
from yunzu.clients.api import Api
from yunzu.errors import InvalidInputError, NotFoundError, RefusedError, UsageError
from yunzu.model.answers.manifests import AskedAnswer
from yunzu.model.answers.problem import error_of
from yunzu.model.hashes import content
from yunzu.model.manifests import Department, Environment
from yunzu.records import environments as registry
from yunzu.records import requests
from yunzu.services.requests import reading

REMOVAL = "/environments/transport/flights/removal"


def ask(api: Api, wanted: Department | Environment, *, dry_run: bool = False, **more: Any) -> AskedAnswer:
    body = {"manifest": content(wanted)} | more
    return AskedAnswer.model_validate(api.post("/manifests", body, {"dry_run": dry_run}))


def remove(api: Api, *, path: str = REMOVAL, dry_run: bool = False, **words: Any) -> AskedAnswer:
    return AskedAnswer.model_validate(api.post(path, words, {"dry_run": dry_run}))


def items(answer: AskedAnswer) -> list[tuple[str, str]]:
    return [(one.item, one.state) for one in answer.requests]


def deliver(desk: Desk, answer: AskedAnswer) -> None:
    """In the records only."""
    with desk.office.records.transaction() as connection:
        for one in answer.requests:
            requests.change(connection, one.id or "", state="done", done_at=desk.office.now())


def numbers(desk: Desk) -> list[str]:
    with desk.office.records.transaction() as connection:
        return [one.number for one in requests.listed(connection)]


def test_what_differs_is_asked_for_once_and_oldest_first(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    [first] = ask(operator, environment(), bundle="b1").requests
    assert (first.item, first.state, first.bundle) == ("environment.new", "granted", "b1")
    assert (first.applicant, first.agent) == ("transport-applicant", "jiangyunkai")
    changed = environment(grade=1, lease={"from": "2026-12-01", "until": "2028-01-01"})
    found = ask(operator, changed)
    assert [one.item for one in found.requests] == [
        "environment.new",
        "environment.resize",
        "environment.renew",
    ]
    assert ask(operator, changed) == found
    deliver(desk, found)
    assert ask(operator, changed) == AskedAnswer(requests=(), waiting=None, dry_run=False)


def test_people_ask_for_themselves_and_nobody_for_others(desk: Desk, as_: As) -> None:
    desk.register_department(department("health"))
    [own] = ask(as_("applicant", "transport"), environment()).requests
    assert (own.applicant, own.agent) == ("transport-applicant", None)
    before = numbers(desk)
    for api in (
        as_("applicant", "health"),
        as_("reviewer", "transport"),
        as_("auditor"),
        as_("security"),
        as_("applicant", "transport", scope="read"),
    ):
        for wanted in (environment(grade=1), environment("transport/nowhere")):
            with pytest.raises(RefusedError, match="nothing was filed"):
                ask(api, wanted)
    assert numbers(desk) == before


def test_others_cannot_tell_what_is_there(desk: Desk, as_: As) -> None:
    ask(as_("operator"), environment())
    desk.register_department(department("health"))
    stranger = as_("applicant", "health")
    said = set()
    for wanted in (environment(), environment(stage="prod"), environment(plan="huge"), department()):
        with pytest.raises(RefusedError) as refused:
            ask(stranger, wanted)
        said.add(str(refused.value))
    for name in ("flights", "nowhere"):
        with pytest.raises(RefusedError) as refused:
            remove(stranger, path=f"/environments/transport/{name}/removal")
        said.add(str(refused.value))
    assert said == {
        "request for 'transport': the request is not of your department; nothing was filed",
    }


def test_all_that_is_wrong_is_said_at_once(desk: Desk, as_: As) -> None:
    operator, before = as_("operator"), numbers(desk)
    broken = content(environment()) | {"grade": 9, "stage": "x"}
    with pytest.raises(InvalidInputError) as unread:
        operator.post("/manifests", {"manifest": broken})
    assert sorted(one.path for one in unread.value.findings) == ["grade", "stage"]
    many = environment(databases=[{"name": f"d{index}", "size": "1Ti"} for index in range(30)])
    with pytest.raises(InvalidInputError) as unfit:
        ask(operator, many)
    assert len(unfit.value.findings) > 1
    with pytest.raises(InvalidInputError) as nowhere:
        ask(operator, environment("health/beds", plan="huge"))
    assert [one.code for one in nowhere.value.findings] == ["unknown-department", "unknown-plan"]
    person = {"name": "某某", "roles": ["applicant"]}
    theirs = [person | {"account": one} for one in ("transport-applicant", "jiangyunkai", "local-wei")]
    with pytest.raises(InvalidInputError) as taken:
        ask(operator, department("health", people=theirs))
    assert [(one.path, one.code) for one in taken.value.findings] == [
        (f"people[{index}].account", "taken") for index in range(3)
    ]
    with pytest.raises(UsageError, match="is a Register, not a Department or an Environment"):
        operator.post("/manifests", {"manifest": content(desk.register)})
    with pytest.raises(UsageError, match="ask for one after the other"):
        ask(operator, environment(), after=[content(department())])
    assert numbers(desk) == before


def test_what_waits_is_said_and_found_again(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    desk.approve(department(quota=QUOTA))
    large = environment(plan="large")
    first = ask(operator, large, bundle="b1")
    assert first.waiting
    assert (first.requests, first.waiting.item, first.waiting.state) == ((), "environment.new", "accepted")
    assert first.waiting.bundle == "b1"
    assert "waits for the department's reviewer" in first.waiting.problem.fact
    assert error_of(first.waiting.problem).exit_code == 3
    assert ask(operator, large) == first
    rehearsed = ask(operator, large, dry_run=True).waiting
    assert rehearsed  # it is really there
    assert rehearsed.request == first.waiting.request == numbers(desk)[0]
    with pytest.raises(RefusedError, match="is no operator"):
        ask(as_("applicant", "transport"), large, emergency="汛情")
    with pytest.raises(RefusedError, match="`yunzu confirm`"):
        ask(operator, large, emergency="汛情")
    [granted] = ask(as_("operator", confirmed=True), large, emergency="汛情").requests
    assert (granted.id, granted.state, granted.emergency) == (first.waiting.request, "granted", "汛情")


def test_a_dry_run_files_nothing_and_numbers_only_what_is_filed(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    [filed] = ask(operator, environment()).requests
    before = numbers(desk)
    wanted = environment(grade=1)
    rehearsed = ask(operator, wanted, dry_run=True)
    assert rehearsed.dry_run
    assert [(one.item, one.id) for one in rehearsed.requests] == [
        ("environment.new", filed.id),
        ("environment.resize", None),
    ]
    waiting = ask(operator, department(quota={"environments": 0}), dry_run=True).waiting
    assert waiting
    assert (waiting.request, waiting.state) == (None, "accepted")
    assert waiting.problem.subject == "request for department.quota transport"
    assert "YZ" not in waiting.problem.model_dump_json()
    retired = remove(operator, dry_run=True)
    assert [(one.item, one.id) for one in retired.requests] == [("environment.retire", None)]
    assert numbers(desk) == before
    assert items(ask(operator, wanted))[1:] == [("environment.resize", "granted")]


def test_a_dry_run_knows_what_is_asked_for_before(desk: Desk, as_: As) -> None:
    operator, before = as_("operator"), numbers(desk)
    new, own = department("health"), environment("health/beds")
    with pytest.raises(InvalidInputError) as alone:
        ask(operator, own, dry_run=True)
    assert [one.code for one in alone.value.findings] == ["unknown-department"]
    waits = content(department(quota={"environments": 0}))
    after = [waits, content(new)]
    assert items(ask(operator, own, dry_run=True, after=after)) == [("environment.new", "granted")]
    assert numbers(desk) == before


def test_removal_is_asked_for_confirmed_and_once(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    ask(operator, environment())
    with pytest.raises(RefusedError, match="add --confirm transport/flights"):
        remove(operator, erase=True)
    [retired] = remove(operator).requests
    assert (retired.item, retired.state, retired.applicant) == (
        "environment.retire",
        "granted",
        "transport-applicant",
    )
    assert [one.id for one in remove(operator).requests] == [retired.id]  # not delivered yet
    deliver(desk, remove(operator))
    registry.enrol(desk.office.records, CENTRE_ID, "transport", "flights", plan="small")
    assert remove(operator) == AskedAnswer(requests=())
    assert items(remove(operator, erase=True, confirm="transport/flights")) == [
        ("environment.erase", "granted")
    ]
    with pytest.raises(NotFoundError, match="is not in the records"):
        remove(operator, path="/environments/transport/nowhere/removal")


def test_who_may_not_ask_takes_nothing_down(desk: Desk, as_: As) -> None:
    ask(as_("operator"), environment())
    before = numbers(desk)
    for api in (
        as_("reviewer", "transport"),
        as_("auditor"),
        as_("security"),
        as_("applicant", "transport", scope="read"),
    ):
        for words in ({}, {"erase": True, "confirm": "transport/flights"}):
            with pytest.raises(RefusedError, match="nothing was filed"):
                remove(api, **words)
    with pytest.raises(RefusedError, match="is no operator"):
        remove(as_("applicant", "transport"), emergency="退出")
    assert numbers(desk) == before


def test_production_waits_for_its_people(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    ask(operator, environment(stage="prod"))
    waiting = remove(as_("applicant", "transport")).waiting
    assert waiting
    assert "waits for the department's approver" in waiting.problem.fact
    with pytest.raises(RefusedError, match="`yunzu confirm`"):
        remove(operator, emergency="退出")
    [granted] = remove(as_("operator", confirmed=True), emergency="退出").requests
    assert granted.id == waiting.request
    view = reading.show(granted.id or "", actor=desk.officer("auditor"), office=desk.office)
    assert view.request.emergency == "退出"
