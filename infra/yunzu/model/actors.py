"""Who acts, and the centre's register of officers (三员: 系统管理员, 安全管理员, 审计员).

Accounts of departments stand in their Department manifests, those of the centre here. No person holds two
of the three offices: GB/T 22239-2019 separates them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from yunzu import naming
from yunzu.model.identifiers import DisplayText, Identifier
from yunzu.model.manifests import Department, Manifest, Person, Role

CentreRole = Literal["operator", "security", "auditor"]
AnyRole = Role | CentreRole
Authenticated = Literal["token", "local", "oidc", "system", "demonstration"]
Scope = Literal["all", "read"]

SYSTEM = "system"
"""The centre's own account: a reserved word, which no person's account can be."""

CENTRE_ROLES: tuple[CentreRole, ...] = get_args(CentreRole)


class Officer(Manifest):
    """One account of the centre and its office."""

    name: DisplayText
    account: Identifier = Field(description="Login name, unique in the centre and all departments")
    roles: Annotated[tuple[CentreRole, ...], Field(min_length=1, strict=False)]

    @field_validator("roles")
    @classmethod
    def _separated(cls, roles: tuple[CentreRole, ...]) -> tuple[CentreRole, ...]:
        if len(roles) > 1:
            raise ValueError(
                "operator, security and auditor are offices of different people; keep one of "
                + " and ".join(dict.fromkeys(roles))
            )
        return roles


class Register(Manifest):
    """The centre's own people, under `centre/register.yaml`."""

    kind: Literal["Register"]
    officers: Annotated[tuple[Officer, ...], Field(strict=False)]

    @field_validator("officers")
    @classmethod
    def _no_account_twice(cls, officers: tuple[Officer, ...]) -> tuple[Officer, ...]:
        accounts = [officer.account for officer in officers]
        for account in accounts:
            if accounts.count(account) > 1:
                raise ValueError(f"account {account!r} is listed twice")
        return officers


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as whom, proved how and from where.

    `department` is None for the centre's officers and for the centre itself (`authenticated` is `system`).
    `origin` is the caller's address, or the name of a process of ours. With `scope` `read` the proof is for
    looking only. `token` is the id of the one that was presented; until `confirmed_until` its bearer has
    proved a second factor. Raises ValueError for roles that do not go together, so that no
    permission is ever decided about such an actor.
    """

    account: str
    name: str
    roles: frozenset[AnyRole]
    department: str | None
    authenticated: Authenticated
    origin: str
    scope: Scope = "all"
    token: str | None = None
    confirmed_until: datetime | None = None

    def __post_init__(self) -> None:
        fitting: frozenset[str] = frozenset(CENTRE_ROLES if self.department is None else get_args(Role))
        if foreign := sorted(self.roles - fitting):
            place = f"department '{self.department}'" if self.department else "the centre"
            raise ValueError(f"account {self.account!r}: {', '.join(foreign)} is no role of {place}")
        if self.department is None and len(self.roles) > 1:
            raise ValueError(f"account {self.account!r} holds {' and '.join(sorted(self.roles))}")
        if self.is_system and (self.roles or self.department):
            raise ValueError(f"account {self.account!r}: the centre itself holds no role")

    @property
    def is_system(self) -> bool:
        """Whether this is the centre itself: a rule, the clock or a worker."""
        return self.authenticated == "system"

    @property
    def is_officer(self) -> bool:
        """Whether this is one of the centre's officers, or stands for an operator on its machine."""
        return self.department is None and not self.is_system

    def has_confirmed(self, at: datetime | None) -> bool:
        """Whether a second factor counts at that moment; at None it never does."""
        return at is not None and self.confirmed_until is not None and at < self.confirmed_until


def system(origin: str) -> Actor:
    """The centre itself, acting in `origin` (`rule quota.fits`, `worker 2`). The account is nobody's."""
    return Actor(SYSTEM, "系统", frozenset(), None, "system", origin)


def local_operator(login: str, origin: str) -> Actor:
    """Whoever runs the command on the centre's machine, without a token: they hold its keys anyway."""
    return Actor(naming.local_account(login), login, frozenset({"operator"}), None, "local", origin)


def of_person(person: Person, department: Department, *, authenticated: Authenticated, origin: str) -> Actor:
    """The actor that a person of a department is."""
    return Actor(person.account, person.name, frozenset(person.roles), department.id, authenticated, origin)


def of_officer(officer: Officer, *, authenticated: Authenticated, origin: str) -> Actor:
    """The actor that an officer of the centre is."""
    return Actor(officer.account, officer.name, frozenset(officer.roles), None, authenticated, origin)
