"""What a delivery did, as the move that ended it keeps it: whoever waits for a delivery reads it there."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from yunzu.services.centre import Changes
from yunzu.services.environments import Applied
from yunzu.services.probes import Probe, failed
from yunzu.services.removal import Removed

COMPLETED, FAILED = "complete", "fail"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources were created, updated, replaced, deleted, and left the same."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0

    @classmethod
    def of(cls, changes: Changes) -> "Counts":
        """The same counts, of whatever counted them."""
        return cls(**{one.name: getattr(changes, one.name) for one in fields(cls)})

    def followed_by(self, later: "Counts") -> "Counts":
        """Both runs together: what either changed, and what the later one left the same."""
        both = {one.name: getattr(self, one.name) + getattr(later, one.name) for one in fields(self)}
        return Counts(**both | {"same": later.same})


@dataclass(frozen=True, slots=True)
class Red:
    """A probe that failed."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one environment. `seconds` until the last change, without probes; `probes`: how many were made."""

    changes: Counts = field(default_factory=Counts)
    seconds: float = 0.0
    probes: int = 0
    red: tuple[Red, ...] = ()
    retained: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no probe failed."""
        return not self.red

    @classmethod
    def of(cls, applied: Applied, probes: Iterable[Probe] = ()) -> "Outcome":
        """What `apply` and `verify` have found."""
        made = list(probes)
        red = tuple(Red(one.name, one.detail) for one in failed(made))
        return cls(Counts.of(applied.changes), round(applied.seconds, 3), len(made), red)

    @classmethod
    def of_removal(cls, removed: Removed, seconds: float) -> "Outcome":
        """What `destroy` has found."""
        counts = Counts.of(removed.changes)
        return cls(counts, round(seconds, 3), retained=removed.retained, erased=removed.erased)

    def followed_by(self, later: "Outcome") -> "Outcome":
        """Two deliveries of the same environment as one."""
        return Outcome(
            self.changes.followed_by(later.changes),
            round(self.seconds + later.seconds, 3),
            later.probes,
            later.red,
            later.retained,
            later.erased,
        )

    def detail(self) -> dict[str, Any]:
        """As the records keep it: JSON values."""
        return asdict(self)

    @classmethod
    def recorded(cls, detail: Mapping[str, Any]) -> "Outcome | None":
        """From what the records keep of a move; None where it says nothing of an environment."""
        if "changes" not in detail:
            return None
        red = tuple(Red(**one) for one in detail["red"])
        listed = {name: tuple(detail[name]) for name in ("retained", "erased")}
        counts = Counts(**detail["changes"])
        return cls(counts, detail["seconds"], detail["probes"], red, **listed)
