"""Bring what manifests say about, through requests: asked for, granted by rule or people, delivered, proven.

Where nothing differs from what is approved, what is there is put right: its request was granted before.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from yunzu.errors import RefusedError, YunzuError
from yunzu.model.manifests import Department, Environment
from yunzu.model.permissions import refusal_of_repair
from yunzu.records import approved, request_history, requests
from yunzu.records.requests import Request
from yunzu.services import environments, inventory, removal, verification
from yunzu.services.requests import delivering, queueing
from yunzu.services.requests.asking import Asking, ask, ask_to_remove, removals_left
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.office import Office
from yunzu.services.requests.outcomes import COMPLETED, FAILED, Outcome
from yunzu.services.requests.truth import Truth

Wait = Callable[[Request], None]
"""Returns when a request is delivered that is queued for it; raises what stopped it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One environment where its manifest says; `request` has approved it. `failure`: what stopped it, where
    something is there already that was not proven."""

    id: str
    request: str | None
    outcome: Outcome
    failure: YunzuError | None = None

    @property
    def seconds(self) -> float:
        """From the call to the last change."""
        return self.outcome.seconds


@dataclass(frozen=True)
class Bringing:
    """Who asks, what deliveries work with, and how one is waited for; omitted: it is delivered here."""

    asking: Asking
    with_: Delivery
    waits: Wait | None = None

    def deliver(self, request: Request) -> Request:
        """Have it delivered; returns it as it then is. Raises what stopped it."""
        if request.state != "granted":  # somebody asks for another try, and has to be permitted
            queueing.ask(request.number, actor=self.asking.actor, office=self.asking.office)
        if self.waits is None:
            return delivering.deliver(request.number, with_=self.with_)
        self.waits(request)
        with self.asking.office.records.transaction() as connection:
            return requests.find(connection, request.number)


def bring_all(
    department: Department, wanted: Iterable[Environment], by: Bringing, *, prove: bool
) -> Iterator[Brought]:
    """Bring a department and environments of it to their manifests, each yielded when it is done.

    A new department comes first. What changes in one that is there comes last: it often waits for people,
    and no environment waits for that. Raises as `bring`.
    """
    with by.asking.office.records.transaction() as connection:
        is_new = Truth(connection).find(Department, department.id) is None
    if is_new:
        _register(department, by)
    for environment in wanted:
        yield bring(environment, by, prove=prove)
    if not is_new:
        _register(department, by)


def _register(department: Department, by: Bringing) -> None:
    for request in ask(department, by.asking):
        by.deliver(request)


def bring(environment: Environment, by: Bringing, *, prove: bool = False) -> Brought:
    """Bring an environment to its manifest. What was asked for is proven; with `prove`, what is only put
    right, too. Raises as `asking.ask`, and what stopped it before anything was made.
    """
    names = environment.department, environment.name
    environments.check_namespace(environment.namespace, *names, by.with_.centre)  # else it would be filed
    found = ask(environment, by.asking)
    if not found:
        return _put_right(environment, by, prove=prove)
    outcome = Outcome()
    for request in found:
        failure = None
        try:
            by.deliver(request)
        except YunzuError as error:
            failure = error
        ended = outcome_of(request.number, by.asking.office)
        outcome = outcome.followed_by(ended) if ended else outcome
        if failure is not None:
            if ended is None or ended.ok:
                raise failure
            return Brought(environment.id, request.number, outcome, failure)
    return Brought(environment.id, found[-1].number, outcome)


def _put_right(environment: Environment, by: Bringing, *, prove: bool) -> Brought:
    if why := refusal_of_repair(by.asking.actor, environment.department):
        raise RefusedError(environment.id, why, "nothing was changed")
    centre = by.with_.centre
    with by.asking.office.records.transaction() as connection:
        catalogue = Truth(connection).catalogue()
        now = approved.current(connection, Environment.__name__, environment.id)
    applied = environments.apply(
        environment.id, catalogue=catalogue, centre=centre, on_event=by.with_.on_event
    )
    probes = (
        verification.verify(environment.id, catalogue=catalogue, centre=centre, on_probe=by.with_.on_probe)
        if prove
        else []
    )
    return Brought(environment.id, now.request if now else None, Outcome.of(applied, probes))


def remove(identifier: str, by: Bringing, *, erase: bool, confirm: str | None) -> Brought:
    """Take an environment down; with `erase` and its id repeated in `confirm`, erase its data too.

    Raises NotFoundError, RefusedError without the confirmation or for who may not, as `asking.ask`, and
    what stopped it.
    """
    removal.check_confirmed(identifier, erase=erase, confirm=confirm)
    found = removals_left(identifier, erase=erase, office=by.asking.office)
    if not found:  # else it may be gone already, and only that is not entered yet
        entry = inventory.environment(identifier, centre=by.with_.centre)
        found = ask_to_remove(identifier, erase=erase, asking=by.asking)
    if not found:
        return _taken_down_again(identifier, entry.department, by)
    for request in found:
        by.deliver(request)
    return Brought(identifier, found[-1].number, outcome_of(found[-1].number, by.asking.office) or Outcome())


def _taken_down_again(identifier: str, department: str, by: Bringing) -> Brought:
    """It is retired: what came to be there since goes, as its request has it."""
    if why := refusal_of_repair(by.asking.actor, department):
        raise RefusedError(identifier, why, "nothing was changed")
    started = time.monotonic()
    with_ = by.with_
    removed = removal.destroy(
        identifier, erase=False, confirm=None, centre=with_.centre, on_event=with_.on_event
    )
    with by.asking.office.records.transaction() as connection:
        now = approved.current(connection, Environment.__name__, identifier)
    outcome = Outcome.of_removal(removed, time.monotonic() - started)
    return Brought(identifier, now.request if now else None, outcome)


def outcome_of(number: str, office: Office) -> Outcome | None:
    """What the last delivery of a request came to, as its end is entered; None: nothing of an environment."""
    with office.records.transaction() as connection:
        moves = request_history.moves(connection, number)
    ends = [one for one in moves if one.move in (COMPLETED, FAILED)]
    return Outcome.recorded(ends[-1].detail) if ends else None
