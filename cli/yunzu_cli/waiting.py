"""Wait for a worker that delivers a request, and show how far it has come."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from yunzu_cli.progress import shown

if TYPE_CHECKING:
    from yunzu.clients.api import Api
    from yunzu.services.requests.queueing import Seen
    from yunzu_stacks.steps import Show

_LOOK_EVERY_S = 0.15
_PATIENCE_S = 5.0  # without any worker: one may be starting anew


def wait(number: str, look: "Callable[[], Seen]", show: "Show | None" = None) -> None:
    """Return when the request is delivered, or needs nothing of a worker.

    `show` is told how far it has come; omitted: it is shown here. Raises the error that stopped the
    delivery, UnreachableError when there is no worker, and InterruptError for Ctrl-C: that ends the waiting
    and nothing else.
    """
    from yunzu.errors import InterruptError

    try:
        if show is not None:
            _wait(number, look, show)
            return
        with shown() as place:
            _wait(number, look, partial(place.update, f"deliver {number}"))
    except KeyboardInterrupt:
        advice = f"see `yunzu request watch {number}`"
        raise InterruptError(f"request {number}", "goes on without you", advice) from None


def seen(number: str, api: "Api") -> "Seen":
    """How a delivery goes, as the API says."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.problem import error_of
    from yunzu.model.answers.requests import DeliveryAnswer
    from yunzu.records.deliveries import Progress
    from yunzu.services.requests.queueing import Seen

    found = understood(DeliveryAnswer, api.get(f"/requests/{number}/delivery"))
    error = error_of(found.failure) if found.failure else None
    return Seen(found.under_way, found.attended, Progress(found.done, found.total, found.doing), error)


def _wait(number: str, look: "Callable[[], Seen]", show: "Show") -> None:
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
                raise _unattended(number)
        if found.progress.doing:
            show(found.progress.done, found.progress.total, found.progress.doing)
        time.sleep(_LOOK_EVERY_S)


def _unattended(number: str) -> Exception:
    from yunzu.errors import UnreachableError

    fact = f"is granted and waits: no worker has looked for {_PATIENCE_S:.0f} s"
    return UnreachableError(f"request {number}", fact, "`yunzu up` starts them")
