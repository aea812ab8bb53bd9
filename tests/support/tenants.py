"""Departments and environments invented for one test, on the centre that all tests share."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from yunzu.errors import NotFoundError
from yunzu.model.connections import Connections
from yunzu.records import grants
from yunzu.services import credentials, environments, removal, verification
from yunzu.services.centre import Centre
from yunzu.services.manifests import Catalogue, load
from yunzu.services.probes import failed
from yunzu.services.requests.truth import Truth
from yunzu_stacks.centre import assembled

PLANS = Path(__file__).parents[2] / "centre" / "plans"


def hand_out(
    identifier: str, account: str, binding: str | None, *, catalogue: Catalogue, centre: Centre
) -> dict[str, Mapping[str, str]]:
    """Values of an environment's bindings, handed to an account as a job does it."""
    offered = credentials.offer(identifier, account, binding, catalogue=catalogue, centre=centre)
    with centre.records.transaction() as connection:
        credentials.enter(offered, centre, connection)
    return dict(offered.values)


def unique(prefix: str = "t") -> str:
    """A department id that no other run of the tests uses."""
    return f"{prefix}{secrets.token_hex(4)}"


class Tenants:
    """A directory of manifests, and the centre they are applied to."""

    def __init__(self, directory: Path, centre: Centre) -> None:
        self.directory = directory
        self.centre = centre
        self._applied: list[str] = []

    def department(self, identifier: str, **changes: Any) -> str:
        """Write a department with a steward, a developer and an auditor."""
        people = [
            {"name": "张三", "account": f"{identifier}-zhang", "roles": ["applicant", "steward"]},
            {"name": "李四", "account": f"{identifier}-li", "roles": ["approver", "auditor"]},
            {"name": "王五", "account": f"{identifier}-wang", "roles": ["developer"]},
        ]
        fields = {
            "kind": "Department",
            "id": identifier,
            "title": {"zh": f"{identifier}局"},
            "people": people,
        }
        self._write(self.directory / identifier / "department.yaml", fields | changes)
        return identifier

    def environment(self, identifier: str, **changes: Any) -> str:
        """Write an environment with one database and one bucket."""
        department, name = identifier.split("/")
        fields: dict[str, Any] = {
            "kind": "Environment",
            "id": identifier,
            "system": {"zh": "测试系统"},
            "stage": "test",
            "plan": "small",
            "lease": {"from": "2026-11-01", "until": "2027-10-31"},
        }
        self._write(self.directory / department / "environments" / f"{name}.yaml", fields | changes)
        return identifier

    def one(self, **changes: Any) -> str:
        """A new department with one environment; returns the environment's id."""
        return self.environment(f"{self.department(unique())}/prod", **changes)

    @property
    def catalogue(self) -> Catalogue:
        return load(self.directory, PLANS)

    def approve(self, identifier: str) -> None:
        """As if requests had: the environment and its department are approved as their manifests say."""
        catalogue, now = self.catalogue, datetime.now(UTC)
        wanted = catalogue.environment(identifier)
        with self.centre.records.transaction() as connection:
            truth = Truth(connection)
            for one in (catalogue.department(wanted.department), wanted):
                if truth.find(type(one), one.id) != one:
                    truth.approve(one, request=None, at=now)

    def apply(self, identifier: str) -> environments.Applied:
        """Approved, and brought there without a request."""
        self._applied.append(identifier)
        self.approve(identifier)
        return environments.apply(identifier, catalogue=self.catalogue, centre=self.centre)

    def remember(self, identifier: str) -> None:
        """Erase this one too at the end: it was applied by another process."""
        self._applied.append(identifier)

    def erase_all(self) -> None:
        """Leave nothing on the shared centre."""
        for identifier in dict.fromkeys(self._applied):
            self.erase(identifier)

    def erase(self, identifier: str) -> None:
        """Nothing of it is left, whatever became of it."""
        try:
            with suppress(NotFoundError):
                removal.destroy(identifier, erase=True, confirm=identifier, centre=self.centre)
        finally:
            with self.centre.records.transaction() as connection:
                grants.release(connection, identifier)

    def red(self, identifier: str) -> list[str]:
        """Names of the probes of an environment that are red."""
        probes = verification.verify(identifier, catalogue=self.catalogue, centre=self.centre)
        return [probe.name for probe in failed(probes)]

    @staticmethod
    def _write(path: Path, document: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")


def outlives() -> bool:
    """Whether the shared centre is one that was there before, and stays."""
    return "YUNZU_TEST_HOME" in os.environ


@contextmanager
def tenants_on(connections: Connections, directory: Path, *, erased: bool = False) -> Iterator[Tenants]:
    """Tenants in `directory` on that centre, erased at the end where the centre outlives the tests.

    `erased`: in any case, because others use the same names.
    """
    with assembled(connections) as centre:
        tenants = Tenants(directory, centre)
        try:
            yield tenants
        finally:
            if erased or outlives():
                tenants.erase_all()
