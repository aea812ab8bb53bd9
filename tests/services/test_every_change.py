"""Whoever changes the cloud does so for a request: changing services are found by what they call, not listed.

A function changes when it holds a fence, calls a client that records intents or writes to the cluster, or
calls one in `services` that does. Each that others may call has to be reached from a delivery, and the
command may call none of them itself.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from yunzu.services.requests import delivering, filing

ROOT = Path(__file__).parents[2]
INFRA, SERVICES = ROOT / "infra", ROOT / "infra" / "yunzu" / "services"
DELIVERING = "yunzu.services.requests.delivering"
OFFICE = "yunzu.services.requests."  # who calls it asks, and is no changer

# What belongs to no department's environment, and why no request is asked for.
NOT_OF_REQUESTS = {
    "yunzu.services.preparing": "the centre's own roles and doors, at each `up`",
    "yunzu.services.kubeconfigs": "a person's certificate of an hour; the RoleBinding was approved",
    "yunzu.services.jobs.": "goes back to what a request has approved, whoever has changed it since",
    "yunzu.services.proving_": "tries doors as the tenant; a change that gets through is what it reports",
    "yunzu.services.preflight": "dry runs, and what it makes to try it is gone at its end",
}


# How services call a collaborator -> the files of clients that say what it can do.
COLLABORATORS = {
    "cluster": "kubernetes",
    "client": "kubernetes",
    "object_store": "objectstore",
    "store": "objectstore",
}


@dataclass
class Function:
    """One function and what it calls, by full names as far as imports tell; methods by collaborator."""

    name: str
    calls: set[str] = field(default_factory=set)


def _functions(path: Path, root: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text("utf-8"))
    module = ".".join(path.relative_to(root).with_suffix("").parts)
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    local = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        yield Function(
            f"{module}.{getattr(node, 'name', '<module>')}", set(_named(node, module, known, local))
        )


def _named(node: ast.AST, module: str, known: dict[str, str], local: set[str]) -> Iterator[str]:
    """Every function that is mentioned: it may be called, or handed on to be called."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
            if one.id in known:
                yield known[one.id]
            elif one.id in local:
                yield f"{module}.{one.id}"
        elif isinstance(one, ast.Attribute):
            if isinstance(one.value, ast.Name) and one.value.id in known:
                yield f"{known[one.value.id]}.{one.attr}"
            owner = getattr(one.value, "attr", getattr(one.value, "id", ""))
            yield f"{COLLABORATORS.get(owner, owner)}.{one.attr}"


def _client_writers() -> set[str]:
    """Functions and methods of clients that record intents, or write to the cluster as a field manager."""
    found = {"yunzu.records.fencing.hold"}
    for path in sorted((INFRA / "yunzu" / "clients").glob("*.py")):
        module = ".".join(path.relative_to(INFRA).with_suffix("").parts)
        tree = ast.parse(path.read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
                if names & {"intents", "field_manager"}:
                    owner = path.stem.partition("_")[0]
                    found.add(f"{module if node.name in functions else owner}.{node.name}")
    return found | {"kubernetes.delete"}


@cache
def _all() -> dict[str, Function]:
    paths = sorted(SERVICES.rglob("*.py"))
    found: dict[str, Function] = {}
    for path in paths:
        for one in _functions(path, INFRA):  # a module's statements are one function
            found.setdefault(one.name, Function(one.name)).calls |= one.calls
    return found


def _changing(functions: dict[str, Function]) -> set[str]:
    """Those that change, themselves or through others of the services."""
    found: set[str] = set()
    writers, exempt = _client_writers(), (*NOT_OF_REQUESTS, OFFICE)
    while True:
        more = {
            one.name
            for one in functions.values()
            if one.calls & (writers | found) and one.name not in found and not one.name.startswith(exempt)
        }
        if not more:
            return found
        found |= more


@cache
def _changing_now() -> set[str]:
    return _changing(_all())


def _reached(functions: dict[str, Function], start: set[str]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        for name in functions[todo.pop()].calls & functions.keys() - found:
            found.add(name)
            todo.append(name)
    return found


def _without_item(functions: dict[str, Function]) -> set[str]:
    """Public functions that change and that no delivery reaches."""
    start = {name for name in functions if name.startswith(f"{DELIVERING}.")}
    return {
        name
        for name in _changing(functions) - _reached(functions, start)
        if not name.rpartition(".")[2].startswith(("_", "<"))
    }


def test_every_service_that_changes_something_has_an_item() -> None:
    functions = _all()
    changing = _changing(functions)
    for name in ("environments.apply", "environments.suspend", "removal.destroy", "workloads.end"):
        assert f"yunzu.services.{name}" in changing
    assert "yunzu.services.verification.verify" not in changing
    assert _without_item(functions) == set()
    assert delivering.PERFORMING.keys() | delivering.RECORDED_ONLY == filing.OFFERED


def test_one_without_an_item_is_found() -> None:
    functions = _all()
    stray = Function("yunzu.services.stray.purge", {"yunzu.clients.postgres_databases.drop_database"})
    assert stray.name in _without_item(functions | {stray.name: stray})
    caller = Function("yunzu.services.stray.sweep", {"yunzu.services.stray.purge"})
    assert caller.name in _without_item(functions | {stray.name: stray, caller.name: caller})


@pytest.mark.parametrize("path", sorted((ROOT / "cli").rglob("*.py")), ids=lambda path: path.stem)
def test_the_command_changes_nothing_beside_requests(path: Path) -> None:
    changing = _changing_now()
    called = {name for one in _functions(path, ROOT / "cli") for name in one.calls}
    assert called & changing == set()
