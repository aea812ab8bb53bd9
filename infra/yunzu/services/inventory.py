"""What is on this centre, from its records: environments, their data, and where they are."""

from dataclasses import dataclass
from datetime import date, datetime

from yunzu import naming
from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.records import claims
from yunzu.records import environments as registry
from yunzu.records.database import Records
from yunzu.services.centre import Centre


@dataclass(frozen=True, slots=True)
class Entry:
    """One environment: databases and buckets as (name in the manifest, name on the server).

    `suspended_at`: since when it is to be suspended (UTC), whatever its state says has been done.
    """

    id: str
    uid: str
    department: str
    environment: str
    namespace: str
    plan: str
    state: str
    lease_from: date | None
    lease_until: date | None
    databases: tuple[tuple[str, str], ...]
    buckets: tuple[tuple[str, str], ...]
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where one thing of an environment is."""

    what: str
    where: str
    remark: str = ""


def parts(environment_id: str) -> tuple[str, str]:
    """Department and name of an id. Raises UsageError."""
    department, slash, name = environment_id.partition("/")
    if not (department and slash and name) or "/" in name:
        raise UsageError(f"environment id {environment_id[:60]!r}", "is not department/environment")
    return department, name


def environments(records: Records) -> list[Entry]:
    """All environments but erased ones, by id."""
    rows = registry.listed(records)
    held = claims.all_retained(records)
    return [_entry(row, held.get(row.uid, [])) for row in rows]


def environment(environment_id: str, records: Records) -> Entry:
    """One environment. Raises NotFoundError."""
    row = registry.find(records, *parts(environment_id))
    return _entry(row, claims.retained(records, row.uid))


def environments_of(actor: Actor, records: Records) -> list[Entry]:
    """All environments that the actor may see: an officer all, others their department's. Raises RefusedError
    for who holds no role."""
    _permit(actor, "environments", actor.department)
    return [one for one in environments(records) if actor.department in (None, one.department)]


def environment_of(actor: Actor, environment_id: str, records: Records) -> Entry:
    """One environment. Raises RefusedError, whether it exists or not, where it is not the actor's to see;
    NotFoundError."""
    _permit(actor, environment_id, parts(environment_id)[0])
    return environment(environment_id, records)


def _permit(actor: Actor, subject: str, department: str | None) -> None:
    if not actor.roles:
        raise RefusedError(subject, f"{actor.account} holds no role", "ask an operator")
    if actor.department not in (None, department):
        raise RefusedError(subject, "is not of your department", "`yunzu env list` has those you may see")


def _entry(row: registry.Environment, held: list[claims.Claim]) -> Entry:
    return Entry(
        id=row.id,
        uid=row.uid,
        department=row.department,
        environment=row.name,
        namespace=naming.namespace(row.department, row.name),
        plan=row.plan,
        state=row.state,
        lease_from=row.lease_from,
        lease_until=row.lease_until,
        databases=tuple((one.claim, one.external_name) for one in held if one.kind == "database"),
        buckets=tuple((one.claim, one.external_name) for one in held if one.kind == "bucket"),
        suspended_at=row.suspended_at,
    )


def where(environment_id: str, *, centre: Centre) -> list[Place]:
    """Cluster, nodes, database servers and S3 server that hold the environment."""
    entry = environment(environment_id, centre.records)
    nodes = [node["metadata"]["name"] for node in centre.cluster.list("v1", "Node")]
    found = [
        Place("namespace", entry.namespace, f"on {centre.cluster.host}"),
        Place("nodes", ", ".join(nodes) or "none"),
    ]
    for claim, name in entry.databases:
        for pool, server in centre.pools.items():
            if server.holds(name):
                place = f"on {server.address.address} (pool {pool})"
                found.append(Place(f"database {claim}", name, place))
    store = centre.connections.object_store
    metered = "" if centre.object_store.enforces_quota else "; its quota is metered, not enforced"
    found += [
        Place(f"bucket {claim}", name, f"on {store.endpoint}{metered}") for claim, name in entry.buckets
    ]
    found.append(Place("backup", "none yet", "databases and buckets are on the servers above only"))
    return found
