"""Progress of a run: what the engine says about resources, as steps that are counted."""

from collections.abc import Callable

from yunzu_stacks.events import Event, Expected, ResourceEvent

Show = Callable[[int, int, str], None]
"""Called with how many steps are done, of how many (0: not known), and what is done now."""

# A replacement is counted once, not by its parts.
_COUNTED = frozenset({"create", "update", "replace", "delete", "same", "import"})
_TOLD = frozenset({"info", "warning"})


class Steps:
    """Counts each resource once, when it is done; called with the engine's events, from its threads."""

    def __init__(self, show: Show) -> None:
        self.show, self._total = show, 0  # the run's own look at what exists tells where nobody says it
        self._seen: set[str] = set()
        self._done: set[str] = set()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Expected):
            self._total = event.total
        elif isinstance(event, ResourceEvent):
            if event.counts:
                self._resource(event)
        elif event.severity in _TOLD and event.urn:
            self._show(f"{event.urn.rpartition('::')[2]}: {event.message}")

    def say(self, doing: str) -> None:
        """What is done beside the resources."""
        self._show(doing)

    @property
    def _all(self) -> int:
        return max(self._total or len(self._seen), len(self._done))

    def _resource(self, event: ResourceEvent) -> None:
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
        self.show(len(self._done), known, doing)
