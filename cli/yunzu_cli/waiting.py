"""Wait for a worker that delivers a request, and show how far it has come."""

import time
from typing import TYPE_CHECKING

from yunzu_cli.progress import shown

if TYPE_CHECKING:
    from yunzu.records.requests import Request
    from yunzu.services.requests.office import Office

_LOOK_EVERY_S = 0.15
_PATIENCE_S = 5.0  # without any worker: one may be starting anew


def wait(request: "Request", office: "Office") -> None:
    """Return when the request is delivered, or needs nothing of a worker.

    Raises the error that stopped the delivery, UnreachableError when there is no worker, and InterruptError
    for Ctrl-C: that ends the waiting and nothing else.
    """
    from yunzu.errors import InterruptError

    try:
        _wait(request.number, office)
    except KeyboardInterrupt:
        advice = f"see `yunzu request watch {request.number}`"
        raise InterruptError(f"request {request.number}", "goes on without you", advice) from None


def _wait(number: str, office: "Office") -> None:
    from yunzu.services.requests import delivering

    alone_since = None
    with shown() as place:
        while True:
            seen = delivering.progress(number, office=office)
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
                place.update(
                    f"deliver {number}", seen.progress.done, seen.progress.total, seen.progress.doing
                )
            time.sleep(_LOOK_EVERY_S)


def _unattended(number: str) -> Exception:
    from yunzu.errors import UnreachableError

    fact = f"is granted and waits: no worker has looked for {_PATIENCE_S:.0f} s"
    return UnreachableError(f"request {number}", fact, "`yunzu up` starts them")
