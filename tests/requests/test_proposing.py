"""What a request may propose: each item changes what it is for, for people whose affair it is."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import MONDAY, Desk, department, environment
from yunzu.errors import InvalidInputError, NotFoundError, RefusedError, UsageError
from yunzu.model.capacity import Capacity
from yunzu.model.manifests import Manifest
from yunzu.model.plans import Plan
from yunzu.records import grants
from yunzu.services.requests import filing, moving, proposing, reading
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.truth import CENTRE, Truth

QUOTA = {"cpu": "100"}


def _ask(desk: Desk, item: str, manifest: Manifest) -> None:
    department_id = proposing.owner(manifest)
    actor = desk.person("applicant") if department_id else desk.officer("operator")
    filing.file(Proposal(item, manifest, actor.account, department_id), actor=actor, office=desk.office)


@pytest.mark.parametrize(
    ("item", "changes"),
    [
        ("environment.renew", {"plan": "standard"}),
        ("environment.renew", {"lease": {"from": "2026-12-01", "until": "2028-11-30"}, "stage": "prod"}),
        ("environment.resize", {"stage": "prod"}),
        ("environment.resize", {"lease": {"from": "2026-12-01", "until": "2099-11-30"}}),
        ("environment.retire", {"stage": "dev"}),
    ],
)
def test_an_item_changes_nothing_of_an_environment_that_it_is_not_for(
    item: str, changes: dict[str, Any], desk: Desk
) -> None:
    """A renewal of another plan would be a resize that reserves nothing."""
    desk.file(environment())
    with pytest.raises(UsageError, match=f"item {item}: changes"):
        _ask(desk, item, environment(**changes))
    with desk.office.records.transaction() as connection:
        assert Truth(connection).catalogue(MONDAY.date()).environments["transport/flights"] == environment()
        held = grants.held(connection, "transport/flights")
    assert held is not None
    assert held.amounts["cpu"] == 1000


def test_a_change_of_people_does_not_raise_the_quota(desk: Desk) -> None:
    with pytest.raises(UsageError, match="changes people of transport, not quota"):
        _ask(desk, "department.people", department(quota=QUOTA))
    with pytest.raises(UsageError, match="changes quota of transport, not people"):
        _ask(desk, "department.quota", department(quota=QUOTA, people=[]))
    _ask(desk, "department.quota", department(quota=QUOTA))


def test_a_price_is_changed_alone(desk: Desk) -> None:
    with desk.office.records.transaction() as connection:
        plan = Truth(connection).get(Plan, "small")
    dearer = plan.model_copy(update={"price": plan.price.model_copy(update={"month": Decimal("999.00")})})
    _ask(desk, "price.change", dearer)
    with pytest.raises(UsageError, match="not self_service"):
        _ask(desk, "price.change", plan.model_copy(update={"self_service": False}))


def test_what_is_put_right_is_held_to_the_same(desk: Desk) -> None:
    desk.file(environment())
    request = desk.file(environment(grade=3), "environment.resize")
    moving.return_(request.number, "等保定级有误", actor=desk.officer("operator"), office=desk.office)
    smuggled = environment(stage="prod")
    with pytest.raises(UsageError, match="not stage"):
        moving.resubmit(request.number, smuggled, actor=desk.person("applicant"), office=desk.office)
    after = reading.show(request.number, actor=desk.officer("auditor"), office=desk.office)
    assert (after.request.state, after.request.requested["grade"]) == ("returned", 3)


def test_an_agent_files_for_somebody_who_may_apply(desk: Desk) -> None:
    desk.register_department(department("health"))
    operator = desk.officer("operator")
    for nobody in ("transport-reviewer", "health-applicant", "mallory", operator.account):
        proposal = Proposal("environment.new", environment(), nobody, "transport")
        with pytest.raises(RefusedError):
            filing.file(proposal, actor=operator, office=desk.office)
    water = department("water")
    for nobody in ("transport-applicant", "water-reviewer"):
        with pytest.raises(RefusedError, match="no applicant of water"):
            filing.file(
                Proposal("department.new", water, nobody, "water"), actor=operator, office=desk.office
            )
    with desk.office.records.transaction() as connection:
        capacity = Truth(connection).get(Capacity, CENTRE)
    for nobody in ("transport-applicant", "shengshouan"):
        proposal = Proposal("quota.change", capacity, nobody, None)
        with pytest.raises(RefusedError, match="no applicant of the centre"):
            filing.file(proposal, actor=operator, office=desk.office)


@pytest.mark.parametrize(
    ("account", "owner"),
    [
        ("transport-approver", "department 'transport'"),
        ("jiangyunkai", "the centre"),
        ("local-root", "the centre's machine"),
    ],
)
def test_a_department_does_not_list_other_peoples_accounts(account: str, owner: str, desk: Desk) -> None:
    """Their tokens would act for it from then on."""
    people = [{"name": "某", "account": one, "roles": ["applicant"]} for one in ("health-applicant", account)]
    request = desk.register_department(department("health", people=people))
    assert request.state == "submitted"
    assert request.ruling
    assert f"people[1].account: account '{account}' belongs to {owner}" in request.ruling["sentence"]
    desk.at("2026-11-25 09:00")  # accepted by silence: still nobody can grant it
    assert moving.go_on(request.number, office=desk.office).state == "accepted"
    second = desk.officer("operator", 1)
    moving.approve(request.number, actor=second, office=desk.office)
    with pytest.raises(RefusedError, match="belongs to"):
        moving.approve(request.number, actor=desk.officer("security"), office=desk.office)


def test_a_department_keeps_its_own_accounts(desk: Desk) -> None:
    people = [one.model_dump(mode="json") for one in desk.departments["transport"].people]
    more = [*people, {"name": "新", "account": "transport-new", "roles": ["developer"]}]
    proposal = Proposal("department.people", department(people=more), "transport-applicant", "transport")
    request = filing.file(proposal, actor=desk.person("applicant"), office=desk.office)
    assert request.state == "accepted"


def test_an_environment_is_named_instead_of_written_out(desk: Desk) -> None:
    desk.file(environment())
    until = date(2028, 11, 30)
    retired = proposing.of_subject("environment.retire", "transport/flights", None, office=desk.office)
    assert retired == environment()
    renewed = proposing.of_subject("environment.renew", "transport/flights", until, office=desk.office)
    assert renewed == environment(lease={"from": "2026-12-01", "until": "2028-11-30"})
    for item, identifier, day, error in (
        ("environment.new", "transport/flights", None, UsageError),
        ("environment.renew", "transport/flights", None, UsageError),
        ("environment.retire", "transport/flights", until, UsageError),
        ("environment.renew", "transport/flights", date(2027, 11, 30), UsageError),
        ("environment.retire", "transport/none", None, NotFoundError),
    ):
        with pytest.raises(error):
            proposing.of_subject(item, identifier, day, office=desk.office)


def test_a_retired_environment_may_begin_again_and_not_be_changed(desk: Desk) -> None:
    first = desk.file(environment())
    with desk.office.records.transaction() as connection:
        Truth(connection).retire("Environment", "transport/flights", request=first.number, at=MONDAY)
    with pytest.raises(RefusedError, match="is not approved yet"):
        desk.file(environment(plan="standard"), "environment.resize")
    assert desk.file(environment()).state == "granted"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Nothing\n", "'Nothing' is no kind of manifest"),
        ("kind: [a]\n", "is no kind of manifest"),
        ("id: a\n", "is no kind of manifest"),
        ("kind: Environment\nid: a/b\n", "plan"),
        ("- a\n", ""),
        ("a: &b 1\n", "anchor"),
    ],
)
def test_a_file_is_read_with_all_its_findings(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInputError) as caught:
        proposing.read(file)
    assert said in "".join(map(str, caught.value.findings))
    assert all(one.file == str(file) for one in caught.value.findings)
    with pytest.raises(InvalidInputError):
        proposing.read(tmp_path / "missing.yaml")
