"""What a run changed, or would change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yunzu_stacks.events import ResourceEvent

# The parts of a replacement (create-replacement, delete-replaced) are not counted: it counts once.
_COUNTED = ("create", "update", "replace", "delete", "same")


@dataclass(frozen=True, slots=True)
class Changes:
    """How many resources a run changed, and how long it took in seconds."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0
    seconds: float = 0.0

    @property
    def any(self) -> bool:
        return bool(self.create or self.update or self.replace or self.delete)

    def as_json(self) -> dict[str, int]:
        """The counts alone, by the names of the command's contract."""
        return {name: getattr(self, name) for name in _COUNTED}


@dataclass(frozen=True, slots=True)
class Step:
    """One planned change: `op` create, update, replace or delete, and the paths that differ.

    `check` says how its provider checked it; empty for a deletion, and for what no provider makes.
    """

    op: str
    type: str
    name: str
    urn: str
    paths: tuple[str, ...]
    check: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    steps: tuple[Step, ...]
    changes: Changes


def counted(events: Sequence[ResourceEvent], phase: str, seconds: float = 0.0) -> Changes:
    """Changes as the events of that phase tell them."""
    counts = Counter(event.op for event in events if event.phase == phase and event.counts)
    counts["create"] += counts["import"]  # new to the state
    return Changes(**{op: counts[op] for op in _COUNTED}, seconds=round(seconds, 3))


def planned(events: Sequence[ResourceEvent], checks: Mapping[str, str], seconds: float) -> Plan:
    """The plan that the events of a preview tell, with the checks made in it by URN."""
    steps = tuple(
        Step(event.op, event.type, event.name, event.urn, event.paths, checks.get(event.urn, ""))
        for event in events
        if event.phase == "planned" and event.counts and event.op in _COUNTED and event.op != "same"
    )
    return Plan(steps, counted(events, "planned", seconds))
