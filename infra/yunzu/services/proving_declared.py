"""Probes that nothing differs from the manifest: neither what we made, nor anything added beside it."""

import time
from collections.abc import Iterator
from functools import partial

from yunzu import naming
from yunzu.errors import YunzuError
from yunzu.model.blueprints import Blueprint
from yunzu.services.centre import Centre, Step
from yunzu.services.probes import Probe, ProbeFailedError, probe

# What opens the perimeter or gives access, and that no tenant role may write: any other is an intruder's.
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
            detail = f"{_what_is_wrong(step)}; `yunzu env apply` puts it right"
            yield Probe(f"declared: {step.type.rpartition(':')[2]} {step.name}", False, seconds, detail)
        if not plan.steps:
            yield Probe("declared: all objects", True, seconds, f"{plan.changes.same} as in the manifest")
    for api_version, kind in _OURS_ALONE:
        yield probe(f"declared: no other {kind}", partial(_no_other, blueprint, api_version, kind, centre))


def _what_is_wrong(step: Step) -> str:
    if step.op == "create":
        return "is missing"
    if step.op == "delete":
        return "is not in the manifest"
    return f"differs in {', '.join(step.paths)}" if step.paths else "differs"


def _no_other(blueprint: Blueprint, api_version: str, kind: str, centre: Centre) -> str:
    found = centre.cluster.list(api_version, kind, blueprint.namespace)
    others = [
        item["metadata"]["name"]
        for item in found
        if (item["metadata"].get("labels") or {}).get(naming.LABEL_ENVIRONMENT_UID) != blueprint.uid
    ]
    if others:
        raise ProbeFailedError(
            f"{kind} {', '.join(sorted(others)[:5])}",
            "is not the platform's",
            "remove it, or ask who added it",
        )
    return f"{len(found)} of ours"
