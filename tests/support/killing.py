"""The `yunzu` command in a process of its own, with a fault at a chosen side effect.

    python -m tests.support.killing JOURNAL FAULT -- env apply t1/prod …
    python -m tests.support.killing JOURNAL FAULT -- suspend t1/prod TENANTS

    python -m tests.support.killing JOURNAL FAULT -- work

The second calls the service: suspending is no command, it follows from a request. The third is a worker that
ends when nothing is due.
FAULT is a `Fault` as JSON; JOURNAL is a file to which each side effect is written, one line each.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.faults import Effects, Fault, install

ROOT = Path(__file__).parents[2]
TIMEOUT = 120  # seconds for one command


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it printed, and the side effects it had."""

    code: int
    output: str
    errors: str
    effects: tuple[str, ...]
    seconds: float

    @property
    def document(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.output)

    def __repr__(self) -> str:
        return f"exit {self.code} after {len(self.effects)} side effects: {self.errors[-600:]}"


class Started:
    """A command under way."""

    def __init__(self, home: Path, arguments: tuple[str, ...], fault: Fault) -> None:
        descriptor, name = tempfile.mkstemp(prefix="yz-effects-")
        os.close(descriptor)
        self.journal = Path(name)
        given = {key: value for key, value in os.environ.items() if not key.startswith("YUNZU_")}
        command = [sys.executable, "-m", "tests.support.killing", name, json.dumps(asdict(fault)), "--"]
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=given | {"YUNZU_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.journal.unlink(missing_ok=True)

    def effects(self) -> tuple[str, ...]:
        """The side effects so far."""
        return tuple(self.journal.read_text().splitlines())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> Ran:
        """Wait for its end."""
        output, errors = self.process.communicate(timeout=TIMEOUT)
        seconds = time.monotonic() - self._began
        return Ran(self.process.returncode, output, errors, self.effects(), seconds)


class Command:
    """The command on one centre's home and one directory of manifests."""

    def __init__(self, home: Path, tenants: Path) -> None:
        self.home, self.tenants = home, tenants

    def start(self, *arguments: str, fault: Fault = Fault()) -> Started:  # noqa: B008 - immutable
        return Started(self.home, arguments, fault)

    def run(self, *arguments: str, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        with self.start(*arguments, fault=fault) as started:
            return started.end()

    def apply(self, identifier: str, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        return self.run(*self.applying(identifier), fault=fault)

    def applying(self, identifier: str) -> tuple[str, ...]:
        return ("env", "apply", identifier, "--tenants", str(self.tenants), "--json")

    def switch(self, kind: str, identifier: str, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        """Suspend or resume it."""
        return self.run(kind, identifier, str(self.tenants), fault=fault)

    def destroy(self, identifier: str, *, erase: bool, fault: Fault = Fault()) -> Ran:  # noqa: B008
        return self.run(*self.destroying(identifier, erase=erase), fault=fault)

    def destroying(self, identifier: str, *, erase: bool) -> tuple[str, ...]:
        erasing = ("--erase-data", "--confirm", identifier) if erase else ()
        return ("env", "destroy", identifier, *erasing, "--json")


def main() -> None:
    journal, fault, _, *arguments = sys.argv[1:]
    given = json.loads(fault)
    install(Effects(Fault(**given | {"pids": tuple(given["pids"])}), Path(journal)))
    if arguments[0] in ("suspend", "resume"):
        switch(*arguments)
        return
    if arguments[0] == "work":
        work()
        return
    deliver_here()
    sys.argv = ["yunzu", *arguments]
    from yunzu_cli.main import main as command

    command()


def deliver_here() -> None:
    """Let the command do itself what workers do for it: they are processes in which nothing is counted."""
    from yunzu.services.requests.bringing import Bringing
    from yunzu_cli.bringing import Way

    original = Way.bringing

    def bringing(way: Way, *arguments: Any) -> Bringing:
        return replace(original(way, *arguments), waits=None)

    Way.bringing = bringing  # type: ignore[method-assign, assignment]


def work() -> None:
    """Deliver what is due, as a worker that ends when there is no more."""
    from yunzu.settings import Settings
    from yunzu_stacks.worker import Worker

    Worker(Settings(), "delivery").work(wait=False)


def switch(kind: str, identifier: str, tenants: str) -> None:
    """Suspend or resume, and print what was changed as `env apply --json` would."""
    from yunzu.services import environments, manifests
    from yunzu.services.requests.bringing import Brought
    from yunzu.services.requests.outcomes import Outcome
    from yunzu.settings import Settings
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    chosen = Settings()
    run = environments.suspend if kind == "suspend" else environments.resume
    with opened(chosen) as centre:
        catalogue = manifests.load(Path(tenants), chosen.plans)
        applied = run(identifier, catalogue=catalogue, centre=centre)
    show.brought([Brought(identifier, None, Outcome.of(applied))], json=True)


if __name__ == "__main__":
    main()
