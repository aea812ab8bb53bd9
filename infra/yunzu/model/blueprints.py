"""A blueprint: an environment with every default filled in and every name derived, ready to be built.

It is pure and holds no secret, so the whole estate can be derived and compared without any server.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yunzu import naming
from yunzu.model.manifests import (
    AccessGrant,
    BucketClaim,
    DatabaseClaim,
    Department,
    Environment,
    Person,
)
from yunzu.model.plans import Plan
from yunzu.model.quantities import size_in_bytes, size_text


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that an environment's workloads must reach: the addresses its name stands for, and a port."""

    host: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseGrant:
    """One database as it will be: `name` on the server, `size` in bytes, `connections` at most."""

    claim: str
    name: str
    size: int
    connections: int


@dataclass(frozen=True, slots=True)
class BucketGrant:
    """One bucket as it will be: `name` on the server, quota in bytes."""

    claim: str
    name: str
    bytes: int
    versioning: bool


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything that an environment's stack is made from.

    `suspended`: the right of use rests. Logins are off and nothing may run; everything else is as ever.
    """

    centre: str
    uid: str
    department: Department
    environment: Environment
    plan: Plan
    databases: tuple[DatabaseGrant, ...]
    buckets: tuple[BucketGrant, ...]
    endpoints: tuple[Endpoint, ...]
    suspended: bool = False

    @property
    def namespace(self) -> str:
        return self.environment.namespace

    @property
    def stack(self) -> str:
        return naming.stack(self.environment.department, self.environment.name)

    @property
    def accounts(self) -> dict[str, list[str]]:
        """Cluster role -> who is bound to it in the namespace."""
        return people_by_cluster_role(self.department.people, self.environment.access or ())

    @property
    def labels(self) -> dict[str, str]:
        return naming.labels(self.centre, self.uid, self.environment.department, self.environment.name)


# What a department's role may do in its environments' namespaces (ARCHITECTURE.md, identity).
CLUSTER_ROLE_OF = {
    "steward": "tenant-admin",
    "developer": "tenant-developer",
    "applicant": "tenant-viewer",
    "reviewer": "tenant-viewer",
    "approver": "tenant-viewer",
    "auditor": "tenant-auditor",
}


# What somebody may do there who was granted access to one environment.
CLUSTER_ROLE_GRANTED = {"admin": "tenant-admin", "developer": "tenant-developer", "viewer": "tenant-viewer"}


def people_by_cluster_role(
    people: Sequence[Person], granted: Sequence[AccessGrant] = ()
) -> dict[str, list[str]]:
    """Cluster role -> accounts of the department, and of whom an environment was granted to; both sorted.
    Roles nobody holds are left out."""
    bound: dict[str, set[str]] = {}
    for grant in granted:
        bound.setdefault(CLUSTER_ROLE_GRANTED[grant.role], set()).add(grant.account)
    for person in people:
        for role in person.roles:
            bound.setdefault(CLUSTER_ROLE_OF[role], set()).add(person.account)
    return {role: sorted(accounts) for role, accounts in sorted(bound.items())}


def _shared_out(total: int, given: Sequence[int | None], least: int) -> list[int]:
    """Fill the gaps of `given` with equal parts of what is left of `total`, each at least `least`."""
    gaps = sum(value is None for value in given)
    left = total - sum(value for value in given if value is not None)
    part = max(left // gaps, least) if gaps else 0
    return [part if value is None else value for value in given]


def database_shares(claims: Sequence[DatabaseClaim], plan: Plan) -> list[tuple[int, int]]:
    """Size in bytes and connections of each claim, in order."""
    sizes = _shared_out(
        size_in_bytes(plan.database.size),
        [size_in_bytes(claim.size) if claim.size else None for claim in claims],
        2**20,
    )
    connections = _shared_out(plan.database.connections, [claim.connections for claim in claims], 1)
    return list(zip(sizes, connections, strict=True))


def bucket_shares(claims: Sequence[BucketClaim], plan: Plan) -> list[int]:
    """Quota in bytes of each claim, in order."""
    given = [size_in_bytes(claim.bytes) if claim.bytes else None for claim in claims]
    return _shared_out(size_in_bytes(plan.bucket.bytes), given, 2**20)


def misfits(environment: Environment, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """What of the environment does not fit its plan, as (path, code, sentence)."""
    if environment.grade > plan.grade:
        yield (
            "grade",
            "grade-above-plan",
            f"等保 grade {environment.grade} is above {plan.grade}, the highest that plan {plan.id} carries",
        )
    counts = (
        ("databases", len(environment.databases), plan.database.count),
        ("buckets", len(environment.buckets), plan.bucket.count),
    )
    for path, have, most in counts:
        if have > most:
            yield path, "too-many", f"{have} {path}, and plan {plan.id} has {most}"
    shares = database_shares(environment.databases, plan)
    sums = (
        ("databases", "size", sum(size for size, _ in shares), size_in_bytes(plan.database.size)),
        ("databases", "connections", sum(count for _, count in shares), plan.database.connections),
        ("buckets", "bytes", sum(bucket_shares(environment.buckets, plan)), size_in_bytes(plan.bucket.bytes)),
    )
    for path, what, have, most in sums:
        if have > most:
            text = (str(have), str(most)) if what == "connections" else (size_text(have), size_text(most))
            yield (
                path,
                f"too-much-{what}",
                f"{what} of all {path} is {text[0]}, and plan {plan.id} has {text[1]}",
            )


def blueprint(
    *,
    centre: str,
    uid: str,
    department: Department,
    environment: Environment,
    plan: Plan,
    endpoints: Sequence[Endpoint],
    suspended: bool = False,
) -> Blueprint:
    """Derive the whole of one environment. The manifest must fit its plan (`misfits` is empty)."""
    databases = tuple(
        DatabaseGrant(claim.name, naming.database(centre, uid, claim.name), size, connections)
        for claim, (size, connections) in zip(
            environment.databases, database_shares(environment.databases, plan), strict=True
        )
    )
    buckets = tuple(
        BucketGrant(claim.name, naming.bucket(centre, uid, claim.name), size, claim.versioning)
        for claim, size in zip(environment.buckets, bucket_shares(environment.buckets, plan), strict=True)
    )
    return Blueprint(
        centre=centre,
        uid=uid,
        department=department,
        environment=environment,
        plan=plan,
        databases=databases,
        buckets=buckets,
        endpoints=tuple(endpoints),
        suspended=suspended,
    )
