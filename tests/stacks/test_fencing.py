"""Overtaken, killed and stopped runs: nothing of theirs gets through, and the next run goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.support.engine import OtherProcess, Things, child_of, cut_sessions, program, state_rows, wait_for
from tests.support.postgres import administrator
from yunzu.errors import FencedError, RefusedError
from yunzu.model.connections import Connections
from yunzu.records import children
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks import recovery
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack, lock_prefix, stack_key

STACK = Stack("health--beds", "e2345abcdefg")


def blocked(connections: Connections, things: Path, name: str, watch_s: float = 1.0) -> OtherProcess:
    """Another process that is held up in the middle of creating `name`; it looks to be overtaken so often."""
    things.mkdir(exist_ok=True)
    (things / f"block-{name}").touch()
    other = OtherProcess(connections, STACK, things, "a", name, watch_s=watch_s)
    wait_for(lambda: (things / f"{name}.json").exists() and (things / "a.finished").exists())
    wait_for(lambda: "a" in resources(connections))  # the thing is there before the state says so
    return other


def resources(connections: Connections) -> set[str]:
    state = json.loads(state_rows(connections.records)[stack_key(STACK.name)])
    return {entry["urn"].rsplit("::", 1)[-1] for entry in state["checkpoint"]["latest"]["resources"][2:]}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process believe that it runs on another machine than its children do."""
    monkeypatch.setattr(children, "machine", lambda: "another machine")
    monkeypatch.setattr(recovery.socket, "gethostname", lambda: "another")


def test_paused_writer_resumes_and_is_fenced(
    connections: Connections, records: Records, tmp_path: Path, elsewhere: None
) -> None:
    things = tmp_path / "things"
    with blocked(connections, things, "b", watch_s=3600) as other:
        cli = child_of(connections.records, STACK.name)
        os.kill(cli.pid, signal.SIGSTOP)
        cut_sessions(connections.records)
        with hold(records, STACK.name) as writer:
            (things / "block-b").rename(things / "unblock")
            engine = Engine(connections, records, providers=[Things(things, writer)])
            (things / "b.finished").unlink(missing_ok=True)
            engine.up(STACK, program("a", "b", "c", value="v2"), writer=writer)
            after = state_rows(connections.records)
            os.kill(cli.pid, signal.SIGCONT)
            result = other.result()
            assert result["error"] == "FencedError", result
            assert state_rows(connections.records) == after
            assert json.loads((things / "b.json").read_text())["value"] == "v2"
            assert resources(connections) == {"a", "b", "c"}
            assert engine.up(STACK, program("a", "b", "c", value="v2"), writer=writer).same == 3


def test_state_write_of_a_lower_or_missing_token_is_refused(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
        engine.up(STACK, program("a"), writer=writer)
    before = state_rows(connections.records)
    with hold(records, STACK.name) as later, records.connect() as session:
        session.autocommit = True
        statements = [
            "UPDATE pulumi.pulumi_state SET data = '{}' WHERE key = %s",
            "DELETE FROM pulumi.pulumi_state WHERE key = %s",
            "INSERT INTO pulumi.pulumi_state (key, data) VALUES (%s || '.bak', '{}')",
            "UPDATE pulumi.pulumi_state SET key = 'elsewhere' WHERE key = %s",
        ]
        for fence in ("", str(later.token - 1), str(later.token + 1)):
            session.execute("SELECT set_config('yunzu.fence', %s, false)", [fence])
            for statement in statements:
                with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="fenced"):
                    session.execute(statement, [stack_key(STACK.name)])
        session.execute("SELECT set_config('yunzu.fence', %s, false)", [str(later.token)])
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="no stack"):
            session.execute("INSERT INTO pulumi.pulumi_state (key, data) VALUES ('.pulumi/other', '{}')")
    assert state_rows(connections.records) == before


