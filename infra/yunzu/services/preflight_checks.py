"""What a check of `yunzu preflight` is, and the decisions that every area makes alike."""

from dataclasses import asdict, dataclass, field
from typing import Literal

from yunzu.errors import YunzuError

Level = Literal["green", "amber", "red"]

_CLOCK_AMBER_SECONDS = 5.0
_CLOCK_RED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one server. Red: the centre would not work; amber: it works, with the consequence said."""

    area: str
    name: str
    level: Level
    fact: str
    consequence: str = ""
    fix: str = ""

    @property
    def says(self) -> str:
        """Consequence and remedy in one sentence."""
        return "; ".join(part for part in (self.consequence, self.fix) if part)

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one server. `apply` is for an administrator: `kubernetes` YAML, `postgres` SQL."""

    checks: tuple[Check, ...]
    apply: dict[str, str] = field(default_factory=dict)
    reached: bool = True


def unreachable(area: str, error: YunzuError) -> Check:
    """The line of a server that cannot be examined: it does not answer, or does not let us in."""
    return Check(area, "reachable", "red", str(error), "nothing else of it could be examined", error.advice)


def unreadable(area: str, name: str, error: YunzuError, consequence: str) -> Check:
    """The line of a fact that our identity may not see, or that the server does not tell."""
    return Check(
        area, name, "amber", f"unknown: {error.fact}", consequence, "run preflight as its administrator"
    )


def clock(area: str, offset: float | None) -> Check:
    """`offset`: the server's clock minus ours, in seconds; None where it is not told."""
    consequence = "certificates, signed requests and leases are judged by it"
    if offset is None:
        return Check(
            area, "clock", "amber", "the server does not tell its time", consequence, "compare by hand"
        )
    fact = f"{abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} this machine"
    if abs(offset) > _CLOCK_RED_SECONDS:
        return Check(area, "clock", "red", fact, "logins and signed requests are refused", "run NTP on both")
    if abs(offset) > _CLOCK_AMBER_SECONDS:
        return Check(area, "clock", "amber", fact, consequence, "run NTP on both")
    return Check(area, "clock", "green", fact)
