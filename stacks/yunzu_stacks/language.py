"""Run a Python callable as a Pulumi program for a CLI started with `--client`.

This is the one module that uses `pulumi.automation._server.LanguageServer`, a private class of the SDK
(pinned; `tests/stacks/test_engine_language.py` checks the shape relied on). The SDK's public way,
`Stack.up`, would start three more CLI processes for each run. `Run` is our own, because the SDK's turns
what the program raises into the text of a traceback, and leaves its event loop and threads behind when
the CLI dies.
"""

import asyncio
import contextvars
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pulumi
from pulumi.automation._server import LanguageServer
from pulumi.errors import RunError
from pulumi.runtime import reset_options, run_in_stack
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from yunzu.providers.loopback import served

Program = Callable[[], None]

_THREADS = 32  # each registration under way occupies one


class ServedProgram(LanguageServer):
    """A program on a port, and what it raised."""

    def __init__(self, program: Program) -> None:
        super().__init__(self._run_program)
        self._wanted = program
        self.port = 0
        self.error: Exception | None = None

    def Run(self, request: Any, context: Any) -> Any:  # noqa: ARG002 - gRPC's signature
        return contextvars.copy_context().run(self._run, request)

    def _run(self, request: Any) -> Any:
        reset_options(
            project=request.project,
            monitor_address=request.monitor_address,
            engine_address=request.args[0] if request.args else "",
            stack=request.stack,
            parallel=request.parallel,
            preview=request.dryRun,
            organization=request.organization or "organization",
        )
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_stop_when_engine_is_gone)
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="program"))
        try:
            loop.run_until_complete(run_in_stack(self.program))
        except RunError as error:
            return language_pb2.RunResponse(error=str(error))
        except grpc.RpcError:
            return language_pb2.RunResponse(error="the engine is gone")
        except Exception as error:
            return language_pb2.RunResponse(error=f"{type(error).__name__}: {error}")
        finally:
            _close(loop)
        return language_pb2.RunResponse()

    def _run_program(self) -> None:
        try:
            self._wanted()
        except Exception as error:
            self.error = error  # the caller wants the exception, not its text
            raise


def _stop_when_engine_is_gone(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The end of a step that nobody awaits any more; only the engine's own end matters."""
    if isinstance(context.get("exception"), grpc.RpcError):
        loop.stop()  # makes `run_until_complete` raise RuntimeError


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what the program left running, then the loop. Its threads end when the engine hangs up."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
    loop.close()


def importing(program: Program, identifiers: Mapping[tuple[str, str], str]) -> Program:
    """The program, with these resources (by type and name) taken over instead of created."""

    def give_identifier(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        found = identifiers.get((args.type_, args.name))
        given = pulumi.ResourceOptions(import_=found)
        return pulumi.ResourceTransformationResult(
            args.props, pulumi.ResourceOptions.merge(args.opts, given) if found else args.opts
        )

    def declare() -> None:
        pulumi.runtime.register_stack_transformation(give_identifier)
        program()

    return declare


def nothing() -> None:
    """The program of runs that need none."""


@contextmanager
def served_program(program: Program) -> Iterator[ServedProgram]:
    """Serve the program while the context lasts, for one CLI process."""
    ours = ServedProgram(program)
    with served(
        lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(ours, server),
        name="the program",
    ) as port:
        ours.port = port
        yield ours
