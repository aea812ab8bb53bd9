"""Departments as manifests say them, in files or approved, and the first manifests of a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml
from pydantic import ValidationError

from yunzu import naming
from yunzu.errors import NotFoundError, RefusedError, UsageError
from yunzu.model.manifests import Department, Environment
from yunzu.model.text import shown
from yunzu.services.manifests import Catalogue

LEASE_DAYS = 365
PLACEHOLDER = "（姓名）"
_REMARK = f"# {PLACEHOLDER}: put the steward's name here, and the account he or she logs in with.\n"


@dataclass(frozen=True, slots=True)
class Summary:
    """A department and the ids of its environments."""

    department: Department
    environments: tuple[str, ...]


def summaries(catalogue: Catalogue) -> list[Summary]:
    """Every department, by id."""
    return [summary(identifier, catalogue) for identifier in sorted(catalogue.departments)]


def summary(identifier: str, catalogue: Catalogue) -> Summary:
    """One department. Raises NotFoundError."""
    department = catalogue.department(identifier)
    own = sorted(key for key, one in catalogue.environments.items() if one.department == identifier)
    return Summary(department, tuple(own))


def identifiers(directory: Path, catalogue: Catalogue) -> tuple[str, ...]:
    """Environments of the department whose directory this is. Raises NotFoundError when there are none."""
    found = summary(directory.resolve().name, catalogue).environments
    if not found:
        raise NotFoundError(str(directory), "holds no environment", "write one under environments/")
    return found


def scaffold(
    identifier: str,
    *,
    title: str,
    english: str | None,
    environment: str | None,
    tenants: Path,
    today: date | None = None,
) -> Mapping[Path, str]:
    """Path -> text of a new department's manifests; writes nothing. Raises UsageError, RefusedError."""
    start = today or date.today()
    titles = {"zh": title} | ({"en": english} if english else {})
    account = naming.shortened(f"{identifier}-steward")
    person = {"name": PLACEHOLDER, "account": account, "roles": ["applicant", "steward"]}
    documents: dict[Path, dict[str, object]] = {
        tenants / identifier / "department.yaml": {
            "kind": "Department",
            "id": identifier,
            "title": titles,
            "people": [person],
        }
    }
    if environment:
        documents[tenants / identifier / "environments" / f"{environment}.yaml"] = {
            "kind": "Environment",
            "id": f"{identifier}/{environment}",
            "system": {"zh": f"{title}业务系统"},
            "stage": "dev",
            "plan": "small",
            "lease": {"from": start, "until": start + timedelta(days=LEASE_DAYS)},
        }
    try:
        for document in documents.values():
            kind = Department if document["kind"] == "Department" else Environment
            kind.model_validate(document)
    except ValidationError as error:
        faults = "; ".join(str(item["msg"]).removeprefix("Value error, ") for item in error.errors())
        raise UsageError(f"department {shown(identifier)}", faults) from error
    for path in documents:
        if path.exists():
            raise RefusedError(str(path), "exists already", "edit it, or choose another id")
    return {path: _text(document) for path, document in documents.items()}


def _text(document: Mapping[str, object]) -> str:
    remark = _REMARK if document["kind"] == "Department" else ""
    return remark + yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def write(files: Mapping[Path, str]) -> None:
    """Write new manifests; never over an existing file."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
