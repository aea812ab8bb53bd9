"""What the benchmark came to: the document that other programs read, and the table."""

import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.measuring import Series

UP = "up, built binaries, new home"
HELP = "yunzu --help"
ESTATE = "validate and derive the whole estate"
PEERS = ("raw", "runbook", "naive_pulumi")


def report(
    series: Mapping[str, Series], count: int, resident: int, machine: dict[str, Any]
) -> dict[str, Any]:
    """The document of the contract: peers, ratios (ours divided by the peer's time), targets.

    `resident` is the idle centre's memory in bytes. A case that a peer does not have is None.
    """
    ratios = _ratios(series, "yunzu warm", "") | {"one_stack": None, "helm": None}
    return {
        "machine": machine,
        "n": count,
        "peers": {name: one.as_json() for name, one in series.items()},
        "ratios": ratios,
        "ratios_no_change": _ratios(series, "yunzu no change", " no change"),
        "ratios_destroy": _ratios(series, "yunzu destroy", " destroy"),
        "targets": _targets(series, ratios, resident),
    }


def _ratios(series: Mapping[str, Series], ours: str, case: str) -> dict[str, float | None]:
    return {
        peer: round(series[ours].median / series[peer + case].median, 2) if peer + case in series else None
        for peer in PEERS
    }


def _targets(
    series: Mapping[str, Series], ratios: Mapping[str, float | None], resident: int
) -> list[dict[str, Any]]:
    naive = ratios["naive_pulumi"]
    targets = [
        _at_most("cold, one environment", "3 s", series["yunzu cold"].median, 3),
        _at_most("warm, one environment", "1.5 s", series["yunzu warm"].median, 1.5),
        _at_most("warm / runbook", "1.3", ratios["runbook"], 1.3),
        _target(
            "documented Pulumi / warm", ">= 2", 1 / naive if naive else None, bool(naive and naive <= 0.5)
        ),
        _at_most("up with built binaries", "15 s", series[UP].median, 15),
        _at_most("idle centre, resident", "1.2 GB", resident / 1e9, 1.2),
        _at_most(HELP, "0.3 s", series[HELP].median, 0.3),
    ]
    if ESTATE in series:
        targets.append(_at_most(ESTATE, "10 s", series[ESTATE].median, 10))
    return targets


def _at_most(name: str, want: str, have: float | None, most: float) -> dict[str, Any]:
    return _target(name, f"<= {want}", have, have is not None and have <= most)


def _target(name: str, want: str, have: float | None, ok: bool) -> dict[str, Any]:
    return {"target": name, "want": want, "have": None if have is None else round(have, 3), "ok": ok}


def show(document: dict[str, Any]) -> None:
    """The table."""
    lines = [f"{'case':38} {'runs':>4} {'median':>9} {'min':>9} {'max':>9}"]
    for name, one in document["peers"].items():
        lines.append(f"{name:38} {one['runs']:4} {one['median']:8.3f}s {one['min']:8.3f}s {one['max']:8.3f}s")
    lines.append("")
    for key, case in (("ratios", "warm"), ("ratios_no_change", "no change"), ("ratios_destroy", "destroy")):
        known = [f"{peer} {ratio}" for peer, ratio in document[key].items() if ratio is not None]
        lines.append(f"{case}, ours / theirs: {', '.join(known)}")
    lines.append("")
    for one in document["targets"]:
        met = "met   " if one["ok"] else "MISSED"
        lines.append(f"{met} {one['target']:38} want {one['want']:9} have {one['have']}")
    sys.stdout.write("\n".join(lines) + "\n")
