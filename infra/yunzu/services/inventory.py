"""What is on this centre, from its records: environments, their data, and where they are."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yunzu import naming
from yunzu.errors import UsageError
from yunzu.records import claims
from yunzu.records import environments as registry
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

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "where": self.where, "remark": self.remark}


def parts(environment_id: str) -> tuple[str, str]:
    """Department and name of an id. Raises UsageError."""
    department, slash, name = environment_id.partition("/")
    if not (department and slash and name) or "/" in name:
        raise UsageError(f"environment id {environment_id[:60]!r}", "is not department/environment")
    return department, name


def environments(*, centre: Centre) -> list[Entry]:
    """All environments but erased ones, by id."""
    return [_entry(row, centre) for row in registry.listed(centre.records)]


def environment(environment_id: str, *, centre: Centre) -> Entry:
    """One environment. Raises NotFoundError."""
    return _entry(registry.find(centre.records, *parts(environment_id)), centre)


def _entry(row: registry.Environment, centre: Centre) -> Entry:
    held = claims.retained(centre.records, row.uid)
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
    entry = environment(environment_id, centre=centre)
    nodes = [node["metadata"]["name"] for node in centre.cluster.list("v1", "Node")]
    found = [
        Place("namespace", entry.namespace, f"on {centre.cluster.host}"),
        Place("nodes", ", ".join(nodes) or "none"),
    ]
    for claim, name in entry.databases:
        for pool, server in centre.pools.items():
            if server.holds(name):
                address = f"{server.address.host}:{server.address.port}"
                found.append(Place(f"database {claim}", name, f"on {address} (pool {pool})"))
    store = centre.connections.object_store
    metered = "" if centre.object_store.enforces_quota else "; its quota is metered, not enforced"
    found += [
        Place(f"bucket {claim}", name, f"on {store.endpoint}{metered}") for claim, name in entry.buckets
    ]
    found.append(Place("backup", "none yet", "databases and buckets are on the servers above only"))
    return found
