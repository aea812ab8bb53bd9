"""Wait for a worker that delivers a request, and show how far it has come."""

import time
from functools import partial
from typing import TYPE_CHECKING

from yunzu_cli.progress import shown

if TYPE_CHECKING:
    from yunzu.records.requests import Request
    from yunzu.services.requests.office import Office
    from yunzu_stacks.steps import Show

_LOOK_EVERY_S = 0.15
_PATIENCE_S = 5.0  # without any worker: one may be starting anew


def wait(request: "Request", office: "Office", show: "Show | None" = None) -> None:
    """Return when the request is delivered, or needs nothing of a worker.

    `show` is told how far it has come; omitted: it is shown here. Raises the error that stopped the
    delivery, UnreachableError when there is no worker, and InterruptError for Ctrl-C: that ends the waiting
    and nothing else.
    """
    from yunzu.errors import InterruptError

    try:
        if show is not None:
            _wait(request.number, office, show)
            return
        with shown() as place:
            _wait(request.number, office, partial(place.update, f"deliver {request.number}"))
    except KeyboardInterrupt:
        advice = f"see `yunzu request watch {request.number}`"
        raise InterruptError(f"request {request.number}", "goes on without you", advice) from None


def _wait(number: str, office: "Office", show: "Show") -> None:
    from yunzu.services.requests import queueing

    alone_since = None
    while True:
        seen = queueing.progress(number, office=office)
        if seen.error is not None:
            raise seen.error
        if not seen.under_way:
            return
        if seen.attended:
            alone_since = None
        else:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > _PATIENCE_S:
                raise _unattended(number)
        if seen.progress.doing:
            show(seen.progress.done, seen.progress.total, seen.progress.doing)
        time.sleep(_LOOK_EVERY_S)


def _unattended(number: str) -> Exception:
    from yunzu.errors import UnreachableError

    fact = f"is granted and waits: no worker has looked for {_PATIENCE_S:.0f} s"
    return UnreachableError(f"request {number}", fact, "`yunzu up` starts them")
