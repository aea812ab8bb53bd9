"""An office of requests on real records, with the shipped manifests and a clock that a test moves."""

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yunzu.errors import RefusedError
from yunzu.model.actors import Actor, Register, local_operator, of_officer, of_person
from yunzu.model.capacity import Capacity
from yunzu.model.hashes import content
from yunzu.model.manifests import Department, Environment
from yunzu.records import tokens
from yunzu.records.database import Records
from yunzu.records.requests import Request
from yunzu.services.centre_manifests import CentreFiles, CentreManifests, read_centre
from yunzu.services.manifests import load_plans
from yunzu.services.requests import approved_manifests, filing, truth
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import Office, actor_of_token

ROOT = Path(__file__).parents[2]
CENTRE = ROOT / "centre"
SHANGHAI = ZoneInfo("Asia/Shanghai")
LATER = datetime(2100, 1, 1, tzinfo=SHANGHAI)
SEALING_KEY = base64.b64encode(bytes(32)).decode()
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
FILES = CentreFiles(CENTRE / "items", CENTRE / "register.yaml", CENTRE / "capacity.yaml", CENTRE / "calendar")


def department(identifier: str = "transport", **changes: Any) -> Department:
    """A department with one person of each role, named `<department>-<role>`."""
    people = [
        {"name": "某某", "account": f"{identifier}-{role}", "roles": [role]}
        for role in ("applicant", "reviewer", "approver", "steward", "auditor")
    ]
    values = {"kind": "Department", "id": identifier, "title": {"zh": f"{identifier}局"}, "people": people}
    return Department.model_validate(values | changes)


def environment(identifier: str = "transport/flights", **changes: Any) -> Environment:
    """An environment on the self-service plan `small`."""
    values = {
        "kind": "Environment",
        "id": identifier,
        "system": {"zh": "航班系统"},
        "stage": "test",
        "plan": "small",
        "lease": {"from": "2026-12-01", "until": "2027-11-30"},
    }
    return Environment.model_validate(values | changes)


@dataclass
class Desk:
    """The office and who comes to it."""

    office: Office
    departments: dict[str, Department]
    register: Register
    moment: list[datetime] = field(default_factory=lambda: [MONDAY])

    def pass_time(self, **length: float) -> None:
        """Move the clock on."""
        self.moment[0] += timedelta(**length)

    def at(self, text: str) -> None:
        """Set the clock: `2026-11-24 09:00` in the centre's zone."""
        self.moment[0] = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    def person(self, role: str, of: str = "transport") -> Actor:
        """Somebody of a department."""
        found = next(one for one in self.departments[of].people if role in one.roles)
        return of_person(found, self.departments[of], authenticated="token", origin="test")

    def officer(self, role: str, which: int = 0) -> Actor:
        """An officer of the centre, who has proved the second factor."""
        found = [one for one in self.register.officers if role in one.roles][which]
        officer = of_officer(found, authenticated="token", origin="test")
        return replace(officer, confirmed_until=LATER)

    def unproven(self) -> tuple[tuple[Actor, str], ...]:
        """Operators of whom no second factor proves that they decide, and what their refusals say."""
        bare = replace(self.officer("operator"), confirmed_until=None)
        return (bare, "`yunzu confirm`"), (local_operator("root", "host"), "decides nothing")

    def token(self, account: str, *, confirmed: bool = False, **more: Any) -> str:
        """The text of a new token, as a login gives it."""
        until = LATER if confirmed else None
        return token_of(self.office.records, account, now=self.office.now(), confirmed_until=until, **more)

    def approve(self, one: Department) -> None:
        """Without a request: people would have to decide it."""
        with self.office.records.transaction() as connection:
            truth.Truth(connection).approve(one, request=None, at=self.office.now())

    def lets_in(self, token: str) -> bool:
        """Whether whoever presents the token is somebody."""
        try:
            actor_of_token(self.office, token, origin="x")
        except RefusedError:
            return False
        return True

    def register_department(self, one: Department) -> Request:
        """By an operator, as is the rule."""
        self.departments[one.id] = one
        applicant = next((p.account for p in one.people if "applicant" in p.roles), one.id)
        proposal = Proposal("department.new", one, applicant, one.id)
        return filing.file(proposal, actor=self.officer("operator"), office=self.office)

    def file(self, one: Environment, item: str = "environment.new", **more: Any) -> Request:
        """By the department's applicant, who has seen what is approved."""
        actor = self.person("applicant", one.department)
        seen = approved_manifests.hash_of(one, office=self.office)
        proposal = Proposal(item, one, actor.account, one.department, **({"base_hash": seen} | more))
        return filing.file(proposal, actor=actor, office=self.office)


def open_office(records: Records, **capacity: Any) -> None:
    """Adopt everything shipped, with other fields of the Capacity manifest; register the transport bureau."""
    centre = _centre()
    given = content(centre.capacity) if centre.capacity else {}
    shipped = [
        Capacity.model_validate(given | capacity) if isinstance(one, Capacity) else one
        for one in truth.shipped(load_plans(CENTRE / "plans"), centre)
    ]
    with records.transaction() as connection:
        truth.adopt(connection, shipped, MONDAY)
    desk_of(records).register_department(department())


def desk_of(records: Records) -> Desk:
    """The desk of an office that was opened."""
    register, moment = _centre().register, [MONDAY]
    assert register
    office = Office(records, now=lambda: moment[0], sealing_key=lambda: SEALING_KEY)
    return Desk(office, {"transport": department()}, register, moment)


def token_of(
    records: Records, account: str, *, now: datetime | None = None, days: int = 90, **more: Any
) -> str:
    """The text of a new token of any account, in the records: a login takes a code and a second factor."""
    now = now or datetime.now(UTC)
    values = {"label": "", "scope": "all", "now": now, "expires_at": now + timedelta(days=days)} | more
    with records.transaction() as connection:
        return tokens.issue(connection, account, **values)[1]


def _centre() -> CentreManifests:
    return read_centre(FILES, [])
