"""How runs and environments are shown: a bar, tables that fit 80 columns, what was taken down."""

import json
import os
import pty
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.command import EXECUTABLE, Command
from tests.support.tenants import Tenants
from yunzu.services import environments
from yunzu.services.environments import UNBORN_UID, derive
from yunzu_cli import show_environments
from yunzu_stacks.environment import resource_count


def test_the_number_of_steps_is_the_number_of_resources(tenants: Tenants, applied: str) -> None:
    blueprint = derive(applied, UNBORN_UID, catalogue=tenants.catalogue, centre=tenants.centre)
    assert resource_count(blueprint) == tenants.apply(applied).changes.same


def _on_a_terminal(yunzu: Command, *arguments: str) -> str:
    """What a terminal of 80 columns is sent."""
    reader, writer = pty.openpty()
    with subprocess.Popen(
        [str(EXECUTABLE), *arguments],
        stdout=writer,
        stderr=writer,
        env=yunzu.environment(TERM="xterm", LINES="30"),
    ) as process:
        os.close(writer)
        sent = b""
        while True:
            try:
                sent += os.read(reader, 65536)
            except OSError:  # the other end is closed
                break
    os.close(reader)
    assert process.returncode == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", sent.decode())  # colours
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", plain)


def test_a_terminal_shows_a_bar_with_the_count(yunzu: Command, applied: str) -> None:
    shown = _on_a_terminal(yunzu, "env", "apply", applied)
    assert re.search(rf"apply {applied} +\S+ +\d+/\d+ ", shown.replace("\n", ""))
    assert "ResourceEvent" not in shown
    assert "Diagnostic" not in shown
    assert shown.rstrip().splitlines()[-1].startswith(f"{applied}: no change in ")


def test_a_suspended_environment_is_shown_as_one(yunzu: Command, tenants: Tenants) -> None:
    identifier = tenants.one()
    tenants.apply(identifier)
    assert yunzu("env", "show", identifier, "--json").items[0]["suspended_at"] is None
    environments.suspend(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    [item] = yunzu("env", "show", identifier, "--json").items
    assert item["state"] == "suspended"
    since = datetime.fromisoformat(item["suspended_at"])
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=5)
    shown = yunzu("env", "show", identifier).out
    assert "suspended (logins off, nothing runs" in shown
    assert f"since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" in shown
    [row] = [line for line in yunzu("env", "list").out.splitlines() if identifier in line]
    assert "suspended" in row
    verified = yunzu("env", "verify", identifier)
    assert (verified.code, "logs in while suspended: refused" in verified.out) == (0, True)
    environments.resume(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert yunzu("env", "show", identifier, "--json").items[0]["state"] == "active"


def test_tables_fit_a_terminal(yunzu: Command, applied: str) -> None:
    shown = _on_a_terminal(yunzu, "env", "list")
    header, *rows = [line for line in re.split(r"[\r\n]+", shown) if line.strip()]
    assert header.split() == ["ENVIRONMENT", "STATE", "PLAN", "DATABASES", "BUCKETS", "LEASE", "UNTIL"]
    assert max(map(len, [header, *rows])) <= 80
    assert any(row.startswith(applied) and "active" in row for row in rows)


def test_piped_tables_have_a_line_a_row(yunzu: Command, applied: str) -> None:
    listed = yunzu.run("env", "list")
    assert len(listed.out.splitlines()) >= 2
    assert all(len(line.split()) >= 6 for line in listed.out.splitlines())


def test_an_environment_is_shown_with_its_names(yunzu: Command, applied: str) -> None:
    out = yunzu("env", "show", applied).out
    for what in (
        applied,
        applied.replace("/", "--"),
        "active",
        "2026-11-01 to 2027-10-31",
        "owner: the centre",
    ):
        assert what in out
    assert "retained" not in out


def test_a_centre_without_environments_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show_environments.environments({"items": []}, json=False)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "`yunzu onboard DEPT_DIR`" in captured.err
    show_environments.environments({"items": []}, json=True)
    assert json.loads(capsys.readouterr().out) == {"items": []}
