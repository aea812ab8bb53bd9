"""What changes a centre, in a process of its own, with a fault at a chosen side effect.

    python -m tests.support.killing JOURNAL FAULT -- apply t1/prod TENANTS
    python -m tests.support.killing JOURNAL FAULT -- work

`apply`, `destroy` and `erase` ask as the command does, and deliver what was asked for by themselves: where
workers attend the centre, these may do it in their stead. `suspend` and `resume` call the service, since they
follow from requests alone. `work` is a worker that ends when nothing is due. Anything else is the `yunzu`
command, in which nothing is done that could be counted.
FAULT is a `Fault` as JSON; JOURNAL is a file to which each side effect is written, one line each.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.faults import Effects, Fault, install

if TYPE_CHECKING:
    from yunzu.model.answers.outcomes import Outcome
    from yunzu.services.requests.asking import Asking
    from yunzu.services.requests.delivering import Delivery

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
        """What it printed as JSON: of an act, its outcome."""
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
    """What is done on one centre, by its home, with one directory of manifests."""

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
        return ("apply", identifier, str(self.tenants))

    def switch(self, kind: str, identifier: str, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        """Suspend or resume it."""
        return self.run(kind, identifier, str(self.tenants), fault=fault)

    def destroy(self, identifier: str, *, erase: bool, fault: Fault = Fault()) -> Ran:  # noqa: B008
        return self.run("erase" if erase else "destroy", identifier, fault=fault)


def main() -> None:
    journal, fault, _, *arguments = sys.argv[1:]
    given = json.loads(fault)
    install(Effects(Fault(**given | {"pids": tuple(given["pids"])}), Path(journal)))
    if arguments[0] in ACTS:
        sys.exit(ended(partial(ACTS[arguments[0]], *arguments)))
    sys.argv = ["yunzu", *arguments]
    from yunzu_cli.main import main as command

    command()


def ended(act: Callable[[], None]) -> int:
    """The exit code of the command's contract, after a sentence about what stopped it."""
    from yunzu.errors import YunzuError

    try:
        act()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        return 130
    except YunzuError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def apply(_: str, identifier: str, tenants: str) -> None:
    """Ask for what differs from what is approved, deliver it and prove it; put right what is there."""
    from yunzu.services import manifests
    from yunzu.services.jobs import repairing
    from yunzu.services.requests.asking import ask
    from yunzu.settings import Settings

    catalogue = manifests.load(Path(tenants), Settings().plans)
    wanted = catalogue.environment(identifier)
    with delivering_here() as (asking, using):
        for request in ask(catalogue.department(wanted.department), asking):
            delivered(request.number, using)
        asked = ask(wanted, asking)
        found = [delivered(request.number, using) for request in asked]
        if not asked:
            found = [repairing.repair(identifier, catalogue, using, prove=False).outcome]
    say(found[-1])


def remove(kind: str, identifier: str) -> None:
    """Take it down, or erase it."""
    from yunzu.services import inventory
    from yunzu.services.jobs import repairing
    from yunzu.services.requests.asking import ask_to_remove, removals_left
    from yunzu.services.requests.truth import Truth

    erase = kind == "erase"
    with delivering_here() as (asking, using):
        asked = removals_left(identifier, erase=erase, office=asking.office)
        if not asked:  # else it may be gone already, and only that is not entered yet
            inventory.environment(identifier, using.centre.records)
            asked = ask_to_remove(identifier, erase=erase, asking=asking)
        found = [delivered(request.number, using) for request in asked]
        if not asked:
            with using.office.records.transaction() as connection:
                catalogue = Truth(connection).catalogue(using.office.day)
            found = [repairing.remove(identifier, catalogue, using).outcome]
    say(found[-1])


def delivered(number: str, using: "Delivery") -> "Outcome":
    """What a delivery of the request did. Raises what stopped it."""
    from yunzu.model.answers.outcomes import Outcome
    from yunzu.services.requests import delivering, outcomes

    delivering.deliver(number, with_=using)
    with using.office.records.transaction() as connection:
        return outcomes.of_request(connection, number) or Outcome()


@contextmanager
def delivering_here() -> Iterator[tuple["Asking", "Delivery"]]:
    """An operator of the machine asks, and this process delivers."""
    from yunzu.model.actors import local_operator
    from yunzu.services.requests.asking import Asking
    from yunzu.services.requests.delivering import Delivery
    from yunzu.services.requests.office import office_of
    from yunzu.settings import Settings
    from yunzu_stacks.centre import opened

    settings = Settings()
    with opened(settings) as centre:
        office = office_of(settings, centre.records)
        yield Asking(office, local_operator("tests", "here")), Delivery(office, centre)


def switch(kind: str, identifier: str, tenants: str) -> None:
    """Suspend or resume it."""
    from yunzu.services import environments, manifests
    from yunzu.services.requests import outcomes
    from yunzu.settings import Settings
    from yunzu_stacks.centre import opened

    chosen = Settings()
    run = environments.suspend if kind == "suspend" else environments.resume
    with opened(chosen) as centre:
        catalogue = manifests.load(Path(tenants), chosen.plans)
        say(outcomes.of_apply(run(identifier, catalogue=catalogue, centre=centre)))


def say(outcome: "Outcome") -> None:
    """Print what was changed."""
    sys.stdout.write(json.dumps(outcome.detail(), ensure_ascii=False))


def work(_: str) -> None:
    """Deliver what is due, one after the other, as a worker that ends when there is no more."""
    from yunzu.settings import Settings
    from yunzu_stacks.worker import Worker

    Worker(Settings(), "delivery", concurrency=1).work(wait=False)


ACTS: Mapping[str, Callable[..., None]] = {
    "apply": apply,
    "destroy": remove,
    "erase": remove,
    "suspend": switch,
    "resume": switch,
    "work": work,
}


if __name__ == "__main__":
    main()
