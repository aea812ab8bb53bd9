"""The checked-in items, officers and capacity: what issue and domain promise, and people enough for each."""

from pathlib import Path

import pytest

from yunzu.model.actors import CENTRE_ROLES
from yunzu.model.items import Item
from yunzu.model.quotas import QUOTA_METERS, department_quota, plan_amounts, total
from yunzu.services.centre_manifests import CentreFiles, read_centre
from yunzu.services.manifests import Examination, examine

ROOT = Path(__file__).parent.parent
CENTRE = ROOT / "centre"
ITEMS = read_centre(CentreFiles(items=CENTRE / "items"), []).items
NAMES = """\
department.new department.quota department.people
environment.new environment.resize environment.renew environment.suspend environment.resume environment.retire
environment.erase
access.grant egress.exception
plan.change price.change item.change calendar.change quota.change register.change
"""


@pytest.fixture(scope="module")
def centre() -> Examination:
    files = CentreFiles(CENTRE / "items", CENTRE / "register.yaml", CENTRE / "capacity.yaml")
    return examine(ROOT / "tenants", CENTRE / "plans", files)


def test_everything_is_valid_and_has_people(centre: Examination) -> None:
    assert centre.findings == []
    assert centre.remarks == []


def test_the_items_are_those_of_the_catalogue() -> None:
    assert set(ITEMS) == set(NAMES.split())


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.id)
def test_an_item_promises_less_than_the_law_allows_and_leaves_time_to_deliver(item: Item) -> None:
    assert item.statutory.basis
    assert item.promised.office_minutes < item.statutory.office_minutes
    assert sum(step.promised.office_minutes for step in item.steps) < item.promised.office_minutes
    assert item.title.en
    assert all(step.title.en for step in item.steps)


def test_the_centres_own_changes_have_two_signatories() -> None:
    twice = {name for name, item in ITEMS.items() if item.second_signatory}
    assert twice == {f"{what}.change" for what in ("plan", "price", "item", "calendar", "quota", "register")}
    assert all(ITEMS[name].subject == name.split(".")[0] for name in twice)


def test_standard_cases_of_environments_are_decided_without_people() -> None:
    for name in ("environment.new", "environment.resize", "environment.renew"):
        assert [step.rule for step in ITEMS[name].steps[1:]] == ["environment.standard"] * 2


def test_the_three_offices_are_held(centre: Examination) -> None:
    register = centre.catalogue.centre.register
    assert register
    assert {role for officer in register.officers for role in officer.roles} == set(CENTRE_ROLES)


def test_what_is_there_fits_quota_and_capacity(centre: Examination) -> None:
    catalogue = centre.catalogue
    capacity = catalogue.centre.capacity
    assert capacity
    reserved = {
        name: total(
            plan_amounts(catalogue.plans[one.plan])
            for one in catalogue.environments.values()
            if one.department == name
        )
        for name in catalogue.departments
    }
    for name, department in catalogue.departments.items():
        quota = department_quota(department, capacity)
        assert all(reserved[name][meter] <= quota[meter] for meter in QUOTA_METERS), name
    promisable = capacity.promisable("tenants-1")
    every = total(reserved.values())
    assert all(every[meter] <= promisable[meter] for meter in every if meter in promisable)
    assert {plan.pool for plan in catalogue.plans.values()} <= set(capacity.pools)
