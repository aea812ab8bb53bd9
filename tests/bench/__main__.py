"""`make bench`: one environment and N in a row, beside the raw limit, a runbook and Pulumi as documented.

Every round runs each peer once, in turn, on the same servers, so a drift of the machine's speed meets
all of them. Times are without `verify`. Prints a table and writes JSON.
"""

import json
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bench.measuring import Series, machine, process_seconds
from tests.bench.peers import NaivePulumi, Raw, Runbook, wanted
from tests.support.centre import quiet, temporary_home
from tests.support.tenants import PLANS, Tenants, tenants_on
from yunzu.clients.ownership import NoIntents
from yunzu.embedded import bootstrap
from yunzu.model.connections import Connections
from yunzu.services import removal
from yunzu.services.preparing import prepare
from yunzu.settings import Settings
from yunzu_stacks.stacks import providers

YUNZU = Path(sys.executable).with_name("yunzu")
ROUNDS = 5


def measure(home: Path, count: int) -> dict[str, Any]:
    """Every case of every peer, on a fresh centre."""
    series: dict[str, Series] = {}

    def case(name: str) -> Series:
        return series.setdefault(name, Series())

    for _ in range(ROUNDS):
        case("yunzu --help").seconds.append(process_seconds([str(YUNZU), "--help"]))
    with case("up, built binaries, new home").timed():
        settings = Settings(home=home)
        connections = bootstrap.up(settings, progress=quiet)
        prepare(connections, bootstrap.administrator(settings))
    say(f"centre up in {series['up, built binaries, new home'].median:.1f} s")
    resident = resident_bytes(home)
    with tempfile.TemporaryDirectory() as directory, tenants_on(connections, Path(directory)) as tenants:
        _rounds(connections, tenants, case)
        _row(tenants, count, case)
        _cold(home, tenants, case)
    return {"series": series, "idle_rss_bytes": resident}


def _rounds(connections: Connections, tenants: Tenants, case: Any) -> None:
    centre = tenants.centre
    served = providers(
        connections,
        cluster=centre.cluster,
        pools=centre.pools,
        object_store=centre.object_store,
        effects=lambda _stack: NoIntents(),
    )
    peers = [Raw(connections), Runbook(connections), NaivePulumi(connections, served)]
    with closing(peers[0]), closing(peers[1]), closing(peers[2]):
        tenants.apply(tenants.one())  # imports, discovery and schemas are loaded once a process
        for number in range(ROUNDS):
            for peer in peers:
                blueprint = wanted(centre.id)
                with case(peer.name).timed():
                    peer.run(blueprint)
            identifier = tenants.one()
            with case("yunzu warm").timed():
                tenants.apply(identifier)
            with case("yunzu no change").timed():
                tenants.apply(identifier)
            with case("yunzu destroy").timed():
                removal.destroy(identifier, erase=False, confirm=None, centre=centre)
            say(f"round {number + 1} of {ROUNDS}")


def _row(tenants: Tenants, count: int, case: Any) -> None:
    identifiers = [tenants.one() for _ in range(count)]
    with case(f"yunzu {count} in a row").timed():
        for identifier in identifiers:
            tenants.apply(identifier)


def _cold(home: Path, tenants: Tenants, case: Any) -> None:
    for _ in range(3):
        identifier = tenants.one()
        environment = {
            **os.environ,
            "YUNZU_HOME": str(home),
            "YUNZU_TENANTS": str(tenants.directory),
            "YUNZU_PLANS": str(PLANS),
        }
        command = [str(YUNZU), "env", "apply", identifier]
        case("yunzu cold").seconds.append(process_seconds(command, env=environment))
        tenants.remember(identifier)


def resident_bytes(home: Path) -> int:
    """Sum of the proportional set sizes of the centre's processes, from the status command."""
    import subprocess

    done = subprocess.run(
        [str(YUNZU), "status", "--home", str(home), "--json"], capture_output=True, text=True, check=False
    )
    return sum(server.get("rss_bytes") or 0 for server in json.loads(done.stdout)["servers"])


def report(found: dict[str, Any], count: int) -> dict[str, Any]:
    """The document of the contract: peers, ratios (ours divided by the peer's time), targets."""
    series: dict[str, Series] = found["series"]
    warm = series["yunzu warm"].median
    names = ("raw", "runbook", "naive_pulumi")
    ratios: dict[str, float | None] = {name: round(warm / series[name].median, 2) for name in names}
    ratios |= {"one_stack": None, "helm": None}
    cold, up = series["yunzu cold"].median, series["up, built binaries, new home"].median
    rss, help_ = found["idle_rss_bytes"], series["yunzu --help"].median
    targets = [
        target("cold, one environment", "<= 3 s", cold, cold <= 3),
        target("warm, one environment", "<= 1.5 s", warm, warm <= 1.5),
        target("warm / runbook", "<= 1.3", ratios["runbook"], (ratios["runbook"] or 9) <= 1.3),
        target(
            "documented Pulumi / warm",
            ">= 2",
            1 / (ratios["naive_pulumi"] or 9),
            (ratios["naive_pulumi"] or 9) <= 0.5,
        ),
        target("up with built binaries", "<= 15 s", up, up <= 15),
        target("idle centre, resident", "<= 1.2 GB", rss / 1e9, rss <= 1.2e9),
        target("yunzu --help", "<= 0.3 s", help_, help_ <= 0.3),
    ]
    return {
        "machine": machine(),
        "n": count,
        "peers": {name: one.as_json() for name, one in series.items()},
        "ratios": ratios,
        "targets": targets,
    }


def target(name: str, want: str, have: float | None, ok: bool) -> dict[str, Any]:
    return {"target": name, "want": want, "have": None if have is None else round(have, 3), "ok": ok}


def say(text: str) -> None:
    """Progress, for the person who waits."""
    sys.stderr.write(text + "\n")


def show(document: dict[str, Any]) -> None:
    """The table."""
    lines = [f"{'case':32} {'runs':>4} {'median':>9} {'min':>9} {'max':>9}"]
    for name, one in document["peers"].items():
        lines.append(f"{name:32} {one['runs']:4} {one['median']:8.3f}s {one['min']:8.3f}s {one['max']:8.3f}s")
    lines.append("")
    for one in document["targets"]:
        lines.append(
            f"{'met   ' if one['ok'] else 'MISSED'} {one['target']:28} want {one['want']:9}"
            f" have {one['have']}"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def main(arguments: list[str]) -> None:
    given = dict(argument.split("=", 1) for argument in arguments)
    count = int(given.get("N", "10"))
    with temporary_home() as home:
        document = report(measure(home, count), count)
    Path(given.get("OUT", "bench.json")).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    show(document)


if __name__ == "__main__":
    main(sys.argv[1:])
