"""`make bench`: one environment and N in a row, beside the raw limit, a runbook and Pulumi as documented.

Every round runs ours, warm and cold, and each peer once, in turn, on the same servers, so a drift of the
machine's speed meets all of them. Times are without `verify`. Prints a table and writes JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.bench.measuring import Series, machine, process_seconds
from tests.bench.peers import NaivePulumi, Peer, Raw, wanted
from tests.bench.reporting import ESTATE as WHOLE_ESTATE
from tests.bench.reporting import HELP, UP, report, show
from tests.bench.runbook import Runbook
from tests.support import deriving
from tests.support.centre import temporary_home
from tests.support.estate import ESTATE
from tests.support.tenants import PLANS, Tenants, tenants_on
from yunzu.clients.ownership import NoIntents
from yunzu.embedded import bootstrap
from yunzu.model.connections import Connections
from yunzu.services import removal
from yunzu.services.estate import import_estate
from yunzu.services.manifests import load, load_plans
from yunzu.settings import Settings
from yunzu_stacks.stacks import providers

YUNZU = Path(sys.executable).with_name("yunzu")
ROUNDS = 5
Case = Callable[[str], Series]


@dataclass
class Measured:
    """Times by case, and the idle centre's memory in bytes."""

    series: dict[str, Series] = field(default_factory=dict)
    resident: int = 0

    def case(self, name: str) -> Series:
        return self.series.setdefault(name, Series())


def measure(home: Path, count: int, rounds: int) -> Measured:
    """Every case of every peer, on a fresh centre."""
    found = Measured()
    for _ in range(rounds):
        found.case(HELP).seconds.append(process_seconds([str(YUNZU), "--help"]))
    _whole_estate(rounds, found.case)
    found.case(UP).seconds.append(process_seconds([str(YUNZU), "up", "--home", str(home)]))
    connections = bootstrap.connections(Settings(home=home))
    say(f"centre up in {found.case(UP).median:.1f} s")
    found.resident = resident_bytes(home)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tenants = stack.enter_context(tenants_on(connections, directory))
        peers = [stack.enter_context(closing(peer)) for peer in _peers(connections, tenants)]
        tenants.apply(tenants.one())  # imports, discovery and schemas are loaded once a process
        for number in range(rounds):
            _theirs(peers, tenants.centre.id, found.case)
            _ours(home, tenants, found.case)
            say(f"round {number + 1} of {rounds}")
        identifiers = [tenants.one() for _ in range(count)]
        with found.case(f"yunzu {count} in a row").timed():
            for identifier in identifiers:
                tenants.apply(identifier)
    return found


def _peers(connections: Connections, tenants: Tenants) -> Sequence[Peer]:
    centre = tenants.centre
    served = providers(
        connections,
        cluster=centre.cluster,
        pools=centre.pools,
        object_store=centre.object_store,
        environment_of=lambda _: None,
        effects=lambda _stack: NoIntents(),
    )
    return [Raw(connections), Runbook(connections), NaivePulumi(connections, served)]


def _theirs(peers: Sequence[Peer], centre: str, case: Case) -> None:
    for peer in peers:
        blueprint = wanted(centre)
        with case(peer.name).timed():
            peer.make(blueprint)
        if peer.repeatable:
            with case(f"{peer.name} no change").timed():
                peer.make(blueprint)
        with case(f"{peer.name} destroy").timed():
            peer.remove(blueprint)


def _ours(home: Path, tenants: Tenants, case: Case) -> None:
    identifier = tenants.one()
    with case("yunzu warm").timed():
        tenants.apply(identifier)
    with case("yunzu no change").timed():
        tenants.apply(identifier)
    with case("yunzu destroy").timed():
        removal.destroy(identifier, erase=False, confirm=None, centre=tenants.centre)
    cold = tenants.one()
    variables = {"YUNZU_HOME": home, "YUNZU_TENANTS": tenants.directory, "YUNZU_PLANS": PLANS}
    environment = {**os.environ, **{name: str(path) for name, path in variables.items()}}
    begun = time.perf_counter()
    asked = _document(["env", "apply", cold, "--json"], environment)
    wall = time.perf_counter() - begun
    case("yunzu cold, proven").seconds.append(wall)
    case("yunzu cold").seconds.append(wall - _proving(asked["items"][0], environment))
    tenants.remember(cold)


def _document(words: list[str], environment: dict[str, str]) -> Any:
    """What the command prints with --json."""
    done = subprocess.run([str(YUNZU), *words], capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def _proving(brought: Any, environment: dict[str, str]) -> float:
    """How long the worker proved what it had delivered: what its delivery took, without the changes."""
    moves = _document(["request", "show", brought["request"], "--json"], environment)["moves"]
    at = {one["move"]: datetime.fromisoformat(one["at"]) for one in moves}
    return (at["complete"] - at["deliver"]).total_seconds() - float(brought["seconds"])


def _whole_estate(rounds: int, case: Case) -> None:
    """Read and check all manifests of the real estate, if it is there, and derive every name and object."""
    if not ESTATE.is_file():
        say(f"{ESTATE} is not there; its case is left out")
        return
    with tempfile.TemporaryDirectory() as directory:
        into = Path(directory)
        import_estate(ESTATE, into, plans=load_plans(PLANS), today=date.today())
        for _ in range(rounds):
            with case(WHOLE_ESTATE).timed():
                for one in deriving.derived(load(into, PLANS)):
                    deriving.external_names(one)
                    deriving.objects(one)


def resident_bytes(home: Path) -> int:
    """Sum of the resident set sizes of the centre's processes, from the status command."""
    done = subprocess.run(
        [str(YUNZU), "status", "--home", str(home), "--json"], capture_output=True, text=True, check=False
    )
    return sum(server.get("rss_bytes") or 0 for server in json.loads(done.stdout)["servers"])


def say(text: str) -> None:
    """Progress, for the person who waits."""
    sys.stderr.write(text + "\n")


def main(arguments: list[str]) -> None:
    given = dict(argument.split("=", 1) for argument in arguments)
    count, rounds = int(given.get("N", "10")), int(given.get("ROUNDS", str(ROUNDS)))
    ground = machine()  # its load is the one before
    with temporary_home() as home:
        found = measure(home, count, rounds)
    document = report(found.series, count, found.resident, ground)
    Path(given.get("OUT", "bench.json")).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    show(document)


if __name__ == "__main__":
    main(sys.argv[1:])
