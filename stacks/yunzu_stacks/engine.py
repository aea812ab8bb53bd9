"""Bring stacks to what their programs say: the real Pulumi CLI, one process for each run.

Stacks are begun by writing the state that `pulumi stack init` would write, and ended by removing it;
so `up` is one CLI process and nothing else. Providers and program run in this process, which means
one run at a time: different stacks run at once in different processes.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import Connections
from yunzu.providers.protocol import Provider
from yunzu.providers.serving import serve
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu_stacks import recovery, state
from yunzu_stacks.child import Ended, run
from yunzu_stacks.events import Diagnostic, Event, OnEvent, ResourceEvent, received
from yunzu_stacks.language import Program, nothing, served_program
from yunzu_stacks.state import Stack
from yunzu_stacks.translation import failure
from yunzu_stacks.workspace import Backend, Workspace

_ONE_RUN = threading.Lock()  # the Python SDK keeps the running program in globals


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
        names = ("create", "update", "replace", "delete", "same")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Step:
    """One planned change: `op` create, update, replace or delete, and the paths that differ."""

    op: str
    type: str
    name: str
    urn: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    steps: tuple[Step, ...]
    changes: Changes


@dataclass(slots=True)
class _Seen:
    """What the events of one run said."""

    on_event: OnEvent | None
    resources: list[ResourceEvent] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, ResourceEvent):
            self.resources.append(event)
        else:
            self.diagnostics.append(event)
        if self.on_event is not None:
            self.on_event(event)


# What a replacement consists of counts once, as `replace`.
_COUNTED = ("create", "update", "replace", "delete", "same")


class Engine:
    """Runs programs against one centre's servers, with the providers given.

    All methods raise the YunzuError of whatever failed: a provider's or the program's own error, or a
    translated one of Pulumi's. After an error or a crash, running again goes on.
    """

    def __init__(self, connections: Connections, records: Records, *, providers: Sequence[Provider]) -> None:
        self._connections = connections
        self._records = records
        self._providers = tuple(providers)
        self._workspace = Workspace(connections)

    def up(
        self,
        stack: Stack,
        program: Program,
        *,
        writer: Writer,
        refresh: bool = True,
        on_event: OnEvent | None = None,
    ) -> Changes:
        """Bring the stack to what the program says; with `refresh`, also what was changed behind our back."""
        self._begin(stack, writer)
        arguments = ["up", "--skip-preview", f"--refresh={str(refresh).lower()}"]
        return self._change(stack, arguments, program, writer, on_event)

    def refresh(self, stack: Stack, *, writer: Writer, on_event: OnEvent | None = None) -> Changes:
        """Bring the state to what the servers hold."""
        self._begin(stack, writer)
        return self._change(stack, ["refresh", "--skip-preview"], nothing, writer, on_event)

    def destroy(
        self,
        stack: Stack,
        *,
        writer: Writer,
        program: Program | None = None,
        on_event: OnEvent | None = None,
    ) -> Changes:
        """Delete all the stack holds, then its state and history; a stack that is not there is no fault.

        A run that was killed may have made things it had no time to enter in the state. With `program`
        they are found first and deleted with the rest.
        """
        checkpoint = state.load(self._records, stack)
        if checkpoint is None:
            return Changes()
        cut_short = bool(checkpoint.pending)
        recovery.settle(self._records, stack, checkpoint, writer)
        if cut_short and program is not None:
            self.up(stack, program, writer=writer, on_event=on_event)
        changes = self._change(stack, ["destroy", "--skip-preview", "--refresh"], nothing, writer, on_event)
        state.remove(self._records, stack, writer)
        return changes

    def preview(self, stack: Stack, program: Program, *, on_event: OnEvent | None = None) -> Plan:
        """What `up` would do. Works on a copy of the state: needs no writer, holds up nobody."""
        checkpoint = state.load(self._records, stack) or state.new_checkpoint(stack.name)
        content = checkpoint.without_pending().as_json()
        begun = time.monotonic()
        self._workspace.prepare()
        with self._workspace.copied_state(stack.name, content) as backend:
            seen = self._run(stack, ["preview", "--refresh"], program, backend, None, on_event)
        steps = tuple(
            Step(event.op, event.type, event.name, event.urn, event.paths)
            for event in seen.resources
            if event.phase == "planned" and event.counts and event.op in _COUNTED and event.op != "same"
        )
        return Plan(steps, _counted(seen.resources, "planned", time.monotonic() - begun))

    def exists(self, stack: Stack) -> bool:
        """Whether the stack was begun and not destroyed."""
        return state.load(self._records, stack) is not None

    def outputs(self, stack: Stack) -> dict[str, Any]:
        """What the program exported at its last run; empty for a stack that is not there."""
        checkpoint = state.load(self._records, stack)
        return {} if checkpoint is None else checkpoint.outputs

    def export(self, stack: Stack) -> dict[str, Any]:
        """The whole state as Pulumi keeps it; empty for a stack that is not there."""
        checkpoint = state.load(self._records, stack)
        return {} if checkpoint is None else checkpoint.document

    def _begin(self, stack: Stack, writer: Writer) -> None:
        if writer.stack != stack.name:
            raise ValueError(f"the writer of {writer.stack} does not write {stack.name}")
        checkpoint = state.load(self._records, stack) or state.create(self._records, stack, writer)
        recovery.settle(self._records, stack, checkpoint, writer)

    def _change(
        self, stack: Stack, arguments: list[str], program: Program, writer: Writer, on_event: OnEvent | None
    ) -> Changes:
        begun = time.monotonic()
        self._workspace.prepare()
        with self._workspace.shared_state(writer.token) as backend:
            seen = self._run(stack, [*arguments, "--yes"], program, backend, writer, on_event)
        state.prune(self._records, stack, writer)
        return _counted(seen.resources, "done", time.monotonic() - begun)

    def _run(
        self,
        stack: Stack,
        arguments: list[str],
        program: Program,
        backend: Backend,
        writer: Writer | None,
        on_event: OnEvent | None,
    ) -> _Seen:
        seen = _Seen(on_event)
        with _ONE_RUN, ExitStack() as servers:
            providers = servers.enter_context(serve(self._providers))
            language = servers.enter_context(served_program(program))
            events = servers.enter_context(received(seen))
            client = [f"--client=127.0.0.1:{language.port}", "--event-log", events]
            common = ["--stack", stack.name, "--non-interactive", "--suppress-outputs", "--color", "never"]
            with _recorded_child(writer) as on_start:
                ended = run(
                    [str(self._cli()), *arguments, *common, *client],
                    environment=self._workspace.environment(backend, providers),
                    directory=self._workspace.project,
                    descriptors=backend.descriptors,
                    on_start=on_start,
                )
        self._raise_failure(stack, ended, language.error, seen)
        return seen

    def _raise_failure(self, stack: Stack, ended: Ended, program: Exception | None, seen: _Seen) -> None:
        if ended.code == 0:
            return
        failures: list[YunzuError] = [error for provider in self._providers for error in provider.failures]
        raise failure(stack.name, ended, program=program, providers=failures, diagnostics=seen.diagnostics)

    def _cli(self) -> Path:
        try:
            return self._connections.tools["pulumi"]
        except KeyError as error:
            raise UnreachableError("the Pulumi CLI", "is not built", "run `yunzu tools build`") from error


@contextmanager
def _recorded_child(writer: Writer | None) -> Iterator[Any]:
    """Tell later writers which CLI works, while it does; a preview's is nobody's business."""
    if writer is None:
        yield None
        return
    yield writer.runs
    writer.ended()


def _counted(events: Sequence[ResourceEvent], phase: str, seconds: float) -> Changes:
    counts = Counter(event.op for event in events if event.phase == phase and event.counts)
    return Changes(**{op: counts[op] for op in _COUNTED}, seconds=round(seconds, 3))
