"""What departments write down: a Department and its Environments. Intent only: nothing derived, no secret.

A manifest says what should be. Unknown keys are refused, values are never coerced, and objects are frozen.
"""

import re
from collections.abc import Container
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from yunzu import naming
from yunzu.model.addresses import AddressRange
from yunzu.model.identifiers import (
    ClaimName,
    CreditCode,
    DisplayText,
    EnvironmentId,
    Identifier,
    RegionCode,
)
from yunzu.model.quantities import Count, Cpu, Size
from yunzu.model.text import shown

Role = Literal["applicant", "reviewer", "approver", "steward", "developer", "auditor"]
Stage = Literal["dev", "test", "prod"]


class Manifest(BaseModel):
    """Common strictness of everything that is read from a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Title(Manifest):
    """A name for people: Chinese, and English where somebody wrote one."""

    zh: DisplayText
    en: DisplayText | None = None


class Person(Manifest):
    """One account of a department and the roles it holds there."""

    name: DisplayText
    account: Identifier = Field(description="Login name, unique in the centre")
    roles: Annotated[tuple[Role, ...], Field(min_length=1, strict=False)]

    @field_validator("roles")
    @classmethod
    def _no_role_twice(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if len(set(roles)) != len(roles):
            raise ValueError("a role is listed twice")
        return roles


class Quota(Manifest):
    """配额: the most that a department's environments may reserve together. What is left out has the
    centre's default."""

    cpu: Cpu | None = Field(None, description="Sum of the plans' CPU requests")
    memory: Size | None = Field(None, description="Sum of the plans' memory requests")
    storage: Size | None = Field(None, description="Sum of volumes")
    database: Size | None = Field(None, description="Sum of databases")
    bucket: Size | None = Field(None, description="Sum of buckets")
    objects: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        None, description="Sum of the Kubernetes objects that the plans allow"
    )
    pods: Count | None = None
    environments: Count | None = None


