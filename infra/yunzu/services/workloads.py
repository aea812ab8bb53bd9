"""What runs in an environment: ended when it is suspended, begun again by its own controllers afterwards.

Deployments, StatefulSets, Jobs and CronJobs stay as the department wrote them. The quota refuses every new
pod meanwhile, so their controllers ask more and more rarely, up to a quarter of an hour apart; on return
they are told to look again. A Job's attempt that is ended counts as one that failed.
"""

import time
from contextlib import suppress

from yunzu import naming
from yunzu.clients.kubernetes import Object
from yunzu.errors import NotFoundError, YunzuError
from yunzu.records.fencing import Writer
from yunzu.services.centre import Centre

_GRACE = 30  # seconds a pod has to end at most, whatever it asks for itself
_ENDED_WITHIN = 120.0  # seconds
_AWAKE_WITHIN = 10.0  # seconds
_LOOK_AGAIN = 0.2  # seconds; admission hears of a quota a moment after it is counted
_SHOWN = 5


def running(namespace: str, *, centre: Centre) -> list[Object]:
    """The pods that have not come to their end, those about to included."""
    pods = centre.cluster.list("v1", "Pod", namespace)
    return [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]


def end(namespace: str, *, writer: Writer, centre: Centre) -> None:
    """End every pod, and return when none is left. The quota must refuse new ones already.

    Raises YunzuError naming what still runs after two minutes, FencedError.
    """
    deadline = time.monotonic() + _ENDED_WITHIN
    quiet = False
    while True:
        left = running(namespace, centre=centre)
        if quiet and not left:
            return
        quiet = not left
        if left:
            writer.intend("Pods", namespace)
        for pod in left:
            _end(pod, centre)
        if time.monotonic() > deadline:
            names = ", ".join(sorted(pod["metadata"]["name"] for pod in left)[:_SHOWN])
            raise YunzuError(
                f"namespace {namespace}",
                f"{len(left)} pods still run: {names}",
                "see whether their nodes answer, then run again",
            )
        time.sleep(_LOOK_AGAIN)


def _end(pod: Object, centre: Centre) -> None:
    """Begin its end, or hurry one that was given more time."""
    meta, asked = pod["metadata"], pod["spec"].get("terminationGracePeriodSeconds", _GRACE)
    if meta.get("deletionTimestamp") and meta.get("deletionGracePeriodSeconds", 0) <= _GRACE:
        return
    with suppress(NotFoundError):
        centre.cluster.delete(
            "v1", "Pod", meta["name"], meta["namespace"], uid=meta["uid"], grace=min(asked, _GRACE)
        )


def wake(namespace: str, *, writer: Writer, centre: Centre) -> None:
    """Have every workload that wants pods and has none ask for them now. The quota must allow them already.

    Who still has none after ten seconds is refused for another reason, and goes on asking by itself.
    """
    deadline = time.monotonic() + _AWAKE_WITHIN
    while asleep := [
        one for kind in ("ReplicaSet", "StatefulSet") for one in _asleep(kind, namespace, centre)
    ]:
        writer.intend("Workloads", namespace)
        for one in asleep:
            _look_again(one, centre)
        if time.monotonic() > deadline:
            return
        time.sleep(_LOOK_AGAIN)


def _asleep(kind: str, namespace: str, centre: Centre) -> list[Object]:
    return [
        one
        for one in centre.cluster.list("apps/v1", kind, namespace)
        if one["spec"].get("replicas", 1) and not (one.get("status") or {}).get("replicas")
    ]


def _look_again(workload: Object, centre: Centre) -> None:
    """Say that its controller has not seen it: the controller looks, and says itself that it has."""
    with suppress(NotFoundError):
        centre.cluster.patch(
            workload["apiVersion"],
            workload["kind"],
            workload["metadata"]["name"],
            workload["metadata"]["namespace"],
            {"status": {"observedGeneration": 0}},
            field_manager=naming.FIELD_MANAGER,
            subresource="status",
        )
