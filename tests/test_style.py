"""Our rules that no linter knows: how long a function and a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("infra", "stacks", "cli", "portal", "tests")
MOST_LINES_OF_FILE, MOST_LINES_OF_FUNCTION = 300, 50

SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def too_long(source: str) -> Iterator[str]:
    """Sentences about what of a module is too long."""
    lines = len(source.splitlines())
    if lines > MOST_LINES_OF_FILE:
        yield f"the file has {lines} lines, at most {MOST_LINES_OF_FILE} are allowed"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_FUNCTION:
                yield f"{node.name} has {length} lines, at most {MOST_LINES_OF_FUNCTION} are allowed"


def test_a_long_function_and_a_long_file_are_seen() -> None:
    body = "\n".join(["def long():", *["    1"] * 50])
    assert list(too_long(body)) == ["long has 51 lines, at most 50 are allowed"]
    assert len(list(too_long("1\n" * 301))) == 1


def test_nothing_is_too_long() -> None:
    found = {path: list(too_long(path.read_text("utf-8"))) for path in SOURCES}
    assert {str(path): faults for path, faults in found.items() if faults} == {}
