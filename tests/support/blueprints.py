"""Blueprints for tests that need no server."""

from pathlib import Path
from typing import Any

import yaml

from yunzu.model.blueprints import Blueprint, Endpoint, blueprint
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan

REPOSITORY = Path(__file__).parents[2]
ENDPOINTS = (Endpoint("127.0.0.1", 5432, ("127.0.0.1",)), Endpoint("127.0.0.1", 9000, ("127.0.0.1",)))
PEOPLE = [
    {"name": "张三", "account": "zhangsan", "roles": ["applicant", "steward"]},
    {"name": "李四", "account": "lisi", "roles": ["approver", "auditor"]},
    {"name": "王五", "account": "wangwu", "roles": ["developer"]},
]


def plan(name: str = "standard") -> Plan:
    text = (REPOSITORY / f"centre/plans/{name}.yaml").read_text("utf-8")
    return Plan.model_validate(yaml.safe_load(text))


def department(identifier: str = "health", **changes: Any) -> Department:
    fields = {"kind": "Department", "id": identifier, "title": {"zh": "卫生健康委员会"}, "people": PEOPLE}
    return Department.model_validate(fields | changes)


def environment(identifier: str = "health/beds-prod", **changes: Any) -> Environment:
    fields = {
        "kind": "Environment",
        "id": identifier,
        "system": {"zh": "床位管理系统"},
        "stage": "prod",
        "plan": "standard",
        "lease": {"from": "2026-12-01", "until": "2027-11-30"},
    }
    return Environment.model_validate(fields | changes)


def sample(
    identifier: str = "health/beds-prod",
    *,
    centre: str = "1a2b3c4d",
    uid: str = "eabcdefghijk",
    suspended: bool = False,
    **changes: Any,
) -> Blueprint:
    """A blueprint of an invented environment."""
    wanted = environment(identifier, **changes)
    return blueprint(
        centre=centre,
        uid=uid,
        department=department(wanted.department),
        environment=wanted,
        plan=plan(wanted.plan),
        endpoints=ENDPOINTS,
        suspended=suspended,
    )
