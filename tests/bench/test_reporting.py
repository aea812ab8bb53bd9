"""The benchmark's document, from invented times."""

import json
from typing import Any

import pytest

from tests.bench.measuring import Series
from tests.bench.reporting import ESTATE, report, show

SECONDS = {
    "yunzu --help": [0.1, 0.2, 0.3],
    "up, built binaries, new home": [7.0],
    "raw": [0.2, 0.2, 0.5],
    "raw destroy": [4.0],
    "runbook": [1.0, 1.0, 9.0],
    "runbook no change": [0.5],
    "runbook destroy": [6.0],
    "naive_pulumi": [3.0],
    "naive_pulumi no change": [2.0],
    "naive_pulumi destroy": [8.0],
    "yunzu warm": [1.1, 1.2, 5.0],
    "yunzu no change": [1.0],
    "yunzu destroy": [6.0],
    "yunzu cold": [2.0, 3.5, 4.0],
}
MACHINE = {"cores": 2}


def document(resident: int = 800_000_000, **changes: list[float]) -> dict[str, Any]:
    series = {name: Series(seconds) for name, seconds in (SECONDS | changes).items()}
    return report(series, 3, resident, MACHINE)


def targets(found: dict[str, Any]) -> dict[str, tuple[float | None, bool]]:
    return {one["target"]: (one["have"], one["ok"]) for one in found["targets"]}


def test_the_keys_of_the_contract() -> None:
    found = document()
    assert set(found) >= {"machine", "n", "peers", "ratios", "targets"}
    assert (found["machine"], found["n"]) == (MACHINE, 3)
    assert set(found["ratios"]) == {"raw", "runbook", "naive_pulumi", "one_stack", "helm"}
    assert {frozenset(one) for one in found["targets"]} == {frozenset({"target", "want", "have", "ok"})}
    assert found["peers"]["runbook"] == {"runs": 3, "median": 1.0, "min": 1.0, "max": 9.0}
    assert list(found["peers"]) == list(SECONDS)
    assert json.loads(json.dumps(found)) == found


def test_a_ratio_is_our_median_divided_by_the_peers() -> None:
    found = document()
    nobody = {"one_stack": None, "helm": None}
    assert found["ratios"] == {"raw": 6.0, "runbook": 1.2, "naive_pulumi": 0.4} | nobody
    assert found["ratios_no_change"] == {"raw": None, "runbook": 2.0, "naive_pulumi": 0.5}
    assert found["ratios_destroy"] == {"raw": 1.5, "runbook": 1.0, "naive_pulumi": 0.75}


def test_targets_are_met_or_missed_by_the_median() -> None:
    assert targets(document()) == {
        "cold, one environment": (3.5, False),
        "warm, one environment": (1.2, True),
        "warm / runbook": (1.2, True),
        "documented Pulumi / warm": (2.5, True),
        "up with built binaries": (7.0, True),
        "idle centre, resident": (0.8, True),
        "yunzu --help": (0.2, True),
    }
    slow: dict[str, list[float]] = {"yunzu warm": [1.6], "up, built binaries, new home": [15.1]}
    slow |= {"yunzu --help": [0.31], "yunzu cold": [3.0]}
    found = targets(document(1_300_000_000, **slow))
    assert [name for name, (_, ok) in found.items() if ok] == ["cold, one environment"]


@pytest.mark.parametrize(("seconds", "ok"), [(9.9, True), (10.1, False)])
def test_the_estate_is_a_target_where_it_is_there(seconds: float, ok: bool) -> None:
    assert targets(document(**{ESTATE: [seconds]}))[ESTATE] == (seconds, ok)


def test_the_table_has_every_case_and_target(capsys: pytest.CaptureFixture[str]) -> None:
    found = document()
    show(found)
    out = capsys.readouterr().out
    for name in [*SECONDS, *targets(found)]:
        assert name in out
    assert out.count("MISSED") == 1
    assert "no change, ours / theirs: runbook 2.0, naive_pulumi 0.5" in out
