"""`stacks/__main__.py`, as a plain Pulumi runs it, declares just what the engine deploys."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine import pulumi_cli, state_rows
from tests.support.language_host import install
from tests.support.plain import STACK_TYPE, declared_by_main
from tests.support.tenants import PLANS, Tenants, tenants_on
from yunzu.model.connections import Connections
from yunzu.records import environments as registry
from yunzu.records.engine_login import engine_login
from yunzu.services import environments, inventory
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demonstration(
    centre: Connections, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Tenants, list[str]]]:
    """Every environment of the repository's own manifests, applied by the engine."""
    directory = tmp_path_factory.mktemp("demo") / "tenants"
    shutil.copytree(REPOSITORY / "tenants", directory)
    with tenants_on(centre, directory, erased=True) as tenants:
        identifiers = sorted(tenants.catalogue.environments)
        for identifier in identifiers:
            tenants.apply(identifier)
        yield tenants, identifiers


def _deployed(state: dict[str, Any]) -> dict[str, Any]:
    resources = state["checkpoint"]["latest"]["resources"]
    return {
        one["urn"]: {
            "inputs": one.get("inputs", {}),
            "parent": one.get("parent", ""),
            "dependencies": sorted(one.get("dependencies", [])),
            "deleted_with": one.get("deletedWith", ""),
            "retained": one.get("retainOnDelete", False),
        }
        for one in resources
        if one["type"] != STACK_TYPE and not one["type"].startswith("pulumi:providers:")
    }


