"""How the contents of a request look side by side: approved before, asked for, corrected, decided."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_line, print_table

if TYPE_CHECKING:
    from yunzu.model.answers.requests import RequestAnswer

_NOT_SAID = "—"


def contents(one: "RequestAnswer") -> None:
    """What differs between them, a line each; nothing where there is but one, or all say the same."""
    versions = list(_versions(one))
    values = [dict(_leaves(content)) for _, content in versions]
    paths = dict.fromkeys(path for each in values for path in each)
    rows = [(path, *(each.get(path, _NOT_SAID) for each in values)) for path in paths]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    if differing:
        print_line("")
        print_table(("CONTENT", *(name for name, _ in versions)), differing)


def _versions(one: "RequestAnswer") -> Iterator[tuple[str, Any]]:
    if one.original is not None:
        yield "APPROVED BEFORE 原批准", one.original
    replaced = [move.detail["replaced"] for move in one.moves if "replaced" in move.detail]
    for content in replaced:
        yield "RETURNED 补正前", content
    yield ("ASKED FOR 申请", one.requested) if one.decided is None else ("DECIDED 批准", one.decided)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each value with its path: `lease.until`, `people[0].account`."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, str(value)
