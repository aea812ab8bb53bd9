"""The engine with the real CLI on a real PostgreSQL."""

import json
from pathlib import Path

from tests.support.engine import Things, program, state_rows
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack

STACK = Stack("health--beds", "e2345abcdefg")


def test_up_noop_change_and_destroy(connections: Connections, records: Records, tmp_path: Path) -> None:
    things = tmp_path / "things"
    with hold(records, STACK.name) as writer:
        engine = Engine(connections, records, providers=[Things(things, writer)])
        assert not engine.exists(STACK)
        first = engine.up(STACK, program("a", "b"), writer=writer)
        assert first.as_json() == {"create": 2, "update": 0, "replace": 0, "delete": 0, "same": 0}
        assert engine.exists(STACK)
        assert engine.outputs(STACK) == {"names": ["a", "b"]}

        again = engine.up(STACK, program("a", "b"), writer=writer)
        assert again.as_json() == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": 2}
        assert not again.any

        changed = engine.up(STACK, program("b", "c", value="v2"), writer=writer)
        assert changed.as_json() == {"create": 1, "update": 1, "replace": 0, "delete": 1, "same": 0}
        assert json.loads((things / "b.json").read_text())["value"] == "v2"

        gone = engine.destroy(STACK, writer=writer)
        assert gone.delete == 2
        assert not list(things.glob("*.json"))
        assert list(state_rows(connections.records)) == [".pulumi/meta.yaml"]
        assert not engine.destroy(STACK, writer=writer).any
