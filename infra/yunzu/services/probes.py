"""One probe: a door tried, and what happened. Kept apart so that every prover reports the same way."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from yunzu.errors import YunzuError


@dataclass(frozen=True, slots=True)
class Probe:
    """`ok`, how many `seconds` it took, and a sentence of `detail` (always there when it is not ok)."""

    name: str
    ok: bool
    seconds: float
    detail: str = ""


class ProbeFailedError(YunzuError):
    """What a probe expected did not happen."""


def probe(name: str, attempt: Callable[[], str | None]) -> Probe:
    """Run `attempt`; it returns a detail, or raises a YunzuError, which makes the probe red."""
    started = time.monotonic()
    try:
        detail = attempt() or ""
    except YunzuError as error:
        return Probe(name, False, time.monotonic() - started, str(error))
    return Probe(name, True, time.monotonic() - started, detail)


def refused(name: str, attempt: Callable[[], object], *, by: type[YunzuError]) -> Probe:
    """A door that must stay shut: green when `attempt` raises `by`, red when let in or failing otherwise."""

    def must_be_refused() -> str:
        try:
            attempt()
        except by as error:
            return f"refused: {error.fact}"
        raise ProbeFailedError(name, "was let in", "find what was loosened; `yunzu env apply` puts it right")

    return probe(name, must_be_refused)


def failed(probes: Iterator[Probe] | list[Probe]) -> list[Probe]:
    """The red ones."""
    return [one for one in probes if not one.ok]
