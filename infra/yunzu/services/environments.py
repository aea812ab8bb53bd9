"""Bring environments to their manifests, in use or suspended.

Level, not edge: `apply` may run any number of times and from any interruption, and ends in the same state.
"""

import getpass
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from yunzu import naming
from yunzu.errors import NotFoundError, NotOursError, RefusedError, YunzuError
from yunzu.model.blueprints import Blueprint, Endpoint, blueprint
from yunzu.model.manifests import Department, Environment
from yunzu.model.plans import Plan
from yunzu.records import claims, disabled_accounts, fencing, journal
from yunzu.records import environments as registry
from yunzu.services import workloads
from yunzu.services.centre import Centre, Changes, OnEvent, Preview
from yunzu.services.manifests import Catalogue

Kind = Literal["apply", "suspend", "resume"]
UNBORN_UID = "eaaaaaaaaaaa"  # stands for the uid in a plan of what does not exist yet; never recorded


@dataclass(frozen=True, slots=True)
class Applied:
    """One environment brought to its manifest; `seconds` from the call to the end of the last change."""

    id: str
    uid: str
    changes: Changes
    seconds: float


def derive(
    environment_id: str, uid: str, *, catalogue: Catalogue, centre: Centre, suspended: bool = False
) -> Blueprint:
    """The blueprint of one environment of the catalogue. Raises NotFoundError."""
    environment = catalogue.environment(environment_id)
    endpoints = centre.endpoints(environment, catalogue.plans[environment.plan])
    return _blueprint(environment, uid, endpoints, catalogue, centre, suspended)


def _blueprint(
    environment: Environment,
    uid: str,
    endpoints: Sequence[Endpoint],
    catalogue: Catalogue,
    centre: Centre,
    suspended: bool,
) -> Blueprint:
    return blueprint(
        centre=centre.id,
        uid=uid,
        department=without_disabled(catalogue.departments[environment.department], centre),
        environment=without_disabled_guests(environment, centre),
        plan=catalogue.plans[environment.plan],
        endpoints=endpoints,
        suspended=suspended,
    )


def without_disabled(department: Department, centre: Centre) -> Department:
    """The department as its environments know it: a disabled account has no access, whatever a manifest
    says."""
    with centre.records.transaction() as connection:
        disabled = disabled_accounts.listed(connection)
    people = tuple(one for one in department.people if one.account not in disabled)
    return department.model_copy(update={"people": people})


def without_disabled_guests(environment: Environment, centre: Centre) -> Environment:
    """The environment, of whose grants those of disabled accounts rest."""
    if not environment.access:
        return environment
    with centre.records.transaction() as connection:
        return environment.without(disabled_accounts.listed(connection))


def preview(
    environment_id: str, *, catalogue: Catalogue, centre: Centre, on_event: OnEvent | None = None
) -> Preview:
    """What `apply` would change, compared with what is really there. Changes nothing, records nothing."""
    environment = catalogue.environment(environment_id)
    uid, suspended = recorded(environment, centre)
    wanted = derive(environment_id, uid, catalogue=catalogue, centre=centre, suspended=suspended)
    return centre.stacks.preview(wanted, on_event=on_event)


def recorded(environment: Environment, centre: Centre) -> tuple[str, bool]:
    """The environment's uid, UNBORN_UID if it has none yet, and whether it is to be suspended."""
    try:
        found = registry.find(centre.records, environment.department, environment.name)
    except NotFoundError:
        return UNBORN_UID, False
    return found.uid, found.suspended


def apply(
    environment_id: str, *, catalogue: Catalogue, centre: Centre, on_event: OnEvent | None = None
) -> Applied:
    """Bring one environment to its manifest; a suspended one stays suspended.

    Raises NotFoundError for an id without manifest, RefusedError when another run holds it or a name is
    taken by somebody else (before anything is changed), UnreachableError when a server does not answer.
    """
    return _bring("apply", environment_id, catalogue=catalogue, centre=centre, on_event=on_event)


def suspend(
    environment_id: str, *, catalogue: Catalogue, centre: Centre, on_event: OnEvent | None = None
) -> Applied:
    """Bring one environment to its manifest, and let its right of use rest until `resume`.

    Logins are off and their sessions ended, keys refused, pods ended and no new ones let in. Data,
    Secrets, passwords and workloads as the department wrote them stay. Safe to repeat from any
    interruption, which an `apply` finishes too.

    Raises as `apply` does; also NotFoundError for one that was never applied, RefusedError for one that is
    destroyed, YunzuError when a session or a pod does not end.
    """
    return _bring("suspend", environment_id, catalogue=catalogue, centre=centre, on_event=on_event)


def resume(
    environment_id: str,
    *,
    catalogue: Catalogue,
    centre: Centre,
    on_event: OnEvent | None = None,
    anew: bool = False,
) -> Applied:
    """Bring one environment to its manifest, in use again: same passwords, same keys, workloads begun.

    One that is not suspended is only applied. Raises as `suspend` does; with `anew`, also one that is
    destroyed is in use again.
    """
    return _bring("resume", environment_id, catalogue=catalogue, centre=centre, on_event=on_event, anew=anew)