def test_overtaken_cli_on_this_machine_is_ended(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    with blocked(connections, things, "b", watch_s=3600) as other:  # it takes no lock again
        cli = child_of(connections.records, STACK.name)
        os.kill(cli.pid, signal.SIGSTOP)
        cut_sessions(connections.records)
        with hold(records, STACK.name) as writer:
            (things / "block-b").unlink()
            engine = Engine(connections, records, providers=[Things(things, writer)])
            engine.up(STACK, program("a", "b"), writer=writer)
            assert not cli.alive()
            assert "error" in other.result()
            assert resources(connections) == {"a", "b"}


@pytest.mark.parametrize("victim", ["cli", "parent"])
def test_killed_in_the_middle_the_next_run_goes_on(
    connections: Connections, records: Records, tmp_path: Path, victim: str
) -> None:
    things = tmp_path / "things"
    with blocked(connections, things, "b") as other:
        cli = child_of(connections.records, STACK.name)
        if victim == "parent":
            os.kill(cli.pid, signal.SIGSTOP)  # it could not even notice by itself
        os.kill(cli.pid if victim == "cli" else other.process.pid, signal.SIGKILL)
        wait_for(lambda: not cli.alive(), seconds=5)
        (things / "block-b").unlink()
        if victim == "cli":
            result = other.result()
            assert result["error"] == "YunzuError"
            assert "signal 9" in result["text"]
        rows = state_rows(connections.records)
        assert any(key.startswith(lock_prefix(STACK.name)) for key in rows)
        assert json.loads(rows[stack_key(STACK.name)])["checkpoint"]["latest"]["pending_operations"]
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        changes = engine.up(STACK, program("a", "b"), writer=writer)
        assert (changes.create, changes.same) == (0, 2)  # what was begun is found, and is as it should be
        assert engine.up(STACK, program("a", "b"), writer=writer).same == 2
    rows = state_rows(connections.records)
    assert not any(key.startswith(lock_prefix(STACK.name)) for key in rows)
    assert "pending_operations" not in json.loads(rows[stack_key(STACK.name)])["checkpoint"]["latest"]


@pytest.mark.parametrize("made", [True, False])
def test_what_a_killed_run_began_and_the_program_names_no_more_goes(
    connections: Connections, records: Records, tmp_path: Path, made: bool
) -> None:
    things = tmp_path / "things"
    with blocked(connections, things, "b") as other:
        other.process.kill()
        other.process.wait()
        (things / "block-b").unlink()
    if not made:
        (things / "b.json").unlink()
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        changes = engine.up(STACK, program("a", "c"), writer=writer)
        assert (changes.create, changes.same, changes.delete) == (1, 1, int(made))
    assert {file.name for file in things.glob("*.json")} == {"a.json", "c.json"}
    assert resources(connections) == {"a", "c"}


def test_destroy_after_a_killed_run_leaves_nothing(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    with blocked(connections, things, "b") as other:
        other.process.kill()
        other.process.wait()  # else it may still see that it is not held up any more
        (things / "block-b").unlink()
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        engine.destroy(STACK, writer=writer, program=program("a", "b"))
    assert not list(things.glob("*.json"))
    assert list(state_rows(connections.records)) == [".pulumi/meta.yaml"]


def test_lock_of_a_live_process_is_respected(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        with hold(records, STACK.name) as writer:
            _write_lock(connections, writer.token, owner.pid)
        with hold(records, STACK.name) as writer:
            engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
            with pytest.raises(RefusedError, match=f"process {owner.pid}"):
                engine.up(STACK, program("a"), writer=writer)
            assert any(key.startswith(lock_prefix(STACK.name)) for key in state_rows(connections.records))
            owner.communicate(b"\n")
            engine.up(STACK, program("a"), writer=writer)


def _write_lock(connections: Connections, token: int, pid: int) -> None:
    lock = {
        "pid": pid,
        "username": "somebody",
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
    }
    data = json.dumps({"data": b64encode(json.dumps(lock).encode()).decode()})
    with administrator(connections.records, connections.records.database) as admin:
        admin.execute("SELECT set_config('yunzu.fence', %s, false)", [str(token)])
        key = lock_prefix(STACK.name) + "0b8e2f4c.json"
        admin.execute("INSERT INTO pulumi.pulumi_state (key, data) VALUES (%s, %s)", [key, data])


def test_second_writer_is_told_who_holds_the_stack(records: Records) -> None:
    with (
        hold(records, STACK.name),
        pytest.raises(RefusedError, match=f"{socket.gethostname()}, process {os.getpid()}"),
        hold(records, STACK.name, wait_s=0.2),
    ):
        pass
    with hold(records, STACK.name, wait_s=0.2), hold(records, "other--stack", wait_s=0.2):
        pass


def test_intents_are_durable_and_stop_an_overtaken_writer(connections: Connections, records: Records) -> None:
    with hold(records, STACK.name) as first:
        assert not first.intended("role", "r")
        first.intend("role", "r")
        first.intend("role", "r")
        cut_sessions(connections.records)
        first.intend("role", "s")  # nobody took over meanwhile: it goes on
        cut_sessions(connections.records)
        with hold(records, STACK.name) as second:
            assert second.token == first.token + 1
            assert second.intended("role", "r")
            with pytest.raises(FencedError, match="overtaken"):
                first.intend("role", "t")
            assert not second.intended("role", "t")
            second.forget_intents()
            assert not second.intended("role", "r")


def test_an_overtaken_writer_whose_session_lives_is_stopped_too(records: Records) -> None:
    with hold(records, STACK.name) as writer:
        with records.transaction() as connection:
            connection.exec_driver_sql("UPDATE yunzu.fences SET token = token + 1")
        for action in (lambda: writer.intend("role", "r"), writer.check, writer.forget_intents):
            with pytest.raises(FencedError, match=f"overtaken by writer {writer.token + 1}"):
                action()
        assert not writer.intended("role", "r")
