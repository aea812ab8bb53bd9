"""No password where others could read it: environment, arguments, state, errors, the server's log."""

from pathlib import Path

import pytest

from tests.support.engine import OtherProcess as Other
from tests.support.engine import Things, child_of, program, state_rows, wait_for
from yunzu.errors import YunzuError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.engine_login import engine_login
from yunzu.records.fencing import hold
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack

STACK = Stack("health--beds", "e2345abcdefg")


def secrets_of(connections: Connections) -> list[str]:
    login = engine_login(
        connections.records, centre=connections.centre, identity_key=connections.identity_key
    )
    return [
        login.password.get_secret_value(),
        connections.records.password.get_secret_value(),
        connections.identity_key.get_secret_value(),
    ]


def test_a_run_shows_no_password(
    connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNZU_DATABASE_URL", "postgresql://admin:of-the-caller@host/db")
    things = tmp_path / "things"
    things.mkdir()
    (things / "block-a").touch()
    with Other(connections, STACK, things, "a") as other:
        cli = child_of(connections.records, STACK.name)
        wait_for((things / "a.json").exists)
        process = Path(f"/proc/{cli.pid}")
        environment, arguments = (process / "environ").read_text(), (process / "cmdline").read_text()
        assert "pulumi" in arguments
        assert "PGPASSFILE" in environment
        for secret in [*secrets_of(connections), "of-the-caller"]:
            assert secret not in environment
            assert secret not in arguments
        (things / "block-a").unlink()
        assert "changes" in other.result()
    shown = repr(state_rows(connections.records))
    kept = "".join(f.read_text() for f in (connections.home / "pulumi").rglob("*") if f.is_file())
    for secret in secrets_of(connections):
        assert secret not in shown
        assert secret not in kept


def test_errors_of_a_cli_that_cannot_log_in_show_no_password(
    connections: Connections, records: Records, tmp_path: Path
) -> None:
    with hold(records, STACK.name) as writer:
        for wrong in ({"host": "127.0.0.1", "port": 1}, {"database": "none"}):
            address = connections.records.model_copy(update=wrong)
            elsewhere = connections.model_copy(update={"records": address})
            engine = Engine(elsewhere, records, providers=[Things(tmp_path / "things", writer)])
            said: list[object] = []
            with pytest.raises(YunzuError) as caught:
                engine.up(STACK, program("a"), writer=writer, on_event=said.append)
            assert caught.value.exit_code == 5
            for secret in secrets_of(connections):
                assert secret not in str(caught.value) + repr(said)
            assert "://" not in str(caught.value)
