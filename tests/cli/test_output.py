"""What reaches a terminal, whoever wrote it."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from yunzu_cli import output, progress

HOSTILE = "beds\x1b]0;owned\x07\u202e[red]\n\udcff"


def test_table_shows_hostile_text_harmlessly_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("NAME", "部门"), [(HOSTILE, "卫生健康委员会"), ("x" * 300, None)])
    header, hostile, long = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "部门"]
    assert not {"\x1b", "\x07", "\u202e"} & set(hostile)
    assert r"beds\x1b]0;owned\x07\u202e[red]\n\udcff" in hostile
    assert long == "x" * 300


def test_errors_keep_their_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error("first\n  second\x1b[2J")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: first\n  second\\x1b[2J\n")


def test_json_is_one_document_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"name": HOSTILE, "path": Path("/a"), "used": Decimal("1.50"), "部门": "卫生"}
    output.print_json(document)
    assert json.loads(capsys.readouterr().out) == {**document, "path": "/a", "used": "1.50"}


def test_json_refuses_what_has_no_meaning_in_it() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        output.print_json({"x": object()})


def test_progress_without_a_terminal_is_a_line_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown() as shown:
        for count in (1, 2, 3):
            shown.update("etcd", 0, 0, f"downloading modules: {count}, x")
        for done in range(101):
            shown.update("etcd", done, 100, "package")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "etcd: downloading modules: 1, x"
    assert len(lines) == 1 + 11
    assert lines[-1] == "etcd: 100 of 100, package"
