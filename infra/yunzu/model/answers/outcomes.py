"""What workers did to an environment: kept by the records, and read by whoever waits."""

from collections.abc import Mapping
from typing import Any

from yunzu.model.answers.common import Answer


class Counts(Answer):
    """How many resources were created, updated, replaced, deleted, and left the same."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0

    def followed_by(self, later: "Counts") -> "Counts":
        """Both runs together: what either changed, and what the later one left the same."""
        both = {name: getattr(self, name) + getattr(later, name) for name in Counts.model_fields}
        return Counts(**both | {"same": later.same})


class Red(Answer):
    """A probe that failed."""

    name: str
    detail: str


class Outcome(Answer):
    """Of one environment. `seconds` until the last change, without probes; `probes`: how many were made."""

    changes: Counts = Counts()
    seconds: float = 0.0
    probes: int = 0
    red: tuple[Red, ...] = ()
    retained: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no probe failed."""
        return not self.red

    def followed_by(self, later: "Outcome") -> "Outcome":
        """Two deliveries of the same environment as one."""
        return Outcome(
            changes=self.changes.followed_by(later.changes),
            seconds=round(self.seconds + later.seconds, 3),
            probes=later.probes,
            red=later.red,
            retained=later.retained,
            erased=later.erased,
        )

    def detail(self) -> dict[str, Any]:
        """As the records keep it: JSON values."""
        return self.model_dump(mode="json")

    @classmethod
    def recorded(cls, detail: Mapping[str, Any]) -> "Outcome | None":
        """From what the records keep of a move; None where it says nothing of an environment."""
        return cls.model_validate(detail) if "changes" in detail else None
