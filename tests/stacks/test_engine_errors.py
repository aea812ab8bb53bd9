"""What goes wrong in a run, and how it is said."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from sqlalchemy import text

from tests.support.engine import Thing, Things, child_of, cut_sessions, program, state_rows
from yunzu.errors import FencedError, InterruptError, RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack, lock_prefix, stack_key
from yunzu_stacks.translation import message

STACK = Stack("health--beds", "e2345abcdefg")


class AlwaysAllowed:
    """Side effects of a provider that never asks."""

    def intend(self, kind: str, name: str) -> None: ...

    def intended(self, kind: str, name: str) -> bool:  # noqa: ARG002
        return False


def run_up(connections: Connections, records: Records, things: Path, declare: Callable[[], Any]) -> None:
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        engine.up(STACK, declare, writer=writer)


def test_a_providers_own_error_comes_back(connections: Connections, records: Records, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        run_up(connections, records, tmp_path / "things", program("a", value="refuse"))
    assert str(caught.value) == "thing a: is not wanted here; choose another value"


def test_a_programs_own_error_comes_back(connections: Connections, records: Records, tmp_path: Path) -> None:
    def broken() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        run_up(connections, records, tmp_path / "things", broken)


def test_two_resources_of_one_name_are_told(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with pytest.raises(YunzuError, match="Duplicate resource URN"):
        run_up(connections, records, tmp_path / "things", program("a", "a"))


def test_a_secret_does_not_enter_the_state(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    def careless() -> None:
        Thing("a", pulumi.Output.secret("swordfish"))

    with pytest.raises(RefusedError, match="secret into the state"):
        run_up(connections, records, tmp_path / "things", careless)
    assert "swordfish" not in repr(state_rows(connections.records))


def test_state_of_another_environment_is_refused(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    run_up(connections, records, tmp_path / "things", program("a"))
    before = state_rows(connections.records)
    reborn = Stack(STACK.name, "e7777777777a")
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
        for action in (
            lambda: engine.up(reborn, program("a"), writer=writer),
            lambda: engine.destroy(reborn, writer=writer),
            lambda: engine.preview(reborn, program("a")),
        ):
            with pytest.raises(RefusedError, match=f"is of environment {STACK.uid}, not of {reborn.uid}"):
                action()
    assert state_rows(connections.records) == before


@pytest.mark.parametrize("damage", ["", "{", "null", "[]", '{"version":3}'])
def test_damaged_state_is_refused_before_anything_changes(
    connections: Connections, records: Records, tmp_path: Path, damage: str
) -> None:
    things = tmp_path / "things"
    run_up(connections, records, things, program("a"))
    with hold(records, STACK.name) as writer:
        with records.transaction() as connection:
            connection.exec_driver_sql(f"SELECT set_config('yunzu.fence', '{writer.token}', true)")
            connection.execute(
                text(
                    "UPDATE pulumi.pulumi_state SET data = json_build_object("
                    "'data', encode(convert_to(:damage, 'UTF8'), 'base64')) WHERE key = :key"
                ),
                {"damage": damage, "key": stack_key(STACK.name)},
            )
        engine = Engine(connections, records, providers=[Things(things, writer)])
        with pytest.raises(YunzuError, match="is damaged"):
            engine.up(STACK, program("b"), writer=writer)
    assert [file.name for file in things.glob("*.json")] == ["a.json"]


def test_ctrl_c_ends_running_steps_and_saves_the_state(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    things.mkdir()
    (things / "block-b").touch()

    def interrupt() -> None:
        child_of(connections.records, STACK.name)
        while not (things / "b.json").exists() or not (things / "a.finished").exists():
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(InterruptError) as caught:
        run_up(connections, records, things, program("a", "b"))
    assert caught.value.exit_code == 130
    rows = state_rows(connections.records)
    assert not any(key.startswith(lock_prefix(STACK.name)) for key in rows)
    saved = json.loads(rows[stack_key(STACK.name)])["checkpoint"]["latest"]
    assert "a" in {entry["urn"].rsplit("::", 1)[-1] for entry in saved["resources"]}
    assert "pending_operations" not in saved
    run_up(connections, records, things, program("a", "b"))


def test_overtaken_cli_cannot_write_even_if_its_providers_never_ask(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    things.mkdir()
    (things / "block-a").touch()
    taken = threading.Event()

    def take_over() -> None:
        child_of(connections.records, STACK.name)
        while not (things / "a.json").exists():
            time.sleep(0.02)
        with records.transaction() as connection:
            connection.exec_driver_sql("UPDATE yunzu.fences SET token = token + 1")
        taken.set()
        (things / "block-a").unlink()

    threading.Thread(target=take_over).start()
    begun = time.monotonic()
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, AlwaysAllowed())])
        with pytest.raises(FencedError):
            engine.up(STACK, program("a"), writer=writer)
    assert taken.is_set()
    assert time.monotonic() - begun < 20
    stored = json.loads(state_rows(connections.records)[stack_key(STACK.name)])
    kinds = [entry["type"] for entry in stored["checkpoint"]["latest"].get("resources", [])]
    assert "things:index:Thing" not in kinds


def test_stopped_records_are_unreachable_and_nothing_is_told(
    connections: Connections, tmp_path: Path
) -> None:
    gone = connections.records.model_copy(update={"port": 1})
    nowhere = connections.model_copy(update={"records": gone})
    with Records(gone) as records, pytest.raises(UnreachableError) as caught:
        run_up(nowhere, records, tmp_path / "things", program("a"))
    assert connections.records.password.get_secret_value() not in str(caught.value)
    assert caught.value.exit_code == 5


def test_records_lost_in_the_middle_end_the_run_with_a_sentence(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    things.mkdir()

    def lose() -> None:
        cut_sessions(connections.records)
        Thing("a", "v1")

    run_up(connections, records, things, lose)  # a session that can be had again is no fault


def test_missing_cli_is_told(connections: Connections, records: Records, tmp_path: Path) -> None:
    for tools in ({}, {"pulumi": tmp_path / "none"}):
        without = connections.model_copy(update={"tools": tools})
        with pytest.raises((UnreachableError, YunzuError)) as caught:
            run_up(without, records, tmp_path / "things", program("a"))
        assert caught.value.exit_code == 5


def test_message_has_no_address_colour_or_traceback() -> None:
    foreign = (
        "<{%fg 1%}>error: cannot open postgres://user:word@host/db?x=1 now\n"
        "Traceback (most recent call last):\n  File secret"
    )
    assert message(foreign) == "cannot open (address) now"
    assert len(message("x" * 5000)) == 400
