"""Only the centre's own matters need its machine: every other command asks the API, and opens no server."""

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer

from yunzu_cli.main import app

OF_THE_MACHINE = {"up", "down", "status", "logs", "doctor", "preflight", "tools list", "tools build", "serve"}
OF_THE_MACHINE |= {"worker", "demo nantong", "env kubeconfig"}  # the last with --admin
OF_FILES = {"validate", "schema", "import estate", "import people", "dept new"}
SERVERS = (
    "yunzu_stacks",
    "yunzu.records",
    "yunzu.embedded",
    "yunzu.clients.kubernetes",
    "yunzu.clients.postgres",
)


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each command's words, and what runs then."""
    for name, command in group.commands.items():
        words = f"{before} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, inspect.unwrap(command.callback)


def imported(function: Any) -> set[str]:
    """Modules that a function imports, and those of its own module that it calls."""
    module = sys.modules[function.__module__]
    tree = ast.parse(inspect.getsource(module))
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    pending, seen, found = [function.__name__], set[str](), set(_modules(top))
    while pending:
        name = pending.pop()
        if name in seen or name not in bodies:
            continue
        seen.add(name)
        nodes = list(ast.walk(bodies[name]))
        found |= set(_modules(nodes))
        pending += [node.id for node in nodes if isinstance(node, ast.Name)]
    return found


def _modules(nodes: list[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def opens_servers(function: Any) -> set[str]:
    return {one for one in imported(function) if one.startswith(SERVERS)}


def test_only_commands_of_the_machine_open_its_servers() -> None:
    every = dict(commands(typer.main.get_command(app)))
    assert every.keys() >= OF_THE_MACHINE | OF_FILES
    asking = {words: one for words, one in every.items() if words not in OF_THE_MACHINE | OF_FILES}
    assert len(asking) > 40
    assert {words: opens_servers(one) for words, one in asking.items() if opens_servers(one)} == {}


def test_the_look_sees_who_opens_them() -> None:
    every = dict(commands(typer.main.get_command(app)))
    assert opens_servers(every["demo nantong"]) >= {"yunzu_stacks.centre"}
    assert opens_servers(every["env kubeconfig"]) >= {"yunzu.embedded.bootstrap"}
