"""`yunzu doctor`: each trouble is named with its remedy."""

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from yunzu.embedded import doctor, plan, ports
from yunzu.embedded.doctor import Check, examine
from yunzu.embedded.home import Home
from yunzu.model.connections import Connections
from yunzu.settings import Settings
from yunzu_cli import doctor as command


def checks(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in examine(settings)}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Go and with nothing built."""
    (tmp_path / "bin").mkdir()
    for program in ("unshare", "true"):
        if found := shutil.which(program):
            (tmp_path / "bin" / program).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command.doctor)
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return result.exit_code, result.stdout


def test_every_fault_comes_with_what_to_do(bare: Path) -> None:
    settings = Settings(home=bare, service_address="192.0.2.1")
    found = checks(settings)
    assert {name for name, check in found.items() if check.level == "fail"} >= {"Go", "ports"}
    assert all(check.advice for check in found.values() if check.level != "ok")


def test_without_go_what_is_missing_cannot_be_built(bare: Path) -> None:
    found = checks(Settings(home=bare))
    assert found["Go"].level == "fail"
    assert "install Go 1.26 or newer" in found["Go"].advice
    assert "kube-apiserver" in found["server binaries"].fact
    assert "yunzu tools build" in found["server binaries"].advice


def test_given_servers_are_not_asked_for(bare: Path) -> None:
    settings = Settings(
        home=bare,
        kubeconfig=bare / "k",
        s3_endpoint="https://s3.invalid",
        database_url="postgresql://d.invalid",
        records_url="postgresql://r.invalid",
    )
    found = checks(settings)
    assert found["server binaries"].fact.startswith("1 of 1 missing: pulumi")
    assert found["PostgreSQL"].fact == "both servers are given by settings"
    assert found["user namespaces"].fact.startswith("not needed: both")


def test_address_of_another_machine_is_found() -> None:
    assert checks(Settings(service_address="192.0.2.1"))["ports"].level == "fail"
    assert checks(Settings(service_address="127.0.0.1"))["ports"].level == "ok"


def test_kept_port_of_a_stopped_centre_that_is_taken_is_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    settings = Settings(home=tmp_path)
    kept = ports.choose("127.0.0.1", plan.ports(settings), {})
    home.mint_centre("127.0.0.1", kept)
    free = checks(settings)["ports"]
    assert (free.level, free.fact) == ("ok", "its own and free ones on 127.0.0.1")

    with socket.create_server(("127.0.0.1", kept["s3"])):
        found = checks(settings)["ports"]

    assert found.level == "fail"
    assert found.fact == f"used by another program: {kept['s3']} (s3)"
    assert f"sport = :{kept['s3']}" in found.advice


def test_ports_of_a_running_centre_are_no_fault(centre: Connections, centre_settings: Settings) -> None:
    found = checks(centre_settings)["ports"]
    assert (found.level, found.fact) == ("ok", "this home's servers listen on theirs")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as another user")
def test_way_in_which_root_runs_postgresql_is_told(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks(Settings(home=bare))["user namespaces"].fact.startswith("PostgreSQL runs in one")
    (bare / "bin" / "unshare").unlink()
    neither = checks(Settings(home=bare))["user namespaces"]
    assert (neither.level, "unshare is missing" in neither.fact) == ("fail", True)
    assert "run yunzu as an ordinary user" in neither.advice

    (bare / "bin" / "setpriv").symlink_to(str(shutil.which("setpriv", path=os.defpath)))
    other = checks(Settings(home=bare))["user namespaces"]
    assert (other.level, "runs as the system user" in other.fact) == ("ok", True)


def test_who_is_not_root_needs_no_user_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert checks(Settings())["user namespaces"].fact == "not needed: not root"


def test_full_disk_and_a_file_as_home_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    assert checks(Settings(home=blocked / "home"))["disk for the centre"].level == "fail"
    monkeypatch.setattr(doctor, "_HOME_BYTES", 2**60)
    full = checks(Settings(home=tmp_path))["disk for the centre"]
    assert (full.level, full.advice.startswith("free ")) == ("fail", True)


def test_command_ends_with_four_and_says_so_in_json(bare: Path) -> None:
    status, printed = run("--json", "--home", str(bare))
    document = json.loads(printed)
    assert (status, document["ok"]) == (4, False)
    assert {"name", "level", "fact", "advice"} == document["items"][0].keys()
    assert {item["level"] for item in document["items"]} <= {"ok", "warn", "fail"}


def test_command_ends_with_zero_where_nothing_stops_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "settings", lambda _home: Settings(home=tmp_path))
    levels = {check.level for check in examine(Settings(home=tmp_path))}
    assert run()[0] == (4 if "fail" in levels else 0)