class Department(Manifest):
    """部门 (委办局): who holds rights of use."""

    kind: Literal["Department"]
    id: Identifier
    title: Title
    uscc: CreditCode | None = Field(None, description="统一社会信用代码, GB 32100")
    region: RegionCode | None = Field(None, description="行政区划代码, GB/T 2260")
    quota: Quota | None = None
    people: Annotated[tuple[Person, ...], Field(strict=False)] = ()

    @field_validator("people")
    @classmethod
    def _no_account_twice(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        accounts = [person.account for person in people]
        for account in accounts:
            if accounts.count(account) > 1:
                raise ValueError(f"account {account!r} is listed twice")
        return people


class DatabaseClaim(Manifest):
    """One PostgreSQL database of an environment."""

    name: ClaimName
    size: Size | None = Field(None, description="Promised size; omitted: the plan's size shared out")
    connections: Annotated[int, Field(ge=1, le=1000)] | None = None


class BucketClaim(Manifest):
    """One S3 bucket of an environment."""

    name: ClaimName
    bytes: Size | None = Field(None, description="Quota; omitted: the plan's bytes shared out")
    versioning: bool = True


def _day(value: object) -> object:
    """A YAML date, or the same in quotes. Raises ValueError; pydantic alone would take 0 for 1970."""
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{shown(value)} is not a day; write it like 2027-11-30")
    if not 2000 <= value.year <= 2199:
        raise ValueError(f"{value} is out of range; a day lies between 2000 and 2199")
    return value


Day = Annotated[date, BeforeValidator(_day)]


class Lease(Manifest):
    """使用权: the dated right of use; the centre keeps 所有权. Both days inclusive."""

    start: Day = Field(alias="from")
    until: Day

    @model_validator(mode="after")
    def _ordered(self) -> "Lease":
        if self.until < self.start:
            raise ValueError(f"the lease ends on {self.until}, before it begins on {self.start}")
        return self


def _retained(value: object) -> object:
    """True. Raises ValueError for anything else: no manifest erases data, whoever edits it last."""
    if value is not True:
        raise ValueError(
            f"{shown(value)} is not possible: data outlive the application, and only `true` can be written; "
            "erasing them is asked for with `yunzu env destroy --erase-data`"
        )
    return value


Retained = Annotated[Literal[True], BeforeValidator(_retained)]


Port = Annotated[int, Field(ge=1, le=65535)]


class EgressException(Manifest):
    """出网例外: a way out of the environment to somebody else's addresses, for a time."""

    to: AddressRange = Field(description="CIDR, IPv4 or IPv6")
    ports: Annotated[tuple[Port, ...], Field(min_length=1, max_length=16, strict=False)]
    protocol: Literal["TCP", "UDP"] = "TCP"
    until: Day = Field(description="The last day, at most a year ahead and not after the lease")
    reason: DisplayText

    @field_validator("ports")
    @classmethod
    def _no_port_twice(cls, ports: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(ports)) != len(ports):
            raise ValueError("a port is listed twice")
        return ports


class AccessGrant(Manifest):
    """访问授权: somebody of any department may work in the environment, for a time."""

    account: Identifier = Field(description="Of a department, this one or another")
    role: Literal["viewer", "developer", "admin"] = Field(description="admin reads the credentials too")
    until: Day = Field(description="The last day, at most a year ahead and not after the lease")
    reason: DisplayText


def _none_if_empty(value: object) -> object:
    """An empty list says the same as none, so that it has the same hash."""
    return None if value in ([], ()) else value


EgressExceptions = Annotated[
    Annotated[tuple[EgressException, ...], Field(max_length=16, strict=False)] | None,
    BeforeValidator(_none_if_empty),
]
AccessGrants = Annotated[
    Annotated[tuple[AccessGrant, ...], Field(max_length=32, strict=False)] | None,
    BeforeValidator(_none_if_empty),
]


class Environment(Manifest):
    """环境: the resources of one business system at one stage."""

    kind: Literal["Environment"]
    id: EnvironmentId
    system: Title
    stage: Stage
    plan: Identifier
    grade: Annotated[int, Field(ge=1, le=4)] = Field(2, description="等保定级")
    lease: Lease
    retain: Retained = Field(
        True, description="Data outlive the application; erased only by `yunzu env destroy --erase-data`"
    )
    databases: Annotated[tuple[DatabaseClaim, ...], Field(max_length=32, strict=False)] = (
        DatabaseClaim(name="main"),
    )
    buckets: Annotated[tuple[BucketClaim, ...], Field(max_length=32, strict=False)] = (
        BucketClaim(name="main"),
    )
    egress: EgressExceptions = Field(None, description="出网例外, asked for with `egress.exception`")
    access: AccessGrants = Field(None, description="访问授权, asked for with `access.grant`")

    @field_validator("egress")
    @classmethod
    def _no_way_out_twice(
        cls, egress: tuple[EgressException, ...] | None
    ) -> tuple[EgressException, ...] | None:
        ways = [(one.to, one.protocol, port) for one in egress or () for port in one.ports]
        for to, protocol, port in ways:
            if ways.count((to, protocol, port)) > 1:
                raise ValueError(f"{protocol} port {port} of {to} is listed twice")
        return egress

    @field_validator("access")
    @classmethod
    def _nobody_twice(cls, access: tuple[AccessGrant, ...] | None) -> tuple[AccessGrant, ...] | None:
        accounts = [one.account for one in access or ()]
        for account in accounts:
            if accounts.count(account) > 1:
                raise ValueError(f"account {account!r} is listed twice")
        return access

    @field_validator("databases", "buckets")
    @classmethod
    def _no_claim_twice(
        cls, claims: tuple[DatabaseClaim, ...] | tuple[BucketClaim, ...]
    ) -> tuple[DatabaseClaim, ...] | tuple[BucketClaim, ...]:
        names = [claim.name for claim in claims]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"name {name!r} is listed twice")
        return claims

    def on(self, day: date) -> "Environment":
        """What holds of it on a day: without the exceptions and grants whose last day was before."""
        egress = tuple(one for one in self.egress or () if day <= one.until)
        access = tuple(one for one in self.access or () if day <= one.until)
        if (egress, access) == (self.egress or (), self.access or ()):
            return self
        return self.model_copy(update={"egress": egress or None, "access": access or None})

    def without(self, accounts: Container[str]) -> "Environment":
        """The environment without what these accounts were granted."""
        left = tuple(one for one in self.access or () if one.account not in accounts)
        return self if left == (self.access or ()) else self.model_copy(update={"access": left or None})

    @property
    def next_end(self) -> date | None:
        """The last day on which all of it holds that holds now; None where nothing of it ends by itself."""
        ends = [one.until for one in self.egress or ()] + [one.until for one in self.access or ()]
        return min(ends, default=None)

    @property
    def department(self) -> str:
        return self.id.split("/")[0]

    @property
    def name(self) -> str:
        return self.id.split("/")[1]

    @property
    def namespace(self) -> str:
        return naming.namespace(self.department, self.name)
