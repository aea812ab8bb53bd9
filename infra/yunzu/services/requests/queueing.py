"""Have what is granted delivered: queue it for the workers, see how far it has come, ask for another try."""

from dataclasses import dataclass
from datetime import timedelta

from yunzu.errors import YunzuError
from yunzu.model.actors import Actor
from yunzu.model.answers.outcomes import Outcome
from yunzu.model.answers.problem import Problem, error_of
from yunzu.model.manifests import Environment
from yunzu.model.permissions import Action
from yunzu.model.requests import State, transition
from yunzu.records import deliveries, queue, request_history, requests
from yunzu.records import environments as registry
from yunzu.records.deliveries import Progress
from yunzu.records.requests import Request
from yunzu.services.requests import moving, outcomes
from yunzu.services.requests.granting import delivery_subject
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth

ANOTHER_TRY_AFTER = timedelta(hours=1)  # of what the centre itself asked for and failed to deliver

_UNDER_WAY: tuple[State, ...] = ("granted", "delivering")


def ask(number: str, *, actor: Actor, office: Office) -> Request:
    """催办: have a request delivered now that is granted, was cut short or, asked by an operator, has failed.

    Returns it as it then is: `done` ones stay so. Raises NotFoundError, and RefusedError where the actor may
    not ask for it or it is not decided.
    """
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office, lock=False)
        asked: dict[State, Action] = {"failed": "retry", "done": "read"}
        handling.permit(actor, asked.get(handling.state, "urge"))
    moving.go_on(number, office=office)
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        if handling.state == "failed":
            handling.permit(actor, "retry")  # it may have failed since it was asked for
            handling.make("retry", actor)
        elif handling.state not in (*_UNDER_WAY, "done"):
            transition(handling.state, "deliver", request=f"request {number}")
        if handling.state in _UNDER_WAY:
            _queue(handling)
        return handling.request


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody sees who waits for a delivery: whether it is still to come, whether any worker is there,
    how far it has come, what stopped the last try of one that has failed, and what the last one that ended
    did to an environment."""

    under_way: bool
    attended: bool
    progress: Progress
    error: YunzuError | None
    outcome: Outcome | None


def progress(number: str, *, actor: Actor, office: Office) -> Seen:
    """How a delivery goes. Raises NotFoundError, and RefusedError where the actor may not see the request."""
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office, lock=False)
        handling.permit(actor, "read")
        request = handling.request
        found = deliveries.find(connection, number)
        under_way = request.state in _UNDER_WAY
        attended = not under_way or queue.is_attended(connection, "delivery")
        outcome = None if under_way else outcomes.of_request(connection, number)
    error = None
    if request.state == "failed":
        said = found.failure
        error = error_of(Problem.model_validate(said)) if said else YunzuError(*_failed(request))
    return Seen(under_way, attended, found, error, outcome)


def _failed(request: Request) -> tuple[str, str]:
    """Subject and fact of one of which nothing else is known."""
    return f"request {request.number}", f"failed: {request.reason}"


def queue_forgotten(office: Office) -> list[str]:
    """Queue what is to be delivered and has no job, whatever became of it; their numbers."""
    with office.records.transaction() as connection:
        found = [one.number for one in requests.each(connection, states=_UNDER_WAY)]
        numbers = queue.undelivered(connection, found)
    for number in numbers:
        with office.records.transaction() as connection:
            handling = Handling(connection, number, office)
            if handling.state in _UNDER_WAY:
                _queue(handling)
    return numbers


def queue_failed(numbers: list[str], office: Office) -> None:
    """Queue those of the requests whose delivery failed an hour ago or longer."""
    for number in numbers:
        with office.records.transaction() as connection:
            handling = Handling(connection, number, office)
            last = request_history.moves(connection, number)[-1]
            if handling.state == "failed" and handling.now - last.at >= ANOTHER_TRY_AFTER:
                _queue(handling)


def queue_ended(office: Office) -> list[str]:
    """Queue the environments of which something that was delivered has ended since, until it is gone; ids."""
    with office.records.transaction() as connection:
        truth, kind = Truth(connection), Environment.__name__
        found = registry.with_something_ended(connection, office.day)
        ended = [one for one in found if truth.hash_of(kind, one) is not None]
        for one in ended:
            queue.defer_putting_right(connection, one)
    return ended


def _queue(handling: Handling) -> None:
    request = handling.request
    deliveries.enter(handling.connection, request.number, Progress())
    queue.defer_delivery(handling.connection, request.number, subject=delivery_subject(request))
