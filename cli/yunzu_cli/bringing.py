"""Bring what manifests say about, through the API: asked for, granted by rule or people, delivered, proven.

Where nothing differs from what is approved, what is there is put right: its request was granted before.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from yunzu.errors import NotFoundError, RefusedError, UsageError, YunzuError
from yunzu_cli import jobs, waiting
from yunzu_cli.output import stderr

if TYPE_CHECKING:
    from pathlib import Path

    from yunzu.clients.api import Api
    from yunzu.model.answers.outcomes import Outcome
    from yunzu.model.manifests import Department, Environment
    from yunzu_cli.progress import Show

T = TypeVar("T")

ApplicantOption = Annotated[
    str | None,
    typer.Option(
        "--applicant", metavar="ACCOUNT", help="For whom an operator asks (代办); omitted: the first."
    ),
]
EmergencyOption = Annotated[
    bool,
    typer.Option("--emergency", help="Do without the department's steps; it is reported."),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why it is an emergency.")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Whether to wait until people have decided.")
]
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Way:
    """How it is asked for, as the options say."""

    applicant: str | None = None
    emergency: bool = False
    reason: str | None = None
    wait: bool = False

    @property
    def words(self) -> dict[str, str | None]:
        """As the API takes it. Raises UsageError where only one of two options is given."""
        if self.emergency != (self.reason is not None):
            raise UsageError("--emergency and --reason", "go together", "give both or neither")
        return {"applicant": self.applicant, "emergency": self.reason}


@dataclass(frozen=True)
class Brought:
    """One environment where its manifest says; `request` has approved it. `failure`: what stopped it, where
    something is there already that was not proven."""

    id: str
    request: str | None
    outcome: "Outcome"
    failure: YunzuError | None = None


class WaitsForPeople(RefusedError):
    """A request that no rule decides waits for people, or for room."""

    def __init__(self, number: str, cause: YunzuError) -> None:
        self.number = number
        super().__init__(cause.subject, cause.fact, cause.advice)


@dataclass(frozen=True)
class Bringing:
    """Who is asked, how, and where progress is shown; in `tenants` lie the files, where it is files."""

    api: "Api"
    way: Way
    show: "Show"
    tenants: "Path | None" = None

    def bring_all(
        self, department: "Department", wanted: "Iterable[Environment]", *, prove: bool
    ) -> Iterator[Brought]:
        """Bring a department and environments of it to their manifests, each yielded when it is done.

        A new department comes first. What changes in one that is there comes last: it often waits for
        people, and no environment waits for that. Raises as `bring`.
        """
        is_new = self._is_new(department.id)
        if is_new:
            self._register(department)
        for environment in wanted:
            yield self.bring(environment, prove=prove)
        if not is_new:
            self._register(department)

    def bring(self, environment: "Environment", *, prove: bool = False) -> Brought:
        """Bring an environment to its manifest. What was asked for is proven; with `prove`, what is only
        put right, too. Raises WaitsForPeople, and what stopped it before anything was made."""
        numbers = self._wanted(environment)
        if not numbers:
            return self._put_right("repair", environment.id, prove=prove)
        return self._delivered(environment.id, numbers)

    def remove(self, identifier: str, *, erase: bool, confirm: str | None) -> Brought:
        """Take an environment down; with `erase` and its id repeated in `confirm`, erase its data too.
        Raises as `bring`."""
        numbers = self._asked(f"/environments/{identifier}/removal", {"erase": erase, "confirm": confirm})
        if not numbers:
            return self._put_right("remove", identifier)
        return self._delivered(identifier, numbers)

    def deliver(self, number: str) -> "Outcome | None":
        """Have a request delivered; what that did to an environment. Raises what stopped it."""
        state = self.api.get(f"/requests/{number}")["state"]
        return waiting.delivered(number, state, self.api, self.show)

    def decided(self, act: Callable[[], T]) -> T:
        """What `act` returns; with `--wait` it goes on after people have decided what it waits for."""
        while True:
            try:
                return act()
            except WaitsForPeople as waits:
                if not self.way.wait:
                    raise
                self._until_decided(waits)

    def _until_decided(self, waits: WaitsForPeople) -> None:
        """Returns when it was granted. Raises RefusedError when it has ended otherwise."""
        from yunzu.model.requests import UNDECIDED

        stderr(f"{waits.subject}: {waits.fact}")
        while True:
            request = self.api.get(f"/requests/{waits.number}")
            if request["result"] == "granted":
                return
            if request["state"] not in UNDECIDED:
                fact = f"is {request['state']}" + (f": {request['reason']}" if request["reason"] else "")
                raise RefusedError(waits.subject, fact, "nothing was changed")
            time.sleep(_LOOK_EVERY_S)

    def _is_new(self, department: str) -> bool:
        try:
            self.api.get(f"/departments/{department}")
        except NotFoundError:
            return True
        return False

    def _register(self, department: "Department") -> None:
        for number in self._wanted(department):
            self.deliver(number)

    def _wanted(self, manifest: "Department | Environment") -> list[str]:
        from yunzu.model.hashes import content
        from yunzu.services.requests import working_copy

        base = working_copy.base_of(self.tenants, manifest) if self.tenants else None
        numbers = self._asked("/manifests", {"manifest": content(manifest), "base": base})
        if self.tenants:
            working_copy.now_approved(self.tenants, manifest)
        return numbers

    def _asked(self, path: str, words: dict[str, Any]) -> list[str]:
        """Numbers of what is to be delivered. Raises WaitsForPeople."""
        from yunzu.clients.api import understood
        from yunzu.model.answers.manifests import AskedAnswer
        from yunzu.model.answers.problem import error_of

        found: AskedAnswer = understood(AskedAnswer, self.api.post(path, words | self.way.words))
        if found.waiting is not None:
            raise WaitsForPeople(found.waiting.request or "", error_of(found.waiting.problem))
        return [one.id for one in found.requests if one.id]

    def _delivered(self, identifier: str, numbers: list[str]) -> Brought:
        """Raises what stopped one, unless something is there already that was not proven."""
        from yunzu.model.answers.outcomes import Outcome

        outcome = Outcome()
        for number in numbers:
            try:
                ended = self.deliver(number)
            except YunzuError as error:
                ended = self._what_failed(number)
                if ended is None or ended.ok:
                    raise
                return Brought(identifier, number, outcome.followed_by(ended), error)
            outcome = outcome.followed_by(ended) if ended else outcome
        return Brought(identifier, numbers[-1], outcome)

    def _what_failed(self, number: str) -> "Outcome | None":
        from yunzu.clients.api import understood
        from yunzu.model.answers.requests import DeliveryAnswer

        return understood(DeliveryAnswer, self.api.get(f"/requests/{number}/delivery")).outcome

    def _put_right(self, kind: Any, identifier: str, **words: Any) -> Brought:
        from yunzu.model.answers.jobs import RepairAnswer

        done = jobs.result(RepairAnswer, kind, identifier, self.api, show=self.show, **words)
        return Brought(identifier, done.request, done.outcome)
