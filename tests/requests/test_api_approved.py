"""What is approved, over the API: officers see all, people their own and no trace of others."""

import pytest

from tests.support.api import As
from tests.support.bureau import QUOTA
from tests.support.office import Desk, department, environment
from yunzu.errors import InvalidInputError, NotFoundError
from yunzu.model.hashes import content, manifest_hash


def test_departments_are_seen_by_officers_and_their_own_people(desk: Desk, as_: As) -> None:
    health = department("health", quota=QUOTA)
    desk.approve(health)
    desk.file(environment())
    desk.file(environment("transport/alone"))
    for officer in ("operator", "security", "auditor"):
        found = as_(officer).get("/departments")["items"]
        assert [(one["id"], one["environments"]) for one in found] == [
            ("health", []),
            ("transport", ["transport/alone", "transport/flights"]),
        ]
    for role in ("applicant", "reviewer", "approver", "steward", "auditor"):
        api = as_(role, "transport", scope="read")
        [own] = api.get("/departments")["items"]
        assert own == api.get("/departments/transport") == found[1]
        for other in ("health", "nobody"):
            with pytest.raises(NotFoundError, match=f"department '{other}': is not registered; see"):
                api.get(f"/departments/{other}")
    said = health.model_dump(mode="json", exclude_none=True)
    assert found[0] == said | {"environments": []}
    with pytest.raises(NotFoundError, match="did you mean 'health'"):
        as_("auditor").get("/departments/healthy")


def test_what_is_retired_is_not_listed(desk: Desk, as_: As) -> None:
    operator = as_("operator")
    desk.file(environment())
    desk.file(environment(), "environment.retire")
    assert operator.get("/departments/transport")["environments"] == []
    assert [one["id"] for one in operator.get("/manifests")["items"]] == ["transport"]


def test_approved_manifests_are_seen_in_full_by_the_same(desk: Desk, as_: As) -> None:
    desk.register_department(department("health"))
    operator = as_("operator")
    desk.file(environment())
    desk.file(environment(grade=1), "environment.resize")
    every = operator.get("/manifests")
    assert every["department"] is None
    assert [(one["kind"], one["id"]) for one in every["items"]] == [
        ("Department", "health"),
        ("Department", "transport"),
        ("Environment", "transport/flights"),
    ]
    last = every["items"][-1]
    assert last["content"] == content(environment(grade=1))
    assert last["hash"] == manifest_hash(environment(grade=1))
    own = as_("auditor", "transport").get("/manifests")
    assert own == {"department": "transport", "items": every["items"][1:]}


def test_an_old_content_is_found_by_its_hash_by_the_same(desk: Desk, as_: As) -> None:
    operator, health = as_("operator"), department("health")
    desk.register_department(health)
    desk.file(environment())
    desk.file(environment(grade=1), "environment.resize")
    path = f"/manifests/Environment/{manifest_hash(environment())}"
    old = operator.get(path)
    assert old["content"] == content(environment())
    assert as_("reviewer", "transport").get(path) == old
    stranger = as_("applicant", "health")
    hidden = f"/manifests/Environment/{'0' * 64}"
    for api, place in ((stranger, path), (stranger, hidden), (operator, hidden)):
        with pytest.raises(NotFoundError, match="was never approved"):
            api.get(place)
    with pytest.raises(InvalidInputError):
        operator.get(f"/manifests/Register/{manifest_hash(desk.register)}")
    assert stranger.get(f"/manifests/Department/{manifest_hash(health)}")["id"] == "health"
