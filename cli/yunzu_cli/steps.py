"""Progress of runs: what the engine says about resources, as steps that are counted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from yunzu_cli.progress import Shown, shown

if TYPE_CHECKING:
    from yunzu.services.centre import Centre
    from yunzu.services.manifests import Catalogue
    from yunzu_stacks.events import Event, ResourceEvent

# A replacement is counted once, not by its parts.
_COUNTED = frozenset({"create", "update", "replace", "delete", "same", "import"})
_TOLD = frozenset({"info", "warning"})


@contextmanager
def steps(task: str, total: int = 0) -> Iterator["Steps"]:
    """Progress of one run of `total` resources; 0 lets the run's own look at what exists tell it."""
    with shown() as place:
        counting = Steps(place, task, total)
        yield counting
        counting.finish()


class Steps:
    """Counts each resource once, when it is done; called with the engine's events, from its threads."""

    def __init__(self, place: Shown, task: str, total: int) -> None:
        self._place, self._task, self._total = place, task, total
        self._seen: set[str] = set()
        self._done: set[str] = set()
        self._last = ""

    def __call__(self, event: "Event") -> None:
        from yunzu_stacks.events import ResourceEvent

        if isinstance(event, ResourceEvent):
            if event.counts:
                self._resource(event)
        elif event.severity in _TOLD and event.urn:
            self._show(f"{event.urn.rpartition('::')[2]}: {event.message}")

    def say(self, doing: str) -> None:
        """What is done beside the resources."""
        self._show(doing)

    def finish(self) -> None:
        """The run ended well, so what was not heard of was done too."""
        if self._done:
            self._place.update(self._task, self._all, self._all, "done")

    @property
    def _all(self) -> int:
        return max(self._total or len(self._seen), len(self._done))

    def _resource(self, event: "ResourceEvent") -> None:
        what = f"{event.type.rpartition(':')[2]} {event.name}"
        self._seen.add(event.urn)
        if event.op not in _COUNTED:
            if not self._done:
                self._show(f"look at what is there: {what}")
        elif event.phase == "done":
            self._done.add(event.urn)
            self._show(what)
        elif event.phase == "failed":
            self._show(f"{what} failed")

    def _show(self, doing: str) -> None:
        known = self._all if self._done or self._total else 0
        self._place.update(self._task, len(self._done), known, doing)


def expected(identifiers: Sequence[str], *, catalogue: "Catalogue", centre: "Centre") -> int:
    """How many resources these environments consist of. Raises NotFoundError."""
    from yunzu.services.environments import UNBORN_UID, derive
    from yunzu_stacks.environment import resource_count

    blueprints = (derive(one, UNBORN_UID, catalogue=catalogue, centre=centre) for one in identifiers)
    return sum(map(resource_count, blueprints))
