"""The demonstration as a newcomer has it: twice, its promises kept, and the README's tour on it.

Minutes, so no part of `make test`: `pytest tests/e2e/demonstration.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.grounds import REPOSITORY, green, long
from tests.support.centre import temporary_home
from tests.support.command import Command
from tests.support.tour import README, Block, blocks, printed, shape

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def command() -> Iterator[Command]:
    with temporary_home() as home:
        command = Command(home, REPOSITORY / "tenants")
        green(long(command, "up"))
        yield command


@pytest.fixture(scope="module")
def first(command: Command) -> Any:
    """What the first run says."""
    return _shown(command)


def _shown(command: Command) -> Any:
    ended = long(command, "demo", "nantong", "--json")
    assert ended.code == 0, ended.err
    return ended.document


def test_everything_is_proven_and_every_promise_kept(first: Any) -> None:
    assert first["ok"]
    assert all(one["rows"] + one["objects"] for one in first["items"])
    office = first["office"]
    assert float(office["on_time_rate"]) == 1
    assert float(office["speed_up_total"]) >= 0.6
    assert len(office["delivered"]) >= len(first["items"])
    states = {(one["what"], one["state"]) for one in office["shown"]}
    assert {state for _, state in states} == {"done", "denied"}


def test_a_second_run_changes_nothing(command: Command, first: Any) -> None:
    second = _shown(command)
    assert (second["ok"], second["changed"]) == (True, 0)
    assert second["office"]["shown"] == first["office"]["shown"]


@pytest.mark.parametrize("block", blocks(README.read_text("utf-8")), ids=lambda block: block.commands[0])
def test_the_tour_prints_what_the_readme_says(
    block: Block, command: Command, first: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNZU_HOME", str(command.home))
    said = printed(block).replace(str(command.home), "./.yunzu")
    assert shape(said) == shape(block.body)
