"""Building the server binaries, shown on a tiny Go module through the same code."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import greeter
from yunzu.embedded import tools
from yunzu.embedded.tool_catalogue import Catalogue
from yunzu.embedded.tools import Step
from yunzu.errors import UnreachableError, YunzuError
from yunzu.settings import Settings

_GO = shutil.which("go")
pytestmark = pytest.mark.skipif(_GO is None, reason="Go is not on PATH")

_IN_ANOTHER_PROCESS = """
import os, signal, sys
from pathlib import Path
from tests.support.greeter import GREETER
from yunzu.embedded import tools
from yunzu.embedded.tool_catalogue import Catalogue
from yunzu.settings import Settings

def show(step):
    print(step.doing, file=sys.stderr, flush=True)
    if sys.argv[2] == "die" and step.done:
        os.kill(os.getpid(), signal.SIGKILL)
    if step.doing.startswith("waiting"):
        Path(sys.argv[2]).touch()

[tool] = tools.build(["greeter"], settings=Settings(), progress=show,
                     catalogue=Catalogue(Path(sys.argv[1]), (GREETER,)))
print(tool.path)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Go's own cache would follow XDG_CACHE_HOME and compile the standard library for each test.
    gocache = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("GOCACHE", gocache.strip())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "yunzu" / "tools"


@pytest.fixture
def catalogue(tmp_path: Path, cache: Path) -> Catalogue:
    return greeter.lay_out(tmp_path / "tools")


@pytest.fixture
def go_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go on PATH that notes each build; the notes."""
    notes = tmp_path / "go-calls"
    notes.touch()
    greeter.script(tmp_path / "bin" / "go", f'[ "$1" = build ] && echo build >>{notes}\n{_real_go()}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return notes


def _real_go() -> str:
    return f'exec {_GO} "$@"'


def entries(cache: Path) -> list[Path]:
    return [path for path in cache.glob("*") if not path.name.startswith(".")]


def build(catalogue: Catalogue) -> tuple[tools.Tool, list[Step]]:
    steps: list[Step] = []
    [tool] = tools.build(["greeter"], settings=Settings(), progress=steps.append, catalogue=catalogue)
    return tool, steps


def said(path: Path) -> str:
    return subprocess.run([path], capture_output=True, text=True, check=True).stderr.strip()


def elsewhere(catalogue: Catalogue, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _IN_ANOTHER_PROCESS, str(catalogue.directory), then],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_builds_the_pinned_tool_and_shows_each_package(catalogue: Catalogue, cache: Path) -> None:
    tool, steps = build(catalogue)

    assert (tool.name, tool.version, tool.origin) == ("greeter", greeter.VERSION, "built")
    assert said(tool.path) == "hello"
    assert entries(cache) == [tool.path.parent]
    compiling = [step for step in steps if step.total]
    assert [step.done for step in compiling] == sorted(step.done for step in compiling)
    assert {"example.test/greeter/words", "example.test/greeter/cmd/hello"} <= {s.doing for s in compiling}
    assert compiling[-1].done == compiling[-1].total > 2
    assert tools.find("greeter", Settings(), catalogue=catalogue) == tool


def test_second_build_compiles_nothing(catalogue: Catalogue, go_calls: Path) -> None:
    first, _ = build(catalogue)
    second, steps = build(catalogue)

    assert second == first
    assert steps == []
    assert go_calls.read_text().split() == ["build"]


def test_other_pins_are_another_entry(catalogue: Catalogue) -> None:
    first, _ = build(catalogue)
    go_mod = catalogue.directory / "greeter" / "go.mod"
    go_mod.write_text(go_mod.read_text().replace(greeter.VERSION, "1.2.4"))

    with pytest.raises(UnreachableError):
        tools.find("greeter", Settings(), catalogue=catalogue)
    second, _ = build(catalogue)
    assert (second.version, second.path != first.path) == ("1.2.4", True)


def test_two_builds_at_once_do_the_work_once(
    catalogue: Catalogue, cache: Path, go_calls: Path, tmp_path: Path
) -> None:
    waiting = tmp_path / "waiting"  # the first compiles only when the second has met its lock
    hold = f"for _ in $(seq 300); do [ -e {waiting} ] && break; sleep 0.1; done"
    note = f'if [ "$1" = build ]; then echo build >>{go_calls}; {hold}; fi'
    greeter.script(tmp_path / "bin" / "go", f"{note}\n{_real_go()}")
    both = [elsewhere(catalogue, str(waiting)) for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], answers
    assert {stdout.strip() for stdout, _ in answers} == {str(entries(cache)[0] / "greeter")}
    assert go_calls.read_text().split() == ["build"]
    assert sum("waiting for another build" in stderr for _, stderr in answers) == 1


def test_killed_half_way_leaves_no_entry_and_the_next_build_succeeds(
    catalogue: Catalogue, cache: Path
) -> None:
    process = elsewhere(catalogue, "die")
    process.communicate(timeout=120)

    assert process.returncode == -signal.SIGKILL
    assert entries(cache) == []
    with pytest.raises(UnreachableError):
        tools.find("greeter", Settings(), catalogue=catalogue)
    tool, _ = build(catalogue)
    assert said(tool.path) == "hello"


def test_what_a_dead_build_left_is_cleared_away(catalogue: Catalogue, cache: Path) -> None:
    tool, _ = build(catalogue)
    left = cache / f".{tool.path.parent.name}.new-dead"
    left.mkdir()
    shutil.rmtree(tool.path.parent)

    build(catalogue)

    assert not left.exists()


def test_failed_build_says_what_go_said_and_leaves_nothing(catalogue: Catalogue, cache: Path) -> None:
    source = catalogue.directory / "greeter" / "source" / "words" / "words.go"
    source.write_text("package words\n\nconst Greeting = nonsense\n")

    with pytest.raises(YunzuError, match="undefined: nonsense") as failed:
        build(catalogue)

    assert failed.value.exit_code == 1
    assert entries(cache) == []
    assert list(cache.glob("*.new-*")) == []


def test_what_was_built_stays_usable_without_go(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool, _ = build(catalogue)
    monkeypatch.setenv("PATH", "/nowhere")

    assert tools.find("greeter", Settings(), catalogue=catalogue) == tool
    assert build(catalogue) == (tool, [])


def test_a_cache_that_cannot_be_written_is_a_sentence(catalogue: Catalogue, cache: Path) -> None:
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("a file where the directory should be")

    with pytest.raises(YunzuError, match="XDG_CACHE_HOME"):
        build(catalogue)
