"""Access that is granted to one environment: what a manifest may ask for, and what it comes to."""

from datetime import date
from typing import Any

import pytest

from tests.model.test_jobs import actor
from tests.support.blueprints import department, environment, sample
from yunzu.components import access
from yunzu.model import dated
from yunzu.model.blueprints import people_by_cluster_role
from yunzu.model.hashes import manifest_hash
from yunzu.model.jobs import KINDS, refusal_of_job


def grant(account: str = "zhaoliu", **changes: Any) -> dict[str, Any]:
    return {"account": account, "role": "viewer", "until": "2027-03-31", "reason": "联合排查"} | changes


@pytest.mark.parametrize(
    "wrong",
    [
        [grant(role="owner")],
        [grant(account="Zhao Liu")],
        [grant(until=0)],
        [grant(reason="")],
        [grant(extra=1)],
        [grant(), grant(role="admin")],
        [grant(f"a{n}") for n in range(33)],
    ],
)
def test_what_is_no_grant_is_refused(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="access"):
        environment(access=wrong)


def test_without_grants_an_environment_is_what_it_was() -> None:
    assert manifest_hash(environment(access=[])) == manifest_hash(environment())
    assert dict(access.objects(sample(access=[]))) == dict(access.objects(sample()))


def test_a_grant_holds_through_its_last_day_and_is_one_persons() -> None:
    both = environment(access=[grant(until="2026-12-31"), grant("qianqi")])
    assert both.on(date(2026, 12, 31)) is both
    assert both.on(date(2027, 1, 1)) == environment(access=[grant("qianqi")])
    assert both.next_end == date(2026, 12, 31)
    assert both.without(["qianqi"]) == environment(access=[grant(until="2026-12-31")])
    assert both.without(["nobody"]) is both
    assert both.without(["qianqi", "zhaoliu"]) == environment()


@pytest.mark.parametrize(
    ("role", "bound"),
    [("viewer", "tenant-viewer"), ("developer", "tenant-developer"), ("admin", "tenant-admin")],
)
def test_it_binds_the_person_beside_those_of_the_department(role: str, bound: str) -> None:
    people = department().people
    before = people_by_cluster_role(people)
    after = people_by_cluster_role(people, environment(access=[grant(role=role)]).access or ())
    assert after == before | {bound: sorted([*before[bound], "zhaoliu"])}
    binding = dict(access.objects(sample(access=[grant(role=role)])))[bound]
    assert "yunzu:1a2b3c4d:person:zhaoliu" in {one["name"] for one in binding["subjects"]}


def test_another_role_or_a_later_day_is_decided_anew() -> None:
    had = environment(access=[grant()])
    for wanted, count in ((grant(role="admin"), 1), (grant(until="2027-04-01"), 1), (grant("b"), 1)):
        assert len(list(dated.added(had, environment(access=[wanted])))) == count
    assert not list(dated.added(had, environment(access=[grant(until="2027-01-01")])))


def test_a_guest_takes_their_own_access_to_the_cluster_and_nothing_else() -> None:
    guest = actor("developer", "health")
    allowed = {
        kind for kind in KINDS if refusal_of_job(guest, kind, "elsewhere", guest.account, guest=True) is None
    }
    assert allowed == {"kubeconfig"}
    assert refusal_of_job(guest, "kubeconfig", "elsewhere", "another", guest=True)
    assert refusal_of_job(guest, "kubeconfig", "elsewhere", guest.account)
