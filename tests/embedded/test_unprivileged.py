"""PostgreSQL where root runs yunzu: in a user namespace, and as a system user where those are refused."""

import os
import pwd
import signal
from pathlib import Path

import psycopg
import pytest

from tests.support import greeter
from tests.support.centre import only_databases, quiet, temporary_home
from yunzu.embedded import asking, bootstrap, processes, unprivileged
from yunzu.embedded.home import Home
from yunzu.embedded.orphans import orphans
from yunzu.embedded.status import ServerStatus, status
from yunzu.embedded.unprivileged import Runner, find_runner
from yunzu.errors import YunzuError
from yunzu.settings import Settings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user than root needs no other user")
REFUSAL = "echo 'unshare: unshare failed: Operation not permitted' >&2; exit 1"


def refuse(directory: Path, monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    """As in a container that allows neither."""
    for program in programs:
        greeter.script(directory / program, REFUSAL)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")


def databases(settings: Settings) -> list[ServerStatus]:
    found = [one for one in status(settings).servers if one.origin == "embedded"]
    assert [one.name for one in found if one.ok] == ["records", "tenants-1"], found
    return found


def owner_of(process: int | None) -> str:
    return pwd.getpwuid(Path(f"/proc/{process}").stat().st_uid).pw_name


def test_who_is_not_root_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find_runner() == Runner()
    assert find_runner().fact == "not needed: not root"


@as_root
def test_a_user_namespace_is_preferred_and_a_system_user_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = find_runner()
    assert (Path(inside.words[0]).name, inside.user) == ("unshare", "")
    refuse(tmp_path, monkeypatch, "unshare")
    other = find_runner()
    assert Path(other.words[0]).name == "setpriv"
    assert other.user in ("postgres", "nobody")
    assert other.user in other.fact


@as_root
def test_where_neither_is_allowed_both_refusals_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(tmp_path, monkeypatch, "unshare", "setpriv")
    with pytest.raises(YunzuError, match=r"cannot run as root here \(unshare: .*; unshare: .*ordinary user"):
        find_runner()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(YunzuError, match="program unshare is missing; the program setpriv is missing"):
        find_runner()


@as_root
def test_without_user_namespaces_a_system_user_runs_it_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made in namespaces, gone on with as a system user, and back."""
    with temporary_home() as home:
        settings = only_databases(home)
        server = bootstrap.up(settings, progress=quiet).pools["tenants-1"]
        assert {owner_of(one.pid) for one in databases(settings)} == {"root"}
        with psycopg.connect(**asking.login(server)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT '还在' AS word")

        refuse(tmp_path, monkeypatch, "unshare")
        bootstrap.up(settings, progress=quiet)

        user = find_runner().user
        assert {owner_of(one.pid) for one in databases(settings)} == {user}
        assert kept(settings) == "还在"
        kill_supervisor(settings)
        left = [process.pid for process in orphans(Home(home), None)]
        assert {owner_of(pid) for pid in left} == {user}
        bootstrap.up(settings, progress=quiet)
        assert not {one.pid for one in databases(settings)} & set(left)
        assert kept(settings) == "还在"

        monkeypatch.undo()
        bootstrap.up(settings, progress=quiet)
        assert {owner_of(one.pid) for one in databases(settings)} == {"root"}
        assert kept(settings) == "还在"


def kept(settings: Settings) -> str:
    server = bootstrap.connections(settings).pools["tenants-1"]
    with psycopg.connect(**asking.login(server)) as connection:
        (word,) = connection.execute("SELECT word FROM kept").fetchone() or ("",)
        return str(word)


def kill_supervisor(settings: Settings) -> None:
    pid = int((settings.home / "run" / "supervisord.pid").read_text())
    process = processes.found(pid)
    os.kill(pid, signal.SIGKILL)
    while processes.found(pid) == process:
        pass


@as_root
def test_the_first_start_without_user_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(tmp_path, monkeypatch, "unshare")
    monkeypatch.setattr(unprivileged, "_USERS", ("nobody",))  # of a machine that has no PostgreSQL
    with temporary_home() as home:
        settings = only_databases(home)
        bootstrap.up(settings, progress=quiet)
        assert {owner_of(one.pid) for one in databases(settings)} == {"nobody"}
        bootstrap.up(settings, progress=quiet)
        bootstrap.down(settings, progress=quiet)
        assert orphans(Home(home), None) == []


def test_a_process_whose_environment_is_kept_from_root_is_known_by_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root without the right to trace; it cannot be had by taking rights from whoever runs the tests."""
    entry, opened = tmp_path / "77", Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "environ":
            raise PermissionError
        return opened(path)

    entry.mkdir()
    (entry / "stat").write_text("77 (postgres) S 1 " + " ".join(["1"] * 40))
    (entry / "cmdline").write_bytes(b"/usr/bin/postgres\0-D\0/srv/centre/data/records\0")
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert [one.pid for one in processes.marked("HOME_OF", "/srv/centre")] == [77]
    assert processes.marked("HOME_OF", "/srv/cent") == []
