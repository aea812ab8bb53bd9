"""Previews, refreshes, repair, history: what a run does besides changing things."""

import json
from pathlib import Path

import pytest

from tests.support.engine import Things, program, state_rows
from yunzu.errors import NotOursError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks.engine import Engine, Step
from yunzu_stacks.events import Event, ResourceEvent
from yunzu_stacks.state import KEPT_UPDATES, Stack, history_prefix

STACK = Stack("health--beds", "e2345abcdefg")


class NoEffects:
    """Whoever asks to change something has gone too far."""

    def intend(self, kind: str, name: str) -> None:
        raise AssertionError((kind, name))

    def intended(self, kind: str, name: str) -> bool:
        raise AssertionError((kind, name))


def steps(plan_steps: tuple[Step, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return sorted((step.op, step.name, step.paths) for step in plan_steps)


def test_preview_of_a_new_stack_changes_nothing(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    before = state_rows(connections.records)
    engine = Engine(connections, records, providers=[Things(tmp_path / "things", NoEffects())])
    plan = engine.preview(STACK, program("a", "b"))
    assert steps(plan.steps) == [("create", "a", ()), ("create", "b", ())]
    assert plan.changes.create == 2
    assert state_rows(connections.records) == before
    assert not engine.exists(STACK)
    assert not list((tmp_path / "things").iterdir())


def test_preview_says_what_differs_and_sees_what_was_changed_behind_our_back(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        engine.up(STACK, program("a", "b", "c"), writer=writer)
    before = state_rows(connections.records)
    (things / "b.json").write_text(json.dumps({"owner": "us", "value": "changed by hand"}))
    (things / "a.json").unlink()
    engine = Engine(connections, records, providers=[Things(things, NoEffects())])
    plan = engine.preview(STACK, program("a", "b"))
    assert steps(plan.steps) == [("create", "a", ()), ("delete", "c", ()), ("update", "b", ("value",))]
    assert state_rows(connections.records) == before


def test_up_repairs_what_was_changed_behind_our_back(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        engine.up(STACK, program("a", "b"), writer=writer)
        (things / "b.json").write_text(json.dumps({"owner": "us", "value": "changed by hand"}))
        (things / "a.json").unlink()
        changes = engine.up(STACK, program("a", "b"), writer=writer)
        assert (changes.create, changes.update, changes.same) == (1, 1, 0)
        assert json.loads((things / "b.json").read_text())["value"] == "v1"
        assert (things / "a.json").exists()


def test_refresh_brings_the_state_to_the_servers(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    things = tmp_path / "things"
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        engine.up(STACK, program("a", "b"), writer=writer)
        (things / "a.json").unlink()
        engine.refresh(STACK, writer=writer)
        names = {
            entry["urn"].rsplit("::", 1)[-1]
            for entry in engine.export(STACK)["checkpoint"]["latest"]["resources"]
        }
        assert "b" in names
        assert "a" not in names


def test_import_takes_over_what_is_there(connections: Connections, records: Records, tmp_path: Path) -> None:
    things = tmp_path / "things"
    things.mkdir()
    by_hand = json.dumps({"owner": "somebody", "value": "v1"})
    (things / "a.json").write_text(by_hand)
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        with pytest.raises(NotOursError):
            engine.up(STACK, program("a", "b"), writer=writer)
        identifiers = {("things:index:Thing", "a"): "a"}
        engine.import_(STACK, program("a", "b"), identifiers, writer=writer)
        assert (things / "a.json").read_text() == by_hand
        assert engine.up(STACK, program("a", "b"), writer=writer).same == 2


def test_events_tell_each_resource(connections: Connections, records: Records, tmp_path: Path) -> None:
    heard: list[Event] = []
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
        engine.up(STACK, program("a"), writer=writer, on_event=heard.append)
    told = [(e.phase, e.op) for e in heard if isinstance(e, ResourceEvent) and e.name == "a"]
    assert told == [("begun", "create"), ("done", "create")]


def test_history_does_not_grow_without_end(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(tmp_path / "things", writer)])
        engine.up(STACK, program("a"), writer=writer)
        with records.transaction() as connection:
            connection.exec_driver_sql(f"SELECT set_config('yunzu.fence', '{writer.token}', true)")
            connection.exec_driver_sql(
                "INSERT INTO pulumi.pulumi_state (key, data) SELECT"  # noqa: S608
                f" '{history_prefix(STACK.name)}{STACK.name}-1000' || n || '.history.json', '{{}}'"
                " FROM generate_series(100, 200) n"
            )
        engine.up(STACK, program("a"), writer=writer)
    kept = [key for key in state_rows_keys(connections) if key.startswith(history_prefix(STACK.name))]
    assert len(kept) == 2 * KEPT_UPDATES
    assert sum(".checkpoint." in key for key in kept) == 2


def state_rows_keys(connections: Connections) -> list[str]:
    from tests.support.postgres import administrator

    with administrator(connections.records, connections.records.database) as admin:
        return [row[0] for row in admin.execute("SELECT key FROM pulumi.pulumi_state").fetchall()]
