"""What happens during a run, as small values for progress displays and for counting.

The CLI streams its engine events as JSON over gRPC (`--event-log tcp://…`); only what somebody needs
is picked from them. Messages of Pulumi pass through as they are: the callers decide who sees them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import events_pb2_grpc

from yunzu.providers.loopback import served

STACK_TYPE = "pulumi:pulumi:Stack"
_PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class ResourceEvent:
    """One resource in one operation; `phase` is `planned`, `begun`, `done` or `failed`."""

    phase: str
    op: str  # same, create, update, replace, delete, refresh, read, …
    type: str
    name: str
    urn: str
    paths: tuple[str, ...] = ()  # what differs

    @property
    def counts(self) -> bool:
        """Whether people think of it as a resource: the stack itself and its providers are not."""
        return self.type != STACK_TYPE and not self.type.startswith(_PROVIDER_PREFIX)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the engine, a provider or the program; severity as Pulumi has it."""

    severity: str  # debug, info, info#err, warning, error
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """How many resources the run is going to bring to their program."""

    total: int


Event = ResourceEvent | Diagnostic | Expected
OnEvent = Callable[[Event], None]

_PHASES = {"resourcePreEvent": "begun", "resOutputsEvent": "done", "resOpFailedEvent": "failed"}


def parse(document: str) -> Event | None:
    """The event in one message of the stream, None for those nobody needs."""
    content: dict[str, Any] = json.loads(document)
    for key, phase in _PHASES.items():
        if key in content:
            return _resource(phase, content[key])
    if "diagnosticEvent" in content:
        event = content["diagnosticEvent"]
        return Diagnostic(
            event.get("severity", "info"), event.get("message", "").strip(), event.get("urn", "")
        )
    return None


def _resource(phase: str, event: dict[str, Any]) -> ResourceEvent | None:
    if event.get("planning"):
        if phase != "begun":
            return None  # a plan has no more to say about it
        phase = "planned"
    metadata = event["metadata"]
    paths = metadata.get("detailedDiff") or metadata.get("diffs") or ()
    return ResourceEvent(
        phase=phase,
        op=metadata["op"],
        type=metadata["type"],
        name=metadata["urn"].rsplit("::", 1)[-1],
        urn=metadata["urn"],
        paths=tuple(sorted(paths)),
    )


class _Receiver(events_pb2_grpc.EventsServicer):
    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event

    def StreamEvents(self, request_iterator: Any, context: Any) -> Any:  # noqa: ARG002 - gRPC's signature
        for request in request_iterator:
            event = parse(request.event)
            if event is not None:
                self._on_event(event)
        return empty_pb2.Empty()


@contextmanager
def received(on_event: OnEvent) -> Iterator[str]:
    """Receive one run's events while the context lasts; yields the value for `--event-log`."""
    with served(
        lambda server: events_pb2_grpc.add_EventsServicer_to_server(_Receiver(on_event), server),
        name="the run's events",
    ) as port:
        yield f"tcp://127.0.0.1:{port}"