# What each does to the recorded suspension; None leaves it.
_SUSPENDED: dict[Kind, bool | None] = {"apply": None, "suspend": True, "resume": False}


def _bring(
    kind: Kind,
    environment_id: str,
    *,
    catalogue: Catalogue,
    centre: Centre,
    on_event: OnEvent | None,
    anew: bool = False,
) -> Applied:
    started = time.monotonic()
    environment = catalogue.environment(environment_id)
    stack = naming.stack(environment.department, environment.name)
    plan = catalogue.plans[environment.plan]
    endpoints = centre.endpoints(environment, plan)  # may refuse, and nothing is recorded yet
    check_servers(environment, plan, centre)
    # Held before the records are read: a run that waited for another must see what that one left.
    with fencing.hold(centre.records, stack) as writer:
        if kind != "apply" and not anew:
            _check_living(environment, centre)
        check_namespace(environment.namespace, environment.department, environment.name, centre)
        writer.check()
        wanted = _enrolled(environment, endpoints, catalogue, centre, _SUSPENDED[kind])
        operation = journal.begin(centre.records, wanted.uid, kind, acting_account())
        try:
            changes = centre.stacks.up(wanted, writer=writer, on_event=on_event)
            if wanted.suspended:
                workloads.end(wanted.namespace, writer=writer, centre=centre)
            elif kind == "resume":
                workloads.wake(wanted.namespace, writer=writer, centre=centre)
        except YunzuError as error:
            journal.end(centre.records, operation, "failed", {"error": str(error)})
            registry.mark_failed(centre.records, wanted.uid, by=writer)
            raise
        mark = registry.mark_suspended if wanted.suspended else registry.mark_active
        next_end = wanted.environment.next_end
        mark(centre.records, wanted.uid, applied_hash=_digest(wanted), next_end=next_end, by=writer)
        journal.end(centre.records, operation, "done", {"changed": changes.create + changes.update})
    return Applied(environment_id, wanted.uid, changes, time.monotonic() - started)


def _check_living(environment: Environment, centre: Centre) -> None:
    found = registry.find(centre.records, environment.department, environment.name)
    if found.state == "destroyed":
        raise RefusedError(
            environment.id, "is destroyed, its data are retained", f"yunzu env apply {environment.id}"
        )


def _enrolled(
    environment: Environment,
    endpoints: Sequence[Endpoint],
    catalogue: Catalogue,
    centre: Centre,
    suspended: bool | None,
) -> Blueprint:
    """The blueprint, with uid and all that will hold data recorded before anything is made."""
    record = registry.enrol(
        centre.records,
        centre.id,
        environment.department,
        environment.name,
        plan=environment.plan,
        lease_from=environment.lease.start,
        lease_until=environment.lease.until,
        suspended=suspended,
    )
    wanted = _blueprint(environment, record.uid, endpoints, catalogue, centre, record.suspended)
    for database in wanted.databases:
        claims.record(centre.records, record.uid, "database", database.claim, database.name)
    for bucket in wanted.buckets:
        claims.record(centre.records, record.uid, "bucket", bucket.claim, bucket.name)
    return wanted


def check_servers(environment: Environment, plan: Plan, centre: Centre) -> None:
    """Raises UnreachableError, before anything is changed, when a server of its data does not answer.

    The cluster and the records are asked first thing anyway; that the pool is ours, the endpoints have shown.
    """
    if environment.databases:
        with centre.pools[plan.pool].session():
            pass
    if environment.buckets:
        centre.object_store.version()


def check_namespace(namespace: str, department: str, name: str, centre: Centre) -> None:
    """Refuse before anything is recorded or changed when the namespace is somebody else's.

    Databases, roles, buckets and users carry the fresh uid in their names and are checked where made.
    """
    try:
        found = centre.cluster.get("v1", "Namespace", namespace)
    except NotFoundError:
        return
    labels = found["metadata"].get("labels") or {}
    try:
        uid = registry.find(centre.records, department, name).uid
    except NotFoundError:
        uid = None
    owner = labels.get(naming.LABEL_CENTRE), labels.get(naming.LABEL_ENVIRONMENT_UID)
    if owner != (centre.id, uid):
        said = f"centre {owner[0]}, environment {owner[1]}" if owner[0] else "it carries no mark of a centre"
        raise NotOursError("Namespace", namespace, said)


def _digest(wanted: Blueprint) -> str:
    """SHA-256 of the manifest and plan that were applied."""
    text = wanted.environment.model_dump_json(by_alias=True) + wanted.plan.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()


def acting_account() -> str:
    """Until accounts exist, who runs the command on the centre's machine is who acts."""
    return getpass.getuser()
