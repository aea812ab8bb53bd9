"""Help: every command explains itself, at once, without touching what is slow to import."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.support.command import Command
from yunzu_cli.main import app


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, (*path, name))


EVERY = list(_commands(typer.main.get_command(app)))


def test_the_commands_of_the_contract_are_there() -> None:
    promised = "status preflight doctor validate onboard demo|nantong import|estate tools|list tools|build"
    promised += " env|list env|show env|plan env|apply env|verify env|where env|kubeconfig env|credentials"
    promised += " env|destroy dept|list dept|show dept|new up down logs schema sla ledger"
    promised += " request|new request|list request|show request|accept request|return request|resubmit"
    promised += " request|refuse request|approve request|deny request|pause request|extend"
    promised += " request|resume request|withdraw request|abandon"
    promised += " request|rate request|deliver request|watch inbox item|list item|show"
    promised += " lease|list lease|confirm lease|tolerate"
    promised += " campaign|renew campaign|show campaign|answer"
    promised += " token|new token|list token|revoke whoami login logout confirm import|people"
    promised += " account|list account|show account|code account|disable account|enable"
    promised += " deputy|new deputy|list deputy|revoke"
    promised += " message|list message|preferences message|set"
    assert {tuple(one.split("|")) for one in promised.split()} <= set(EVERY)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_help(path: tuple[str, ...], offline: Command) -> None:
    ended = offline(*path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: ")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "..." not in ended.out.replace("...\n", "\n", 1).replace("[NAME]...", "").replace("[ARGS]...", "")
    assert offline(*path, "-h").out == ended.out


def test_commands_stand_under_what_they_are_about(offline: Command) -> None:
    lines = offline("--help").out.splitlines()
    headings = ["The centre on this machine:", "Manifests:", "Departments and environments:"]
    headings += ["Requests and accounts:", "Oversight:"]
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == ["Options:", *headings]
    assert any(line.startswith("  preflight ") for line in lines)


_MODULES = """
import sys
from yunzu_cli.main import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    sys.exit(f"exit code {end.code}" if end.code else None)
finally:
    print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
_SERVER_CLIENTS = {"kubernetes", "psycopg", "minio", "pulumi", "grpc", "sqlalchemy", "alembic", "urllib3"}
_SLOW = {"rich", "pydantic", "yaml", "cryptography", "yunzu_stacks", "markdown_it", "pygments"}


def _modules(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", _MODULES, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())


def test_help_imports_nothing_slow() -> None:
    loaded = _modules("--help")
    assert "typer" in loaded
    assert not loaded & (_SERVER_CLIENTS | _SLOW)
    typers_own = {"pydantic"}  # it converts arguments with it
    assert not _modules("env", "apply", "--help") & (_SERVER_CLIENTS | _SLOW - typers_own)


def test_validate_imports_no_client_of_a_server(offline: Command) -> None:
    assert not _modules("validate", str(offline.tenants)) & _SERVER_CLIENTS


def test_wrong_usage_is_2_and_plain(offline: Command) -> None:
    for arguments in (
        ["nothing"],
        ["env", "show"],
        ["env", "list", "--bla"],
        ["env", "destroy", "a/b", "-x"],
    ):
        ended = offline(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "Error: " in ended.err
