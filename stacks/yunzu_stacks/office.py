"""The office's composition root: requests, figures and the ledger need the records, and no other server."""

from collections.abc import Iterator
from contextlib import contextmanager

from yunzu.embedded import bootstrap
from yunzu.records.database import Records
from yunzu.records.migrations import require_current
from yunzu.services.requests.office import Office
from yunzu.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Office]:
    """The office of the running centre, closed at the end.

    Raises UnreachableError when it is down, RefusedError when its records are of another schema.
    """
    with Records(bootstrap.connections(settings).records) as records:
        require_current(records)
        yield Office(records, prefix=settings.request_prefix)
