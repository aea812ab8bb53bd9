"""`stacks/__main__.py`, as a plain Pulumi runs it, declares just what the engine deploys."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.plain import STACK_TYPE, declared_by_main
from tests.support.tenants import PLANS, Tenants, tenants_on
from yunzu.model.connections import Connections
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
    with tenants_on(centre, directory) as tenants:
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
    entry = inventory.environment(identifier, centre=tenants.centre)
    deployed = _deployed(engine.export(Stack(entry.namespace, entry.uid)))
    declared = declared_by_main(entry.namespace)
    assert declared.keys() == deployed.keys()
    for urn, one in declared.items():
        assert one == deployed[urn], urn


def test_a_plain_pulumi_preview_expects_no_change(
    demonstration: tuple[Tenants, list[str]], centre: Connections
) -> None:
    host = shutil.which("pulumi-language-python")
    pulumi = shutil.which("pulumi")
    if not (host and pulumi):
        pytest.skip("no full Pulumi distribution (with its Python language host) is on PATH")
    tenants, identifiers = demonstration
    entry = inventory.environment(identifiers[0], centre=tenants.centre)
    done = subprocess.run(
        [pulumi, "preview", "--stack", entry.namespace, "--expect-no-changes", "--non-interactive"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
