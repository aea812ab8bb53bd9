"""The funnel: what ends a command, with which code, and what `--debug` adds."""

from pathlib import Path

import pytest

from tests.support.command import Command
from yunzu_cli import manifests


def test_debug_shows_the_traceback_and_keeps_the_code(offline: Command) -> None:
    plain, debug = offline("env", "list"), offline("--debug", "env", "list")
    assert (plain.code, debug.code) == (5, 5)
    assert "Traceback (most recent call last)" in debug.err
    assert "UnreachableError" in debug.err
    assert debug.err.splitlines()[-1] == plain.err.rstrip("\n")


def test_a_bug_keeps_its_traceback(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(manifests, "settings", broken)
    with pytest.raises(ZeroDivisionError):
        offline("validate")


def test_what_the_disk_refuses_is_a_sentence(offline: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = offline("schema", "--into", tmp_path / "file" / "schemas")
    assert (ended.code, ended.err) == (1, f"error: {tmp_path}/file/schemas: not a directory\n")


def test_version(offline: Command) -> None:
    from importlib.metadata import version

    assert offline("--version").out == version("yunzu") + "\n"


def test_a_reader_that_has_gone_is_no_fault(offline: Command) -> None:
    with offline.process("schema") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert "Traceback" not in said
