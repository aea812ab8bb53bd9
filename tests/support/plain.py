"""Runs `stacks/__main__.py` as a plain Pulumi does, in a process of its own, under Pulumi's test runtime.

`python -m tests.support.plain STACK` prints what that stack's program registers, as JSON.
"""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime import test as run_as_program

REPOSITORY = Path(__file__).parents[2]
STACK_TYPE = "pulumi:pulumi:Stack"


class _Echo(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:
        raise AssertionError(f"the program made the call {args.token}")


class _Monitor(mocks.MockMonitor):
    """Keeps every registration; URNs by the engine's rule, which leaves the stack's own type out."""

    def __init__(self, stack: str) -> None:
        super().__init__(_Echo())
        self._stack = stack
        self.declared: dict[str, Any] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        # The SDK asks a context variable for the stack, which the server's threads do not have.
        if type_ == STACK_TYPE:
            name = f"yunzu-{self._stack}"
        above = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if above == STACK_TYPE else f"{above}${type_}"
        return f"urn:pulumi:{self._stack}::yunzu::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != STACK_TYPE:
            self.declared[response.urn] = {
                "inputs": json_format.MessageToDict(request.object),
                "parent": request.parent,
                "dependencies": sorted(request.dependencies),
                "deleted_with": request.deletedWith,
                "retained": request.retainOnDelete,
            }
        return response


def declared_by_main(stack: str, directory: Path = REPOSITORY / "stacks") -> dict[str, Any]:
    """URN -> inputs, parent, dependencies, deleted_with, retained. The environment is inherited.

    The program is started in `directory`; Pulumi starts it in its own.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.plain", stack],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _run_main(stack: str) -> dict[str, Any]:
    monitor = _Monitor(stack)
    mocks.set_mocks(monitor.mocks, project="yunzu", stack=stack, preview=False, monitor=monitor)

    @run_as_program
    def run() -> None:
        runpy.run_path(str(REPOSITORY / "stacks"), run_name="__main__")

    run()
    return monitor.declared


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run_main(sys.argv[1])))
