"""Which binary is taken, which is refused, and what is said when there is none."""

import importlib.metadata
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import greeter
from yunzu.embedded import tools
from yunzu.embedded.tool_catalogue import Catalogue, shipped
from yunzu.embedded.tool_versions import said_by, version_of
from yunzu.errors import UnreachableError, UsageError
from yunzu.settings import Settings

HERE = Settings()


@pytest.fixture
def bin_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH; the cache is empty."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return directory


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return greeter.lay_out(tmp_path / "tools")


def unexpected(step: tools.Step) -> None:
    pytest.fail(f"nothing was to be built, and {step} was")


def find(catalogue: Catalogue, settings: Settings = HERE) -> tools.Tool:
    return tools.find("greeter", settings, catalogue=catalogue)


@pytest.mark.parametrize(
    ("name", "version", "suits"),
    [
        ("kubectl", "1.32.4-dispatcher", False),
        ("kube-apiserver", "1.36.9", False),
        ("kube-apiserver", "1.37.0", True),
        ("kube-scheduler", "1.37.11+vendor.1", True),
        ("kube-controller-manager", "2.37.2", False),
        ("etcd", "3.5.21", False),
        ("etcd", "3.6.0", True),
        ("etcd", "3.10.0", True),
        ("pulumi", "3.259.1", False),
        ("pulumi", "3.259.0", True),
        ("pulumi", "3.259.0-alpha.1", False),
        ("minio", "RELEASE.2025-09-07T16-13-09Z", False),
        ("minio", "RELEASE.2026-03-01T00-00-00Z", True),
        ("minio", "0.0.0-20260212201848-7aac2a2c5b7c", True),
        ("kwok", "0.7.9", False),
        ("kwok", "0.10.0", True),
    ],
)
def test_which_versions_will_do(name: str, version: str, suits: bool) -> None:
    catalogue = shipped()
    assert catalogue.suits(catalogue.spec(name), version) is suits


def test_binary_of_another_version_is_refused_by_name(catalogue: Catalogue, bin_on_path: Path) -> None:
    greeter.script(bin_on_path / "greeter", "echo greeter version v1.2.2")

    with pytest.raises(UnreachableError) as missing:
        find(catalogue)

    assert missing.value.exit_code == 5
    assert f"{bin_on_path / 'greeter'} is 1.2.2; needed is 1.2.3 or newer" in str(missing.value)


def test_suitable_binary_on_path_is_taken(catalogue: Catalogue, bin_on_path: Path) -> None:
    mine = greeter.script(bin_on_path / "greeter", "echo greeter version v1.3.0")

    assert find(catalogue) == tools.Tool("greeter", "1.3.0", mine, "path")
    built = tools.build(["greeter"], settings=HERE, progress=unexpected, catalogue=catalogue)
    assert [tool.path for tool in built] == [mine]


def test_bin_dir_comes_before_path_unless_it_does_not_suit(
    catalogue: Catalogue, bin_on_path: Path, tmp_path: Path
) -> None:
    on_path = greeter.script(bin_on_path / "greeter", "echo v1.3.0")
    chosen = greeter.script(tmp_path / "chosen" / "greeter", "echo v1.2.3")
    settings = Settings(bin_dir=tmp_path / "chosen")

    assert find(catalogue, settings).path == chosen
    greeter.script(chosen, "echo v1.0.0 is older")
    assert find(catalogue, settings).path == on_path


def test_binary_that_says_nothing_is_refused(catalogue: Catalogue, bin_on_path: Path) -> None:
    greeter.script(bin_on_path / "greeter", "exit 1")
    with pytest.raises(UnreachableError, match="of unknown version"):
        find(catalogue)


def test_version_is_asked_once_until_the_file_changes(
    catalogue: Catalogue, bin_on_path: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "asked"
    path = greeter.script(bin_on_path / "greeter", f"echo asked >>{notes}; echo v1.2.3")
    for _ in range(3):
        find(catalogue)
    assert notes.read_text().split() == ["asked"]

    greeter.script(path, f"echo asked >>{notes}; echo v1.2.2, older")
    with pytest.raises(UnreachableError):
        find(catalogue)
    assert notes.read_text().split() == ["asked", "asked"]


def test_damaged_memory_of_versions_costs_only_time(
    catalogue: Catalogue, bin_on_path: Path, tmp_path: Path
) -> None:
    greeter.script(bin_on_path / "greeter", "echo v1.2.3")
    for damage in ("{", "[1]", '{"greeter": 3}', "\x00"):
        (tmp_path / "cache" / "yunzu").mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache" / "yunzu" / "versions.json").write_text(damage)
        assert find(catalogue).version == "1.2.3"


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not on PATH")
def test_version_that_go_noted_counts_where_a_binary_does_not_say(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """MinIO built from its module calls itself DEVELOPMENT."""
    module = catalogue.directory / "greeter"
    subprocess.run(["go", "build", "-o", f"{tmp_path}/", "tool"], cwd=module, check=True)
    assert version_of(tmp_path / "hello", greeter.GREETER) == greeter.VERSION


def test_settings_are_not_shown_to_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNZU_DATABASE_URL", "postgresql://admin:hush@db/")
    assert "hush" not in (said_by(["env"]) or "hush")


def test_without_go_the_sentence_says_what_to_install(catalogue: Catalogue, bin_on_path: Path) -> None:
    for attempt in (
        lambda: find(catalogue),
        lambda: tools.build(["greeter"], settings=HERE, progress=unexpected, catalogue=catalogue),
    ):
        with pytest.raises(UnreachableError, match=r"install Go 1\.26 or newer") as missing:
            attempt()
        assert missing.value.exit_code == 5
        assert "YUNZU_BIN_DIR" in str(missing.value)


def test_too_old_go_is_refused(catalogue: Catalogue, bin_on_path: Path) -> None:
    greeter.script(bin_on_path / "go", r"printf 'go1.25.7\nlinux\namd64\n'")
    with pytest.raises(UnreachableError, match=r"1\.25\.7.*install Go 1\.26 or newer"):
        tools.build(["greeter"], settings=HERE, progress=unexpected, catalogue=catalogue)


def test_unknown_tool_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="the tools are etcd"):
        tools.build(["nonsense"], settings=HERE, progress=unexpected)


def test_given_servers_need_no_binaries() -> None:
    assert tools.needed(Settings(kubeconfig=Path("k"), s3_endpoint="https://s3")) == ("pulumi",)
    assert "versitygw" in tools.needed(Settings(s3_driver="versitygw"))
    assert "kwok" not in tools.needed(Settings(nodes="none"))


def test_each_module_builds_the_tools_that_the_catalogue_names() -> None:
    catalogue = shipped()
    for spec in catalogue.specs:
        text = (catalogue.module_directory(spec) / "go.mod").read_text()
        packages = re.findall(
            r"^(?:tool )?\s*(\S+)$", text.partition("tool ")[2].partition("require")[0], re.M
        )
        assert spec.package in {re.sub(r"/v\d+$", "", package).rpartition("/")[2] for package in packages}
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", catalogue.version(spec))


def test_engine_and_its_sdk_are_one_version() -> None:
    catalogue = shipped()
    pulumi = catalogue.version(catalogue.spec("pulumi"))
    assert pulumi == importlib.metadata.version("pulumi")
    assert f"version.Version={pulumi} " in catalogue.linker_flags()
