"""`yunzu dept list|show`: what is approved, over the API."""

from tests.support.api import Served
from tests.support.command import Command
from tests.support.office import Desk, department, environment


def test_departments_with_people_and_environments(yunzu: Command, desk: Desk) -> None:
    new = department("health", title={"zh": "卫健委", "en": "Health"}, people=[])
    desk.approve(new)
    desk.file(environment())
    listed = yunzu("dept", "list")
    assert [line.split() for line in listed.out.splitlines()] == [
        ["DEPARTMENT", "TITLE", "PEOPLE", "ENVIRONMENTS"],
        ["health", "卫健委", "0", "0"],
        ["transport", "transport局", "5", "1"],
    ]
    shown = yunzu("dept", "show", "transport").out.splitlines()
    assert shown[0] == "transport  transport局"
    assert ["transport-steward", "某某", "steward"] in [line.split() for line in shown]
    assert shown[-1] == "transport/flights"
    assert yunzu("dept", "show", "health").out == "health  卫健委  Health\n"


def test_documents_for_programs(yunzu: Command, desk: Desk) -> None:
    desk.file(environment())
    [one] = yunzu("dept", "list", "--json").items
    assert one == yunzu("dept", "show", "transport", "--json").document
    assert (one["id"], one["environments"]) == ("transport", ["transport/flights"])
    assert one["people"][0] == {"name": "某某", "account": "transport-applicant", "roles": ["applicant"]}
    assert "quota" not in one


def test_one_that_is_not_there_or_not_ones_own(yunzu: Command, desk: Desk, served: Served) -> None:
    desk.register_department(department("health"))
    near = yunzu("dept", "show", "health1")
    assert (near.code, near.out) == (1, "")
    assert near.err == "error: department 'health1': is not registered; did you mean 'health'?\n"
    other = yunzu("dept", "show", "health", YUNZU_TOKEN=served.token("transport-applicant"))
    assert (other.code, other.out) == (1, "")
    assert other.err == "error: department 'health': is not registered; see `yunzu dept list`\n"
    assert yunzu("dept", "list", YUNZU_TOKEN="").code == 3
