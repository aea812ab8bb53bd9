"""Wait for workers: for the delivery of a request, or for a job; and show how far it has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yunzu_cli.progress import showing

if TYPE_CHECKING:
    from yunzu.clients.api import Api
    from yunzu.errors import YunzuError
    from yunzu.model.answers.outcomes import Outcome
    from yunzu_cli.progress import Show

_LOOK_EVERY_S = 0.15
_PATIENCE_S = 5.0  # without any worker: one may be starting anew


@dataclass(frozen=True)
class Seen:
    """What somebody sees who waits: whether it is still to come, whether any worker is there, how many of
    how many steps are done (0: not known) and what is done now, and what stopped it."""

    under_way: bool
    attended: bool
    done: int
    total: int
    doing: str
    error: "YunzuError | None"


def wait(
    subject: str,
    look: Callable[[], Seen],
    show: "Show | None" = None,
    *,
    task: str | None = None,
    advice: str = "ask again",
) -> None:
    """Return when it is done, or needs nothing of a worker.

    `show` is told how far it has come; omitted: it is shown here, as the progress of `task`. Raises the
    error that stopped it, UnreachableError when there is no worker, and InterruptError for Ctrl-C: that ends
    the waiting and nothing else, and `advice` says how to look again.
    """
    from yunzu.errors import InterruptError

    try:
        if show is not None:
            _wait(subject, look, show)
            return
        with showing(task or subject) as place:
            _wait(subject, look, place)
    except KeyboardInterrupt:
        raise InterruptError(subject, "goes on without you", advice) from None


def delivered(number: str, state: str, api: "Api", show: "Show | None" = None) -> "Outcome | None":
    """Have a request in that state delivered, and wait. Raises as `wait`, and where nobody may ask for it."""
    if state != "granted":  # somebody asks for another try, and has to be permitted
        api.post(f"/requests/{number}/deliver")
    return delivery(number, api, show)


def delivery(number: str, api: "Api", show: "Show | None" = None) -> "Outcome | None":
    """Wait until a request is delivered; what that did to an environment. Raises as `wait`."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.outcomes import Outcome
    from yunzu.model.answers.problem import error_of
    from yunzu.model.answers.requests import DeliveryAnswer

    last: list[Outcome | None] = [None]

    def look() -> Seen:
        found = understood(DeliveryAnswer, api.get(f"/requests/{number}/delivery"))
        last[0] = found.outcome
        error = error_of(found.failure) if found.failure else None
        return Seen(found.under_way, found.attended, found.done, found.total, found.doing, error)

    advice = f"see `yunzu request watch {number}`"
    wait(f"request {number}", look, show, task=f"deliver {number}", advice=advice)
    return last[0]


def _wait(subject: str, look: Callable[[], Seen], show: "Show") -> None:
    alone_since = None
    while True:
        found = look()
        if found.error is not None:
            raise found.error
        if not found.under_way:
            return
        if found.attended:
            alone_since = None
        else:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > _PATIENCE_S:
                raise _unattended(subject)
        if found.doing:
            show(found.done, found.total, found.doing)
        time.sleep(_LOOK_EVERY_S)


def _unattended(subject: str) -> Exception:
    from yunzu.errors import UnreachableError

    fact = f"waits: no worker has looked for {_PATIENCE_S:.0f} s"
    return UnreachableError(subject, fact, "`yunzu up` starts them")
