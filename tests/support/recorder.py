"""Runs a Pulumi program under Pulumi's own test runtime and records what it registers, as data.

Assertions inside `apply` can pass silently; plain assertions on recorded data cannot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import mocks, test
from pulumi.runtime.sync_await import _ensure_event_loop


@dataclass(frozen=True, slots=True)
class Registered:
    """One registration: type token, name, inputs."""

    type: str
    name: str
    inputs: dict[str, Any]


class _Recorder(mocks.Mocks):
    def __init__(self) -> None:
        self.seen: list[Registered] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.seen.append(Registered(args.typ, args.name, dict(args.inputs)))
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:
        raise AssertionError(f"a program made the call {args.token}")


def declare(program: Callable[[], None], *, stack: str = "test") -> list[Registered]:
    """Everything the program registers. Fails on two of one type and name, which the mocks would accept."""
    recorder = _Recorder()
    _ensure_event_loop()  # a test before may have ended the thread's
    mocks.set_mocks(recorder, project="yunzu", stack=stack, preview=False)

    @test
    def run() -> None:
        program()

    run()
    keys = [(one.type, one.name) for one in recorder.seen]
    assert len(keys) == len(set(keys)), f"registered twice: {sorted(k for k in keys if keys.count(k) > 1)}"
    return recorder.seen


__all__ = ["Registered", "declare", "pulumi"]
