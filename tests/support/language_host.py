"""Stands in for `pulumi-language-python`, which no package registry has: as Pulumi starts it, it prints its
port, and for each Run starts the program in a process of its own, in the directory that Pulumi says.

The real host takes the interpreter of Pulumi.yaml's virtual environment; this one takes its own.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_EXECUTE = """
import asyncio, json, runpy, sys
from pulumi.runtime import reset_options, run_in_stack
options = json.loads(sys.argv[1])
program = sys.argv.pop(2)
reset_options(**options)
asyncio.new_event_loop().run_until_complete(
    run_in_stack(lambda: runpy.run_path(program, run_name="__main__"))
)
"""


class Host(LanguageServer):
    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine = engine

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: ARG002 - gRPC's signature
        """What the real host finds among the installed packages: the SDK that names a provider."""
        sdk = {"name": "kubernetes", "kind": "resource", "version": f"v{version('pulumi-kubernetes')}"}
        return language_pb2.GetRequiredPackagesResponse(packages=[plugin_pb2.PackageDependency(**sdk)])

    def Run(self, request: Any, context: Any) -> Any:  # noqa: ARG002 - gRPC's signature
        options = {
            "project": request.project,
            "stack": request.stack,
            "monitor_address": request.monitor_address,
            "engine_address": self._engine,
            "parallel": request.parallel,
            "preview": request.dryRun,
            "organization": request.organization,
        }
        program = str(Path(request.info.program_directory) / request.info.entry_point)
        done = subprocess.run(
            [sys.executable, "-c", _EXECUTE, json.dumps(options), program],
            cwd=request.pwd,
            capture_output=True,
            text=True,
            check=False,
        )
        return language_pb2.RunResponse(error=done.stderr if done.returncode else "")


def install(directory: Path) -> None:
    """Put the program into a directory that a test puts on PATH."""
    script = directory / "pulumi-language-python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.support.language_host "$@"\n')
    script.chmod(0o755)


if __name__ == "__main__":
    server = grpc.server(ThreadPoolExecutor(8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # Pulumi ends it so
        server.wait_for_termination()
