"""A department that comes to the office: its people and the centre's officers, each with a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.command import Command, Ended
from tests.support.office import LATER, token_of
from tests.support.tenants import Tenants, unique
from yunzu.records import grants

ROLES = ("applicant", "reviewer", "approver", "steward", "auditor")
OFFICERS = {
    "operator": "jiangyunkai",
    "operator 2": "shenruochuan",
    "security": "shengshouan",
    "auditor of the centre": "yanmingjing",
}
QUOTA = {"cpu": "256", "memory": "2Ti", "storage": "20Ti", "database": "20Ti", "bucket": "40Ti"} | {
    "objects": 1_000_000,
    "pods": 5000,
    "environments": 50,
}


@dataclass
class Bureau:
    """Runs the command as one of them: by role, an officer's or its own."""

    command: Command
    tenants: Tenants
    id: str
    tokens: dict[str, str] = field(default_factory=dict)
    opened: Ended | None = None  # the `up` with which the centre's office opened

    def renew(self, role: str) -> None:
        """Another token of an officer: a login has ended the older ones."""
        records = self.tenants.centre.records
        self.tokens[role] = token_of(records, OFFICERS[role], confirmed_until=LATER)

    def __call__(self, role: str, *arguments: object) -> Ended:
        return self.command(*arguments, YUNZU_TOKEN=self.tokens[role])

    def retire(self, name: str) -> None:
        """Give back what it holds: the centre has room for three large ones."""
        words = ("request", "new", "environment.retire", "--subject", f"{self.id}/{name}", "--json")
        ended = self("applicant", *words)
        assert ended.document["state"] == "done", ended

    def manifest(self, name: str, **changes: Any) -> Path:
        """A file with an environment of the department; what becomes of it is erased at the end."""
        identifier = self.tenants.environment(f"{self.id}/{name}", **changes)
        self.tenants.remember(identifier)
        return self.tenants.directory / self.id / "environments" / f"{name}.yaml"

    def ask(self, name: str, *more: object, **changes: Any) -> Ended:
        """File for a new environment, as the applicant."""
        manifest = self.manifest(name, **changes)
        return self("applicant", "request", "new", "environment.new", "--manifest", manifest, "--json", *more)

    def show(self, number: str) -> Any:
        return self.command("request", "show", number, "--json").document


@contextmanager
def bureau_of(command: Command, tenants: Tenants, **changes: Any) -> Iterator[Bureau]:
    """A department that was registered, by an operator and for people to decide where it wants a quota."""
    identifier = unique("b")
    people = [{"name": "某某", "account": f"{identifier}-{role}", "roles": [role]} for role in ROLES]
    tenants.department(identifier, people=people, **changes)
    bureau = Bureau(command, tenants, identifier)
    file = tenants.directory / identifier / "department.yaml"
    applicant = ("--applicant", f"{identifier}-applicant")
    filed = command("request", "new", "department.new", "--manifest", file, *applicant, "--json")
    assert filed.code == 0, filed
    records = tenants.centre.records
    for role in OFFICERS:
        bureau.renew(role)
    if filed.document["state"] != "done":
        for officer in ("operator", "security"):
            signed = bureau(officer, "request", "approve", filed.document["id"], "--json")
        assert signed.document["state"] == "done", signed
    for role in ROLES:
        bureau.tokens[role] = token_of(records, f"{identifier}-{role}")
    try:
        yield bureau
    finally:
        with tenants.centre.records.transaction() as connection:
            for one in tenants.directory.glob(f"{identifier}/environments/*.yaml"):
                grants.release(connection, f"{identifier}/{one.stem}")
