"""What changes the cloud does so through requests: who asks, and what is waited for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yunzu_cli import waiting
from yunzu_cli.acting import actor_at

if TYPE_CHECKING:
    from yunzu.model.actors import Actor
    from yunzu.records.requests import Request
    from yunzu.services.centre import Centre
    from yunzu.services.requests.asking import Asking, UndecidedError
    from yunzu.services.requests.bringing import Bringing
    from yunzu.services.requests.office import Office
    from yunzu.settings import Settings
    from yunzu_stacks.steps import Steps

T = TypeVar("T")

ApplicantOption = Annotated[
    str | None,
    typer.Option(
        "--applicant", metavar="ACCOUNT", help="For whom an operator asks (代办); omitted: the first."
    ),
]
EmergencyOption = Annotated[
    bool,
    typer.Option("--emergency", help="Do without the people whose steps it waits for; it is reported."),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why it is an emergency.")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Whether to wait until people have decided.")
]
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Way:
    """How it is asked for, as the options say."""

    token_file: Path | None = None
    applicant: str | None = None
    emergency: bool = False
    reason: str | None = None
    wait: bool = False

    @property
    def urgent(self) -> str | None:
        """The reason of an emergency. Raises UsageError where only one of the two options is given."""
        from yunzu.errors import UsageError

        if self.emergency != (self.reason is not None):
            raise UsageError("--emergency and --reason", "go together", "give both or neither")
        return self.reason

    def bringing(self, chosen: "Settings", centre: "Centre", progress: "Steps") -> "Bringing":
        """Who asks, and what deliveries work with. Raises RefusedError for a token that is not valid."""
        from yunzu.services.requests import queueing
        from yunzu.services.requests.bringing import Bringing
        from yunzu.services.requests.delivering import Delivery
        from yunzu.services.requests.office import office_of

        office = office_of(chosen, centre.records)
        asking = self.asking(
            office, actor_at(office, chosen, self.token_file, centre=centre.connections.centre)
        )
        with_ = Delivery(
            office, centre, on_event=progress, on_probe=lambda probe: progress.say(f"prove: {probe.name}")
        )

        def waits(request: "Request") -> None:
            look = partial(queueing.progress, request.number, actor=asking.actor, office=office)
            waiting.wait(request.number, look, progress.show)

        return Bringing(asking, with_, waits=waits)

    def asking(self, office: "Office", actor: "Actor") -> "Asking":
        """Who asks, and how."""
        from yunzu.services.requests.asking import Asking

        return Asking(office, actor, applicant=self.applicant, emergency=self.urgent)

    def decided(self, act: Callable[[], T], by: "Bringing") -> T:
        """What `act` returns; with `--wait` it goes on after people have decided what it waits for."""
        from yunzu.services.requests.asking import UndecidedError

        while True:
            try:
                return act()
            except UndecidedError as waiting:
                if not self.wait:
                    raise
                _until_decided(waiting, by)


def _until_decided(waiting: "UndecidedError", by: "Bringing") -> None:
    """Returns when it was granted. Raises RefusedError when it has ended otherwise."""
    from yunzu.errors import RefusedError
    from yunzu.services.requests import reading
    from yunzu.services.requests.asking import UNDECIDED
    from yunzu_cli.output import stderr

    stderr(f"{waiting.subject}: {waiting.fact}")
    while True:
        view = reading.show(waiting.number, actor=by.asking.actor, office=by.asking.office)
        if view.result == "granted":
            return
        if view.request.state not in UNDECIDED:
            fact = f"is {view.request.state}" + (f": {view.request.reason}" if view.request.reason else "")
            raise RefusedError(waiting.subject, fact, "nothing was changed")
        time.sleep(_LOOK_EVERY_S)
