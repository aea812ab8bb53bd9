"""What runs on the servers came to, as the records keep it: whoever waits for a delivery reads it there."""

from collections.abc import Iterable

from sqlalchemy import Connection

from yunzu.model.answers.outcomes import Counts, Outcome, Red
from yunzu.records import request_history
from yunzu.services.centre import Changes
from yunzu.services.environments import Applied
from yunzu.services.probes import Probe, failed
from yunzu.services.removal import Removed

COMPLETED, FAILED = "complete", "fail"


def counts(changes: Changes) -> Counts:
    """The same counts, of whatever counted them."""
    return Counts(**{name: getattr(changes, name) for name in Counts.model_fields})


def of_apply(applied: Applied, probes: Iterable[Probe] = ()) -> Outcome:
    """What `apply` and `verify` have found."""
    made = list(probes)
    red = tuple(Red(name=one.name, detail=one.detail) for one in failed(made))
    changes = counts(applied.changes)
    return Outcome(changes=changes, seconds=round(applied.seconds, 3), probes=len(made), red=red)


def of_removal(removed: Removed, seconds: float) -> Outcome:
    """What `destroy` has found."""
    return Outcome(
        changes=counts(removed.changes),
        seconds=round(seconds, 3),
        retained=removed.retained,
        erased=removed.erased,
    )


def of_request(connection: Connection, number: str) -> Outcome | None:
    """What the last delivery of a request came to, as its end is entered; None: nothing of an environment."""
    moves = request_history.moves(connection, number)
    ends = [one for one in moves if one.move in (COMPLETED, FAILED)]
    return Outcome.recorded(ends[-1].detail) if ends else None
