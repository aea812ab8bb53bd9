"""Ctrl-C in the middle of an apply: 130, a sentence, and the next apply goes on."""

import signal

from tests.support.command import Command
from tests.support.tenants import Tenants


def test_130_and_the_next_apply_converges(yunzu: Command, tenants: Tenants) -> None:
    identifier = tenants.one(buckets=[])
    tenants.remember(identifier)
    with yunzu.process("env", "apply", identifier, "--json") as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert first.startswith(f"apply {identifier}: ")
    assert (process.returncode, out) == (130, ""), err
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("error: ")
    sentences = ("the state is consistent", "goes on without you")  # before and after it was asked for
    assert any(one in err for one in sentences), err
    assert yunzu("env", "apply", identifier).code == 0
    assert yunzu("env", "show", identifier, "--json").items[0]["state"] == "active"
    again = yunzu("env", "apply", identifier, "--json").items[0]["changes"]
    assert {name for name, count in again.items() if count} == {"same"}
    assert yunzu("env", "verify", identifier).code == 0
