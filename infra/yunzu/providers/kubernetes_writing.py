"""Changes to objects: each recorded as intended before, none to an object that is not ours."""

import threading
import time

from yunzu import naming
from yunzu.clients.kubernetes import Client, Propagation, identity
from yunzu.clients.kubernetes_errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    UnknownKindError,
)
from yunzu.clients.ownership import Intents
from yunzu.errors import InterruptError, NotFoundError, UnreachableError
from yunzu.providers.kubernetes_objects import Object, describe, identifier, payload
from yunzu.providers.kubernetes_ownership import foreign_keys, is_ours, migrate, owned_whole, refuse
from yunzu.providers.kubernetes_waiting import Say, await_gone

_ATTEMPTS = 5
_HOME_WITHIN = 10.0  # seconds that a namespace or a kind's definition may appear later than its object
_GONE_WITHIN = 300.0  # seconds
_WITH_DEPENDENTS = ("CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")
_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_POLICIES: dict[str, Propagation] = {
    "foreground": "Foreground",
    "background": "Background",
    "orphan": "Orphan",
}


class Writer:
    """Writes of one run to one environment's objects."""

    def __init__(self, client: Client, effects: Intents, cancelled: threading.Event, say: Say) -> None:
        self._client = client
        self._effects = effects
        self._cancelled = cancelled
        self._say = say

    def _find(self, obj: Object) -> Object | None:
        try:
            return self._client.get(*identity(obj))
        except NotFoundError:
            return None

    def create(self, inputs: Object) -> Object:
        """The live object: made now, or ours from before and brought to the inputs.

        Raises NotOursError when one of that name exists that is not ours.
        """
        obj = payload(inputs)
        for _ in range(_ATTEMPTS):
            try:
                return self._post(obj)
            except AlreadyExistsError:
                live = self._find(obj)
            except UnreachableError:
                # The answer was lost, not necessarily the request: look, and only then ask again.
                live = self._find(obj)
            except ForbiddenError:
                # Admission speaks before existence is looked at: a quota refuses a second of what is there.
                live = self._find(obj)
                if live is None:
                    raise
            if live is None:
                continue
            if not is_ours(live, inputs):
                raise refuse(live)
            if "deletionTimestamp" not in live["metadata"]:
                return self.converge(live, inputs)
            await_gone(self._client, live, self._cancelled, _GONE_WITHIN, self._say)
        raise ConflictError(describe(obj), "is made and removed by others all the time", "find out by whom")

    def _post(self, obj: Object) -> Object:
        until = time.monotonic() + _HOME_WITHIN
        while True:
            self._effects.intend(obj["kind"], identifier(obj))
            try:
                return self._client.create(obj, field_manager=naming.FIELD_MANAGER)
            except NotFoundError as error:
                if time.monotonic() > until:
                    raise
                missing = "its kind" if isinstance(error, UnknownKindError) else "its namespace"
                self._say(f"waiting for {missing}")
                if self._cancelled.wait(0.3):
                    raise InterruptError(describe(obj), "was not made", "the next run goes on") from error

    def converge(self, live: Object, inputs: Object) -> Object:
        """The live object after an update to the inputs. The caller knows that it is ours."""
        obj = payload(inputs)
        self._effects.intend(obj["kind"], identifier(obj))
        live = migrate(self._client, live)
        applied = self._apply(obj)
        patch = _removal(applied, obj)
        if not patch:
            return applied
        self._effects.intend(obj["kind"], identifier(obj))
        api_version, kind, name, namespace = identity(obj)
        return self._client.patch(
            api_version, kind, name, namespace, patch, field_manager=naming.FIELD_MANAGER
        )

    def _apply(self, obj: Object) -> Object:
        for _ in range(_ATTEMPTS - 1):
            self._effects.intend(obj["kind"], identifier(obj))
            try:
                return self._client.apply(obj, field_manager=naming.FIELD_MANAGER)
            except ConflictError:
                continue  # another write came between the server's read and its write
        return self._client.apply(obj, field_manager=naming.FIELD_MANAGER)

    def update(self, inputs: Object, uid: str | None) -> Object:
        """The live object after the update; made anew if it is gone. Raises NotOursError."""
        live = self._find(inputs)
        if live is None:
            return self.create(inputs)
        if live["metadata"]["uid"] != uid and not is_ours(live, inputs):
            raise refuse(live)
        return self.converge(live, inputs)

    def delete(self, obj: Object, uid: str | None, timeout: float) -> None:
        """Delete it and wait until it is gone. One in its place that is not ours stays."""
        live = self._find(obj)
        if live is None or (live["metadata"]["uid"] != uid and not is_ours(live, obj)):
            return
        api_version, kind, name, namespace = identity(live)
        self._effects.intend(kind, identifier(live))
        try:
            self._client.delete(
                api_version,
                kind,
                name,
                namespace,
                uid=live["metadata"]["uid"],
                propagation=_propagation(live),
            )
        except NotFoundError:
            return
        await_gone(self._client, live, self._cancelled, timeout or _GONE_WITHIN, self._say)


def _removal(applied: Object, obj: Object) -> Object:
    """A merge patch without what others added to maps of which every key is ours; apply leaves it there."""
    patch: Object = {}
    for path in owned_whole(obj):
        ours = obj
        for part in path:
            ours = ours.get(part) or {}
        for key in foreign_keys(applied, path, set(ours)):
            target = patch
            for part in path:
                target = target.setdefault(part, {})
            target[key] = None
    return patch


def _propagation(live: Object) -> Propagation:
    """Workloads are gone when their pods are; nothing else has dependents worth waiting for."""
    said = str((live["metadata"].get("annotations") or {}).get(_PROPAGATION, "")).lower()
    if said in _POLICIES:
        return _POLICIES[said]
    return "Foreground" if live["kind"] in _WITH_DEPENDENTS else "Background"
