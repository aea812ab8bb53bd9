"""Probes that nothing differs from the manifest: neither what we made, nor anything added beside it."""

import time
from collections.abc import Iterator
from functools import partial

from yunzu.components import access, cluster_roles, home, perimeter
from yunzu.errors import YunzuError
from yunzu.model.blueprints import Blueprint
from yunzu.services import workloads
from yunzu.services.centre import Centre, Step
from yunzu.services.preparing import is_as_wanted
from yunzu.services.probes import Probe, ProbeFailedError, probe

# What opens the perimeter or gives access, and that no tenant role may write: any other is an intruder's.
_AGAIN = "`yunzu env apply` puts it right"
_OURS_ALONE = (
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
)


def declared(blueprint: Blueprint, *, centre: Centre) -> Iterator[Probe]:
    """One red probe for each object that differs from the manifest, or one green one for all."""
    started = time.monotonic()
    try:
        plan = centre.stacks.preview(blueprint)
    except YunzuError as error:
        yield Probe("declared: all objects", False, time.monotonic() - started, str(error))
    else:
        seconds = time.monotonic() - started
        for step in plan.steps:
            detail = f"{_what_is_wrong(step)}; {_AGAIN}"
            yield Probe(f"declared: {step.type.rpartition(':')[2]} {step.name}", False, seconds, detail)
        if not plan.steps:
            yield Probe("declared: all objects", True, seconds, f"{plan.changes.same} as in the manifest")
    for role in blueprint.accounts:
        yield probe(f"declared: ClusterRole {role}", partial(_role_as_declared, role, centre))
    if blueprint.suspended:
        yield probe("declared: nothing runs", partial(_nothing_runs, blueprint.namespace, centre))
    expected = _names(blueprint)
    for api_version, kind in _OURS_ALONE:
        names = expected.get(kind, set())
        yield probe(
            f"declared: no other {kind}", partial(_no_other, blueprint, api_version, kind, names, centre)
        )


def _what_is_wrong(step: Step) -> str:
    if step.op == "create":
        return "is missing"
    if step.op == "delete":
        return "is not in the manifest"
    return f"differs in {', '.join(step.paths)}" if step.paths else "differs"


def _role_as_declared(role: str, centre: Centre) -> str:
    """What the environment's bindings grant is in these roles, so whoever widens one widens them all."""
    wanted = cluster_roles.tenant_role(centre.id, role)
    name = wanted["metadata"]["name"]
    if not is_as_wanted(centre.cluster.get(wanted["apiVersion"], "ClusterRole", name), wanted):
        raise ProbeFailedError(f"ClusterRole {name}", "was altered", "`yunzu up` puts it right")
    return f"{len(wanted['rules'])} rules as declared"


def _nothing_runs(namespace: str, centre: Centre) -> str:
    if pods := workloads.running(namespace, centre=centre):
        names = ", ".join(sorted(pod["metadata"]["name"] for pod in pods)[:5])
        raise ProbeFailedError(f"{len(pods)} pods", f"run though it is suspended: {names}", _AGAIN)
    return "no pod"


def _names(blueprint: Blueprint) -> dict[str, set[str]]:
    """Kind -> names of all that the environment consists of."""
    found: dict[str, set[str]] = {}
    for component in (home, access, perimeter):
        for _, manifest in component.objects(blueprint):
            found.setdefault(manifest["kind"], set()).add(manifest["metadata"]["name"])
    return found


def _no_other(blueprint: Blueprint, api_version: str, kind: str, names: set[str], centre: Centre) -> str:
    """By name: labels can be copied with the object that carries them."""
    found = {item["metadata"]["name"] for item in centre.cluster.list(api_version, kind, blueprint.namespace)}
    if others := sorted(found - names):
        raise ProbeFailedError(
            f"{kind} {', '.join(others[:5])}", "is not the platform's", "remove it, or ask who added it"
        )
    return f"{len(found)} of ours"
