"""The centre's own processes: started last, kept running, stopped first, and begun anew when they changed."""

import os
import signal
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.centre import only_databases, quiet, temporary_home
from yunzu.embedded import beats, bootstrap, foreseeing, given, logs, own, processes
from yunzu.embedded.home import Home
from yunzu.embedded.programs import MARK
from yunzu.embedded.status import ServerStatus, status
from yunzu.embedded.supervision import Supervisor
from yunzu.errors import UnreachableError, YunzuError
from yunzu.records import centre as records_of_centre
from yunzu.settings import Settings

SECRET = "smtp-password-in-no-environment"


@pytest.fixture(scope="module")
def opened() -> Iterator[Settings]:
    """A centre of PostgreSQL servers, whose own processes run."""
    with temporary_home() as home:
        settings = only_databases(home)
        settings = settings.model_copy(update={"smtp_url": SecretStr(f"smtp://a:{SECRET}@127.0.0.1:9")})
        records_of_centre.prepare(bootstrap.up(settings, progress=quiet))
        assert not own.programs(settings, bootstrap.recalled(settings))
        bootstrap.start_own(settings, progress=quiet)
        yield settings


def seen(settings: Settings) -> dict[str, ServerStatus]:
    """The own processes as `status` has them."""
    return {one.name: one for one in status(settings).servers if one.name in own.names()}


def pids(settings: Settings) -> dict[str, int | None]:
    return {name: one.pid for name, one in seen(settings).items()}


def test_they_run_and_are_shown_and_have_a_log(opened: Settings) -> None:
    found = seen(opened)
    assert list(found) == ["worker-delivery", "worker-background", "api"]
    assert all(one.ok and one.pid and one.version for one in found.values()), found
    assert {*found} <= logs.files(opened).keys()
    assert {*found} <= {*foreseeing.up(opened).keep}


def test_they_are_small(opened: Settings) -> None:
    assert all(0 < (one.rss_bytes or 0) < 150e6 for one in seen(opened).values())


def test_nothing_secret_stands_in_their_environment_or_arguments(opened: Settings) -> None:
    assert SECRET in given.path(Home(opened.home)).read_text()
    assert given.path(Home(opened.home)).stat().st_mode & 0o077 == 0
    for pid in pids(opened).values():
        for part in ("environ", "cmdline"):
            assert SECRET not in Path(f"/proc/{pid}/{part}").read_text()


def test_a_killed_one_is_back_within_seconds(opened: Settings) -> None:
    before = pids(opened)["worker-delivery"]
    assert before
    os.kill(before, signal.SIGKILL)
    until = time.monotonic() + 10  # 5 are promised of a machine that does nothing else
    while not ((found := seen(opened)["worker-delivery"]).ok and found.pid != before):
        assert time.monotonic() < until, found
        time.sleep(0.1)


def test_one_that_hangs_is_not_ok(opened: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = pids(opened)["worker-background"]
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        monkeypatch.setattr(beats, "_OLDEST_S", 0.2)
        time.sleep(0.5)
        assert "has not shown itself" in seen(opened)["worker-background"].detail
    finally:
        os.kill(pid, signal.SIGCONT)


def test_up_again_leaves_them_and_a_change_begins_them_anew(
    opened: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pids(opened)
    bootstrap.up(opened, progress=quiet)
    bootstrap.start_own(opened, progress=quiet)
    assert pids(opened) == before

    changed = opened.model_copy(update={"smtp_from": "云租 <yunzu@example.org>"})
    bootstrap.up(changed, progress=quiet)
    assert set(pids(changed).values()) == {None}  # while records are migrated, none of the old ones runs
    bootstrap.start_own(changed, progress=quiet)
    assert all(one.ok for one in seen(changed).values())

    monkeypatch.setattr(own, "_digest", lambda: "of another code")
    bootstrap.up(changed, progress=quiet)
    assert set(pids(changed).values()) == {None}
    bootstrap.start_own(changed, progress=quiet)


def test_what_a_killed_supervisor_leaves_is_ended_before_others_start(opened: Settings) -> None:
    decided = Home(opened.home).read_centre()
    assert decided
    supervisor = Supervisor(Home(opened.home), decided.centre).process()
    before = {pid for pid in pids(opened).values() if pid}
    assert supervisor
    assert len(before) == 3
    os.kill(supervisor.pid, signal.SIGKILL)
    bootstrap.up(opened, progress=quiet)
    assert not {pid for pid in before if processes.found(pid)}
    bootstrap.start_own(opened, progress=quiet)
    assert all(one.ok for one in seen(opened).values())


def test_down_stops_them_first(opened: Settings) -> None:
    bootstrap.down(opened, progress=quiet)
    assert processes.marked(MARK, str(opened.home)) == []
    told = "\n".join(logs.last(Home(opened.home).logs / "supervisord.log", 40))
    stops = [told.rindex(f"stopped: {name}") for name in ("worker-background", "worker-delivery", "records")]
    assert stops == sorted(stops)
    assert not any(one.ok for one in seen(opened).values())


def test_settings_are_kept_whole_and_paths_absolute(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with pytest.raises(UnreachableError, match="never up"):
        given.read(home.root)
    webhook = {"url": "https://example.org/hook", "secret": "whsec_" + b64encode(bytes(32)).decode()}
    settings = Settings(
        home=home.root,
        s3_ca=Path("ca.crt"),
        token=SecretStr("of-a-person"),
        tenants=Path("mine"),
        webhooks={"oa": webhook},
    )
    given.write(home, settings)
    assert "of-a-person" not in given.path(home).read_text()
    others = {"token": None, "tenants": Path("tenants"), "s3_ca": Path("ca.crt").absolute()}
    wanted = settings.model_copy(update=others)
    assert given.read(home.root).model_dump() == wanted.model_dump()
    given.path(home).write_text("{")
    with pytest.raises(YunzuError, match="holds no settings"):
        given.read(home.root)
