"""Waits that are bounded, say what they wait for, and end when the run is cancelled."""

import threading
import time
from collections.abc import Callable

from yunzu.clients.kubernetes import Client, identity
from yunzu.errors import InterruptError, NotFoundError, YunzuError
from yunzu.providers.faults import InitFailedError
from yunzu.providers.kubernetes_objects import Object, describe
from yunzu.providers.kubernetes_readiness import (
    BrokenError,
    binds_at_first_use,
    is_awaited,
    patience,
    troubles,
    unready,
)

_FIRST_PAUSE = 0.02  # seconds
_LONGEST_PAUSE = 0.5
_SPOKEN_AFTER = 1.0  # seconds of silence before a wait says what it waits for
_ISSUE_AFTER = 3.0  # seconds after which a claim is asked whether it waits for its first pod

Say = Callable[[str], None]


class Wait:
    """The pauses of one wait of `seconds` at most."""

    def __init__(self, seconds: float, cancelled: threading.Event, say: Say) -> None:
        self.seconds = seconds
        self._cancelled = cancelled
        self._say = say
        self._said = ""
        self._pause = _FIRST_PAUSE
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    @property
    def was_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def again(self, reason: str) -> bool:
        """Pause; False when the time is over or the run was cancelled."""
        if self.elapsed > _SPOKEN_AFTER and reason != self._said:
            self._say(reason)
            self._said = reason
        left = self.seconds - self.elapsed
        if left <= 0 or self._cancelled.wait(min(self._pause, left)):
            return False
        self._pause = min(self._pause * 1.6, _LONGEST_PAUSE)
        return True


def await_ready(client: Client, live: Object, cancelled: threading.Event, timeout: float, say: Say) -> Object:
    """The live object once it is ready. Raises InitFailedError with the last seen object as `outputs`."""
    if not is_awaited(live):
        return live
    wait = Wait(patience(live, timeout), cancelled, say)
    while True:
        try:
            reason = unready(live)
        except BrokenError as error:
            raise _unready(client, live, f"failed: {error}") from error
        if reason is None or (wait.elapsed > _ISSUE_AFTER and binds_at_first_use(client, live)):
            return live
        if not wait.again(f"waiting: {reason}"):
            said = (
                "was interrupted while" if wait.was_cancelled else f"is not ready after {wait.seconds:.0f} s:"
            )
            raise _unready(client, live, f"{said} {reason}")
        api_version, kind, name, namespace = identity(live)
        live = client.get(api_version, kind, name, namespace)


def _unready(client: Client, live: Object, fact: str) -> InitFailedError:
    advice = "it was made and is kept; put the cause right and run again"
    return InitFailedError(describe(live), fact + troubles(client, live), advice, outputs=live)


def await_gone(client: Client, live: Object, cancelled: threading.Event, seconds: float, say: Say) -> None:
    """Return when the object of that uid is gone.

    Raises InterruptError when cancelled, YunzuError naming what holds it when it is not gone in time.
    """
    wait = Wait(seconds, cancelled, say)
    uid = live["metadata"]["uid"]
    api_version, kind, name, namespace = identity(live)
    while True:
        try:
            live = client.get(api_version, kind, name, namespace)
        except NotFoundError:
            return
        if live["metadata"]["uid"] != uid:
            return
        holds = _holders(live)
        if wait.again(f"waiting until it is gone: {holds}"):
            continue
        if wait.was_cancelled:
            raise InterruptError(describe(live), "is being deleted", "the next run goes on")
        raise YunzuError(
            describe(live),
            f"is not gone after {seconds:.0f} s: {holds}",
            "find out why its finalizer does not finish; nothing was forced",
        )


def _holders(live: Object) -> str:
    """What keeps an object that is being deleted from being gone."""
    conditions = (live.get("status") or {}).get("conditions") or []
    remaining = [c["message"] for c in conditions if c.get("status") == "True" and _is_about_deletion(c)]
    spec = live.get("spec")
    finalizers = [
        *live["metadata"].get("finalizers", []),
        *(spec.get("finalizers", []) if isinstance(spec, dict) else []),
    ]
    if finalizers:
        remaining.append("finalizers " + ", ".join(finalizers))
    return "; ".join(remaining) or "its dependents go first"


def _is_about_deletion(condition: dict[str, str]) -> bool:
    return condition["type"].startswith("Namespace")
