"""A leaver loses their roles in the cluster at once, however many environments the department has."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.tenants import Tenants, unique
from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ConflictError
from yunzu.clients.kubernetes_people import access_review
from yunzu.records import disabled_accounts, fencing
from yunzu.services.shutting_out import shut_out

GROUP = "rbac.authorization.k8s.io/v1"


@pytest.fixture
def name(tenants: Tenants) -> str:
    """A department with two environments, beside one that it looks like."""
    department = unique()
    for identifier in (department, f"{department}-2"):
        tenants.department(identifier, people=_people(identifier))
        for environment in ("a", "b"):
            tenants.apply(tenants.environment(f"{identifier}/{environment}", databases=[], buckets=[]))
    return department


def _people(department: str) -> list[dict[str, Any]]:
    return [
        {"name": "张三", "account": f"{department}-zhang", "roles": ["applicant", "developer"]},
        {"name": "李四", "account": f"{department}-li", "roles": ["developer", "approver"]},
    ]


def _may(tenants: Tenants, account: str, verb: str, namespace: str) -> bool:
    centre = tenants.centre
    user = naming.person(centre.id, account)
    return access_review(centre.cluster, user, verb=verb, resource="configmaps", namespace=namespace).allowed


def _shut_out(tenants: Tenants, department: str, without: str | None = None, **roles: Any) -> int:
    """With somebody gone, or in other roles, as the manifests would say then."""
    found = tenants.catalogue.departments[department]
    people = [
        one.model_copy(update={"roles": roles.get(one.account.rpartition("-")[2], one.roles)})
        for one in found.people
        if one.account != without
    ]
    now = {department: found.model_copy(update={"people": tuple(people)})}
    catalogue = replace(tenants.catalogue, departments={**tenants.catalogue.departments, **now})
    return shut_out(department, catalogue, tenants.centre)


def test_a_leaver_is_out_everywhere_while_every_environment_is_held(tenants: Tenants, name: str) -> None:
    """Nothing waits for the deliveries that have the environments in hand."""
    zhang, li = f"{name}-zhang", f"{name}-li"
    spaces = [f"{name}--a", f"{name}--b"]
    assert all(_may(tenants, zhang, "get", one) for one in spaces)
    with fencing.hold(tenants.centre.records, f"{name}/a"), fencing.hold(tenants.centre.records, f"{name}/b"):
        assert _shut_out(tenants, name, without=zhang) > 0
    assert not any(_may(tenants, zhang, "get", one) for one in spaces)
    assert all(_may(tenants, li, "get", one) for one in spaces)
    assert _may(tenants, f"{name}-2-zhang", "get", f"{name}-2--a")  # of another department
    assert _shut_out(tenants, name, without=zhang) == 0


def test_a_mover_keeps_the_role_that_stays(tenants: Tenants, name: str) -> None:
    li = f"{name}-li"
    assert _may(tenants, li, "create", f"{name}--a")
    _shut_out(tenants, name, li=("approver",))
    assert not _may(tenants, li, "create", f"{name}--a")
    assert _may(tenants, li, "get", f"{name}--a")


def test_who_is_disabled_is_out_and_what_is_no_person_stays(tenants: Tenants, name: str) -> None:
    zhang, cluster = f"{name}-zhang", tenants.centre.cluster
    robot = {"kind": "ServiceAccount", "name": "default", "namespace": f"{name}--a"}
    binding, *_ = _holding(tenants, zhang, f"{name}--a")
    subjects = [*binding["subjects"], robot]
    cluster.replace({**binding, "subjects": subjects}, field_manager="test")
    with tenants.centre.records.transaction() as connection:
        disabled_accounts.disable(connection, zhang, by="t", reason="离职", now=datetime.now(UTC))
    _shut_out(tenants, name)
    assert not _may(tenants, zhang, "get", f"{name}--a")
    assert _holding(tenants, zhang, f"{name}--a") == []
    after = cluster.get(GROUP, "RoleBinding", binding["metadata"]["name"], f"{name}--a")
    assert robot in after["subjects"]


def test_a_binding_that_is_written_meanwhile_is_looked_at_again(
    tenants: Tenants, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang, replace = f"{name}-zhang", Client.replace
    refused = []

    def once(self: Client, obj: Any, **more: Any) -> Any:
        if not refused:
            refused.append(obj)
            raise ConflictError("binding", "was changed")
        return replace(self, obj, **more)

    monkeypatch.setattr(Client, "replace", once)
    _shut_out(tenants, name, without=zhang)
    assert refused
    assert not any(_may(tenants, zhang, "get", f"{name}--{one}") for one in ("a", "b"))


def _holding(tenants: Tenants, account: str, namespace: str) -> list[dict[str, Any]]:
    user = naming.person(tenants.centre.id, account)
    found = tenants.centre.cluster.list(GROUP, "RoleBinding", namespace)
    return [one for one in found if any(each["name"] == user for each in one.get("subjects") or ())]
