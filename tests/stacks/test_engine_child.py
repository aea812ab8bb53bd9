"""The CLI never outlives the process that started it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine import wait_for
from yunzu.errors import UnreachableError
from yunzu.records.children import Child, machine, started
from yunzu_stacks.child import run

_PARENT = """
import sys
from pathlib import Path
from yunzu_stacks import child
if sys.argv[1] == "launcher":
    child.shutil.which = lambda *_, **__: None
tell = lambda it: print(it.pid, it.started, flush=True)
child.run(["/bin/sleep", "100"], environment={}, directory=Path("/"), on_start=tell)
"""


@pytest.mark.parametrize("means", ["setpriv", "launcher"])
def test_child_dies_with_a_killed_parent(means: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, means], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, ticks = map(int, parent.stdout.readline().split())
        child = Child(machine(), pid, ticks)
        wait_for(lambda: b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0])
        assert child.alive()
        parent.kill()
        wait_for(lambda: not child.alive(), seconds=5)


def test_output_and_code_come_back(tmp_path: Path) -> None:
    ended = run(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], environment={}, directory=tmp_path)
    assert (ended.code, ended.output, ended.interrupted) == (7, "out\nerr\n", False)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="cannot be started"):
        run(["/bin/true"], environment={}, directory=tmp_path / "none")


def test_a_child_of_another_machine_or_time_is_not_taken_for_ours() -> None:
    with subprocess.Popen(["/bin/sleep", "100"]) as process:
        ticks = started(process.pid)
        assert ticks is not None
        assert not Child("another", process.pid, ticks).alive()
        assert Child(machine(), process.pid, ticks - 1).end()
        assert process.poll() is None
        assert Child(machine(), process.pid, ticks).end()
    assert started(process.pid) is None
