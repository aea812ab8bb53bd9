"""Run a Python callable as a Pulumi program for a CLI started with `--client`.

This is the one module that uses `pulumi.automation._server.LanguageServer`, a private class of the SDK
(pinned; `tests/stacks/test_engine_language.py` checks the shape relied on). The SDK's public way,
`Stack.up`, would start three more CLI processes for each run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

from yunzu_stacks.loopback import served

Program = Callable[[], None]


class ServedProgram:
    """A program on a port, and what it raised."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.port = 0
        self.error: Exception | None = None

    def run(self) -> None:
        # The SDK turns an exception into the text of a traceback; the caller wants the exception.
        try:
            self._program()
        except Exception as error:
            self.error = error
            raise


def nothing() -> None:
    """The program of runs that need none."""


@contextmanager
def served_program(program: Program) -> Iterator[ServedProgram]:
    """Serve the program while the context lasts, for one CLI process."""
    ours = ServedProgram(program)
    language = LanguageServer(ours.run)
    with served(
        lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(language, server)
    ) as port:
        ours.port = port
        yield ours
