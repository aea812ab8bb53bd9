"""Progress of runs that the command makes itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from yunzu_cli.progress import shown

if TYPE_CHECKING:
    from yunzu.services.centre import Centre
    from yunzu.services.manifests import Catalogue
    from yunzu_stacks.steps import Steps


@contextmanager
def steps(task: str, total: int = 0) -> "Iterator[Steps]":
    """Progress of one run of `total` resources; 0 lets the run's own look at what exists tell it."""
    from yunzu_stacks.steps import Steps

    with shown() as place:
        counting = Steps(partial(place.update, task), total)
        yield counting
        counting.finish()


def expected(identifiers: Sequence[str], *, catalogue: "Catalogue", centre: "Centre") -> int:
    """How many resources these environments consist of. Raises NotFoundError."""
    from yunzu.services.environments import UNBORN_UID, derive
    from yunzu_stacks.environment import resource_count

    blueprints = (derive(one, UNBORN_UID, catalogue=catalogue, centre=centre) for one in identifiers)
    return sum(map(resource_count, blueprints))
