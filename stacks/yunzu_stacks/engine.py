"""Bring stacks to what their programs say: the real Pulumi CLI, one process for each run.

Stacks are begun by writing the state that `pulumi stack init` would write, and ended by removing it;
so `up` is one CLI process and nothing else. Providers and program run in this process, which means
one run at a time: different stacks run at once in different processes.
"""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yunzu.errors import UnreachableError
from yunzu.model.connections import Connections
from yunzu.providers.protocol import Provider, Urn
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu_stacks import recovery, state
from yunzu_stacks.changes import Changes, Plan, Step, counted, planned
from yunzu_stacks.events import OnEvent
from yunzu_stacks.language import Program, importing, nothing
from yunzu_stacks.running import Run
from yunzu_stacks.state import Stack
from yunzu_stacks.workspace import Workspace

__all__ = ["Changes", "Engine", "OnEvent", "Plan", "Program", "Stack", "Step"]


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
        cut_short = self._begin(stack, writer)
        look = str(refresh or cut_short).lower()  # changes that were begun are in the state as not begun
        return self._change(stack, ["up", "--skip-preview", f"--refresh={look}"], program, writer, on_event)

    def import_(
        self,
        stack: Stack,
        program: Program,
        identifiers: Mapping[tuple[str, str], str],
        *,
        writer: Writer,
        on_event: OnEvent | None = None,
    ) -> Changes:
        """`up` that takes over what exists: `identifiers` by the resource's type and name.

        Where it differs from what the program says, the provider is asked to change it, and may refuse.
        """
        return self.up(stack, importing(program, identifiers), writer=writer, on_event=on_event)

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
        recovery.settle(self._records, stack, checkpoint, writer, self._identify)
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
            run = self._run_of(stack, None, on_event)
            run.execute(["preview", "--refresh"], program, backend)
        checks = {urn: how for provider in self._providers for urn, how in provider.checks.items()}
        return planned(run.resources, checks, time.monotonic() - begun)

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

    def _begin(self, stack: Stack, writer: Writer) -> bool:
        """Make the stack ready for a run; whether the last one was cut short."""
        if writer.stack != stack.name:
            raise ValueError(f"the writer of {writer.stack} does not write {stack.name}")
        checkpoint = state.load(self._records, stack) or state.create(self._records, stack, writer)
        recovery.settle(self._records, stack, checkpoint, writer, self._identify)
        return bool(checkpoint.pending)

    def _identify(self, resource: Mapping[str, Any]) -> str | None:
        package = resource["type"].partition(":")[0]
        provider = next((one for one in self._providers if one.package == package), None)
        if provider is None:
            return None
        return provider.identifier(Urn.parse(resource["urn"]), resource.get("inputs") or {})

    def _change(
        self, stack: Stack, arguments: list[str], program: Program, writer: Writer, on_event: OnEvent | None
    ) -> Changes:
        begun = time.monotonic()
        self._workspace.prepare()
        with self._workspace.shared_state(writer.token) as backend:
            run = self._run_of(stack, writer, on_event)
            run.execute([*arguments, "--yes"], program, backend)
        state.prune(self._records, stack, writer)
        return counted(run.resources, "done", time.monotonic() - begun)

    def _run_of(self, stack: Stack, writer: Writer | None, on_event: OnEvent | None) -> Run:
        return Run(stack.name, self._cli(), self._workspace, self._providers, writer, on_event)

    def _cli(self) -> Path:
        cli = self._connections.tools.get("pulumi")
        if cli is None or not os.access(cli, os.X_OK):
            raise UnreachableError("the Pulumi CLI", "is not built", "run `yunzu tools build`")
        return cli
