"""One run of the Pulumi CLI, with the program, the providers and the events served by this process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from yunzu.errors import FencedError, RefusedError, UnreachableError, YunzuError
from yunzu.providers.protocol import Provider
from yunzu.providers.serving import serve
from yunzu.records.children import Child
from yunzu.records.fencing import Writer
from yunzu_stacks.child import Ended, run
from yunzu_stacks.events import Diagnostic, Event, OnEvent, ResourceEvent, received
from yunzu_stacks.language import Program, served_program
from yunzu_stacks.translation import failure
from yunzu_stacks.workspace import Backend, Workspace

_ONE_RUN = threading.Lock()  # the Python SDK keeps the running program in globals
_WATCH_S = 1.0
_COMMON = ("--non-interactive", "--suppress-outputs", "--color", "never")


@dataclass(slots=True)
class Run:
    """One run: what it is given, and what it said."""

    stack: str
    cli: Path
    workspace: Workspace
    providers: Sequence[Provider]
    writer: Writer | None  # None: it changes nothing
    on_event: OnEvent | None
    resources: list[ResourceEvent] = field(default_factory=list)
    _diagnostics: list[Diagnostic] = field(default_factory=list)
    _child: Child | None = None
    _overtaken: FencedError | None = None

    def execute(self, arguments: Sequence[str], program: Program, backend: Backend) -> None:
        """Run `pulumi` with these arguments to its end. Raises the error of what failed."""
        with _ONE_RUN, ExitStack() as servers:
            providers = servers.enter_context(serve(self.providers))
            language = servers.enter_context(served_program(program))
            events = servers.enter_context(received(self._heard))
            client = [f"--client=127.0.0.1:{language.port}", "--event-log", events]
            with self._recorded(), self._watched():
                ended = run(
                    [str(self.cli), *arguments, "--stack", self.stack, *_COMMON, *client],
                    environment=self.workspace.environment(backend, providers),
                    directory=self.workspace.project,
                    descriptors=backend.descriptors,
                    on_start=self._started,
                )
        if ended.code != 0:
            raise self._failure(ended, language.error)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End the CLI soon after another writer has taken over.

        Everything it does is refused by then, but it would go on for half a minute, trying again to write
        its state.
        """
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=[done], daemon=True)
        if self.writer is not None:
            watcher.start()
        try:
            yield
        finally:
            done.set()

    def _watch(self, done: threading.Event) -> None:
        assert self.writer is not None  # noqa: S101 - only then it is started
        while not done.wait(_WATCH_S):
            try:
                self.writer.check()
            except FencedError as error:
                self._overtaken = error
                if self._child is not None:
                    self._child.end()
                return
            except (RefusedError, UnreachableError):
                continue  # the providers and the CLI will say so, if it lasts

    def _heard(self, event: Event) -> None:
        if isinstance(event, ResourceEvent):
            self.resources.append(event)
        elif isinstance(event, Diagnostic):
            self._diagnostics.append(event)
        if self.on_event is not None:
            self.on_event(event)

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Tell later writers which CLI works for this one, while it does."""
        yield
        if self.writer is not None:
            self.writer.ended()

    def _started(self, child: Child) -> None:
        self._child = child
        if self.writer is not None:
            self.writer.runs(child)

    def _failure(self, ended: Ended, program: Exception | None) -> Exception:
        failures: list[YunzuError] = [error for provider in self.providers for error in provider.failures]
        if self._overtaken is not None:
            failures.append(self._overtaken)
        return failure(self.stack, ended, program=program, providers=failures, diagnostics=self._diagnostics)
