"""A small valid tree of manifests that a test spoils in one place."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANS = ROOT / "centre" / "plans"
CALENDARS = ROOT / "centre" / "calendar"

DEPARTMENT = """\
kind: Department
id: {id}
title: {{zh: 卫生健康委员会, en: Health}}
people:
  - {{name: 张三, account: {account}, roles: [applicant, steward]}}
"""
ENVIRONMENT = """\
kind: Environment
id: {id}
system: {{zh: 床位管理系统}}
stage: prod
plan: small
lease: {{from: 2026-12-01, until: 2027-11-30}}
"""


def department(tenants: Path, name: str, *, id: str | None = None, account: str | None = None) -> Path:  # noqa: A002
    """Write `tenants/<name>/department.yaml`; return its file."""
    file = tenants / name / "department.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(DEPARTMENT.format(id=id or name, account=account or f"{name}-1"), encoding="utf-8")
    return file


def environment(tenants: Path, name: str, *, text: str = ENVIRONMENT, id: str | None = None) -> Path:  # noqa: A002
    """Write the file of `department/environment`; return it."""
    folder, _, stem = name.partition("/")
    file = tenants / folder / "environments" / f"{stem}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("{id}", id or name).replace("{{", "{").replace("}}", "}"), encoding="utf-8")
    return file
