"""Which setting wins: the file `yunzu.toml`, then the environment, then flags, in growing weight."""

from pathlib import Path

import pytest

from yunzu.embedded import given
from yunzu.embedded.home import Home
from yunzu.errors import UsageError
from yunzu.settings import Settings
from yunzu_cli.options import settings

FILE = 'home = "of-file"\ntenants = "of-file"\nplans = "of-file"\nservice_address = "127.0.0.9"\n'


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is run, with no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"YUNZU_{name.upper()}", raising=False)
    return tmp_path


def test_without_any_the_defaults_count(directory: Path) -> None:
    assert (settings().home, settings().service_address) == (Path(".yunzu"), "127.0.0.1")


def test_each_source_outweighs_those_before_it(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "yunzu.toml").write_text(FILE)
    assert settings().home == Path("of-file")
    for name in ("YUNZU_HOME", "YUNZU_TENANTS"):
        monkeypatch.setenv(name, "of-environment")

    chosen = settings(home=Path("of-flag"))

    assert chosen.home == Path("of-flag")
    assert chosen.tenants == Path("of-environment")
    assert chosen.plans == Path("of-file")
    assert chosen.service_address == "127.0.0.9"
    assert chosen.s3_driver == "minio"


def test_a_zone_is_one_that_there_is_and_is_kept_for_the_centres_own_processes(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings().zone.key == "Asia/Shanghai"
    monkeypatch.setenv("YUNZU_ZONE", "Asia/Urumqi")
    given.write(Home(directory), settings(home=directory))
    monkeypatch.delenv("YUNZU_ZONE")
    assert given.read(directory).zone.key == "Asia/Urumqi"
    for wrong in ("Asia/Peking", "../etc/passwd", "", "+08:00"):
        monkeypatch.setenv("YUNZU_ZONE", wrong)
        with pytest.raises(UsageError, match="zone invalid timezone"):
            settings()


def test_an_environment_that_is_wrong_is_told_though_a_flag_outweighs_the_rest(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "yunzu.toml").write_text(FILE)
    monkeypatch.setenv("YUNZU_NODES", "many")
    with pytest.raises(UsageError, match="nodes should be 'kwok' or 'none'"):
        settings(home=Path("of-flag"))