def test_every_demo_environment_is_declared_as_it_is_deployed(
    demonstration: tuple[Tenants, list[str]], centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenants, identifiers = demonstration
    assert len(identifiers) >= 9
    for identifier in identifiers:
        _declared_as_deployed(identifier, tenants, centre, monkeypatch)


def test_a_suspended_environment_is_declared_suspended(
    demonstration: tuple[Tenants, list[str]], centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenants, identifiers = demonstration
    environments.suspend(identifiers[0], catalogue=tenants.catalogue, centre=tenants.centre)
    try:
        _declared_as_deployed(identifiers[0], tenants, centre, monkeypatch)
    finally:
        environments.resume(identifiers[0], catalogue=tenants.catalogue, centre=tenants.centre)


def _declared_as_deployed(
    identifier: str, tenants: Tenants, centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNZU_HOME", str(centre.home))
    monkeypatch.setenv("YUNZU_TENANTS", str(tenants.directory))
    monkeypatch.setenv("YUNZU_PLANS", str(PLANS))
    engine = Engine(centre, tenants.centre.records, providers=[])
    entry = inventory.environment(identifier, tenants.centre.records)
    deployed = _deployed(engine.export(Stack(entry.namespace, entry.uid)))
    declared = declared_by_main(entry.namespace)
    assert declared.keys() == deployed.keys()
    for urn, one in declared.items():
        assert one == deployed[urn], urn


@pytest.fixture(scope="module")
def own(centre: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tenants, str]]:
    """One environment in a project of its own, and the name of its stack."""
    with tenants_on(centre, tmp_path_factory.mktemp("project") / "tenants") as tenants:
        identifier = tenants.one()
        tenants.apply(identifier)
        yield tenants, inventory.environment(identifier, tenants.centre.records).namespace


@pytest.fixture
def project(own: tuple[Tenants, str], centre: Connections) -> Path:
    """Its directory, laid out as this repository is; settings in a file, paths relative to it."""
    directory = own[0].directory.parent
    shutil.copy(REPOSITORY / "Pulumi.yaml", directory)
    shutil.copytree(REPOSITORY / "centre", directory / "centre", dirs_exist_ok=True)
    (directory / "stacks").mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "stacks" / "__main__.py", directory / "stacks")
    (directory / "yunzu.toml").write_text(f'home = "{centre.home}"\n')
    if not (directory / ".venv").exists():
        (directory / ".venv").symlink_to(sys.prefix)
    return directory


def test_the_program_finds_the_centre_from_where_pulumi_starts_it(
    own: tuple[Tenants, str], project: Path, centre: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenants, stack = own
    for name in [name for name in os.environ if name.startswith("YUNZU_")]:
        monkeypatch.delenv(name)
    declared = [declared_by_main(stack, place) for place in (project, project / "stacks")]
    state = Engine(centre, tenants.centre.records, providers=[]).export(
        Stack(stack, registry.find(tenants.centre.records, *stack.split("--")).uid)
    )
    assert declared[0] == declared[1] == _deployed(state)


@pytest.fixture(params=["stand-in", "distribution"])
def distribution(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """PATH of a Pulumi with its Python language host: ours with one that stands in, and a real one."""
    if request.param == "distribution":
        if not (shutil.which("pulumi-language-python") and shutil.which("pulumi")):
            pytest.skip("no full Pulumi distribution (with its Python language host) is on PATH")
        return os.environ["PATH"]
    install(tmp_path)
    return os.pathsep.join([str(tmp_path), str(pulumi_cli().parent), os.environ["PATH"]])


def plain(project: Path, *command: str, path: str) -> subprocess.CompletedProcess[str]:
    """What an operator runs in the project's directory, with nothing of Pulumi's in the environment."""
    foreign = ("PULUMI_", "PG", "YUNZU_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    environment |= {"PATH": path, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)])}
    return subprocess.run(
        [sys.executable, "-m", "yunzu_stacks.plain", *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plain_pulumi_previews_what_there_is_and_is_refused_a_change(
    own: tuple[Tenants, str], project: Path, centre: Connections, distribution: str
) -> None:
    tenants, stack = own
    preview = ["pulumi", "preview", "--stack", stack, "--non-interactive"]
    done = plain(project, *preview, "--expect-no-changes", path=distribution)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " unchanged" in done.stdout

    tenants.centre.cluster.delete("v1", "LimitRange", "plan", stack)
    done = plain(project, *preview, "--refresh", path=distribution)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 to create" in done.stdout

    before = state_rows(centre.records)
    up = ["pulumi", "up", "--yes", "--skip-preview", "--refresh", "--stack", stack, "--non-interactive"]
    done = plain(project, *up, path=distribution)
    assert done.returncode != 0
    assert "fenced" in done.stdout + done.stderr
    assert state_rows(centre.records) == before
    assert tenants.centre.cluster.list("v1", "LimitRange", stack) == []


def test_the_login_is_lent_in_memory_alone(
    own: tuple[Tenants, str], project: Path, centre: Connections
) -> None:
    login = engine_login(centre.records, centre=centre.centre, identity_key=centre.identity_key)
    password = login.password.get_secret_value()
    told = plain(project, "sh", "-c", "cat /proc/$$/environ /proc/$$/cmdline", path=os.environ["PATH"])
    assert (told.returncode, told.stderr) == (0, "")
    assert "PGPASSFILE" in told.stdout
    assert password not in told.stdout
    file = plain(project, "sh", "-c", 'stat -Lc %a "$PGPASSFILE"; cat "$PGPASSFILE"', path=os.environ["PATH"])
    assert file.stdout.startswith("600\n")
    assert f":{login.user}:{password}\n" in file.stdout
    kept = [path for path in (centre.home / "pulumi").rglob("*") if path.is_file()]
    assert not [path for path in kept if password.encode() in path.read_bytes()]


def test_what_cannot_be_lent_is_said_in_a_sentence(project: Path, tmp_path: Path) -> None:
    for command, code, said in (((), 2, "no command"), (("no-such-pulumi",), 5, "cannot be started")):
        done = plain(project, *command, path=os.environ["PATH"])
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith("error: ")
        assert said in done.stderr
    (project / "yunzu.toml").write_text(f'home = "{tmp_path / "none"}"\n')
    assert plain(project, "true", path=os.environ["PATH"]).returncode == 5
