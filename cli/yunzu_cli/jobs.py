"""Have workers do something now, and wait for what comes of it."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from yunzu_cli import waiting

if TYPE_CHECKING:
    from yunzu.clients.api import Api
    from yunzu.model.answers.common import Answer
    from yunzu.model.answers.jobs import JobAnswer, ProbeAnswer
    from yunzu.model.jobs import Kind
    from yunzu_cli.progress import Show

Understood = TypeVar("Understood", bound="Answer")


def result(
    model: "type[Understood]",
    kind: "Kind",
    environment: str,
    api: "Api",
    *,
    show: "Show | None" = None,
    on_probe: "Callable[[ProbeAnswer], None] | None" = None,
    **words: Any,
) -> "Understood":
    """What comes of a job, as that document; `words` are what else it takes. `on_probe` is called with each
    probe as it is made. Raises as `waiting.wait`."""
    from yunzu.clients.api import path_part, understood
    from yunzu.model.answers.jobs import JobAnswer
    from yunzu.model.answers.problem import error_of
    from yunzu.model.jobs import SEALED
    from yunzu.model.sealing import Reader

    reader = Reader() if kind in SEALED else None
    asked = {"kind": kind, "environment": environment, **words}
    asked |= {"recipient": reader.public} if reader else {}
    last = understood(JobAnswer, api.post("/jobs", asked))
    told = 0

    def look() -> waiting.Seen:
        nonlocal last, told
        last = understood(JobAnswer, api.get(f"/jobs/{path_part(last.id)}"))
        for probe in last.found[told:]:
            if on_probe:
                on_probe(probe)
        told = len(last.found)
        error = error_of(last.failure) if last.failure else None
        return waiting.Seen(_lives(last), last.attended, last.done, last.total, last.doing, error)

    waiting.wait(f"{kind} {environment}", look, show)
    if reader is None:
        return understood(model, last.result)
    return understood(model, json.loads(reader.open(last.sealed or "", last.id)))


def _lives(job: "JobAnswer") -> bool:
    return job.state in ("queued", "running")
