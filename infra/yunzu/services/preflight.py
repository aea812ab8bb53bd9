"""Whether given servers will do for a centre, found out by looking only: nothing is created on them.

Facts are gathered by the clients, judged by plain functions (facts in, checks out) in the modules beside
this one. A server that does not answer is one red line; the others are examined all the same.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from yunzu.embedded import bootstrap, external
from yunzu.embedded.home import Home
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import Cluster, ObjectStore, Postgres
from yunzu.services import preflight_cluster, preflight_objectstore, preflight_postgres
from yunzu.services.preflight_checks import Check, Examined, unreachable
from yunzu.settings import Settings

_UNDECIDED = "00000000"  # stands for the id that the first `up` mints


@dataclass(frozen=True, slots=True)
class Targets:
    """What is examined. `centre` is None before the first `up`; `administrator` may look at the cluster."""

    centre: str | None
    cluster: Cluster | None = None
    administrator: Cluster | None = None
    pools: dict[str, Postgres] = field(default_factory=dict)
    records: Postgres | None = None
    object_store: ObjectStore | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, and what an administrator may apply; `reached` is False where no server answered."""

    checks: tuple[Check, ...]
    apply: dict[str, str]
    reached: bool

    @property
    def ok(self) -> bool:
        """Whether nothing is red."""
        return all(check.level != "red" for check in self.checks)

    def as_json(self) -> dict[str, object]:
        return {"ok": self.ok, "checks": [check.as_json() for check in self.checks], "apply": self.apply}


def examine(settings: Settings) -> Report:
    """Examine the servers that the settings give; where they give none, the running centre's.

    Raises UsageError for settings that are not complete, UnreachableError where none are given and no
    centre runs.
    """
    return examine_targets(targets(settings))


def targets(settings: Settings) -> Targets:
    """What to examine; raises like `examine`."""
    given = (settings.kubeconfig, settings.database_url, settings.records_url, settings.s3_endpoint)
    decided = Home(settings.home).read_centre()
    if not any(given):
        running = bootstrap.connections(settings)
        return Targets(
            running.centre,
            running.cluster,
            bootstrap.administrator(settings),
            dict(running.pools),
            running.records,
            running.object_store,
        )
    cluster = external.cluster(settings) if settings.kubeconfig else None
    pool = external.postgres("database_url", settings.database_url) if settings.database_url else None
    return Targets(
        decided.centre if decided else None,
        cluster,
        cluster,
        {"tenants-1": pool} if pool else {},
        external.postgres("records_url", settings.records_url) if settings.records_url else None,
        external.object_store(settings) if settings.s3_endpoint else None,
    )


def examine_targets(found: Targets) -> Report:
    """Examine all servers side by side; the checks come in a fixed order."""
    centre = found.centre or _UNDECIDED
    jobs: list[tuple[str, Callable[[], Examined]]] = []
    if found.cluster and found.administrator:
        cluster, administrator = found.cluster, found.administrator
        jobs.append(("cluster", lambda: preflight_cluster.examine(cluster, administrator, centre)))
    for name, pool in found.pools.items():
        jobs.append((name, _job_of_pool(name, pool)))
    if found.records:
        records = found.records
        jobs.append(("records", lambda: preflight_postgres.examine_records(records, found.centre)))
    if found.object_store:
        store = found.object_store
        jobs.append(("s3", lambda: preflight_objectstore.examine(store)))
    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as threads:
        examined = list(threads.map(lambda job: _guarded(*job), jobs))
    checks = [check for one in examined for check in one.checks]
    if found.centre is None and found.cluster:
        checks.insert(0, _undecided())
    return Report(tuple(checks), _applied(examined), any(one.reached for one in examined))


def _job_of_pool(name: str, pool: Postgres) -> Callable[[], Examined]:
    return lambda: preflight_postgres.examine(name, pool)


def _guarded(area: str, job: Callable[[], Examined]) -> Examined:
    try:
        return job()
    except YunzuError as error:
        return Examined((unreachable(area, error),), reached=not isinstance(error, UnreachableError))


def _applied(examined: list[Examined]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for one in examined:
        for what, text in one.apply.items():
            texts.setdefault(what, []).append(text)
    return {what: "\n".join(parts) for what, parts in texts.items()}


def _undecided() -> Check:
    return Check(
        "centre",
        "id",
        "amber",
        f"not minted yet; {_UNDECIDED} stands for it below",
        "names in the YAML carry the centre's id",
        "run `yunzu up` once, then preflight again, before applying the YAML",
    )
