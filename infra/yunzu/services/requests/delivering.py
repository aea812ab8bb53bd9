"""Deliver what was granted, and prove it: the promise's clock stops when that passes its probes.

Workers deliver; whoever grants, or asks again, only has it queued. Level, not edge: a delivery that was cut
short is gone on with by the next one, and ends in the same state.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from yunzu.errors import BusyError, FencedError, InterruptError, RefusedError, UnreachableError, YunzuError
from yunzu.model.actors import Actor, system
from yunzu.model.permissions import Action
from yunzu.model.requests import State, transition
from yunzu.records import deliveries, fencing, grants, queue, request_history, requests
from yunzu.records.deliveries import Progress
from yunzu.records.fencing import Writer
from yunzu.records.requests import Request
from yunzu.services import environments, inventory, removal, verification
from yunzu.services.centre import Centre, OnEvent
from yunzu.services.environments import Applied
from yunzu.services.leases.tenures import is_resumed_by_renewal
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe, failed
from yunzu.services.requests import moving
from yunzu.services.requests.granting import delivery_subject
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth
from yunzu.services.verification import OnProbe

PASSING = (UnreachableError, BusyError, FencedError)
"""What stops a delivery and may be gone in a while: a worker tries again by itself."""

ANOTHER_TRY_AFTER = timedelta(hours=1)  # of what the centre itself asked for and failed to deliver

_UNDER_WAY: tuple[State, ...] = ("granted", "delivering")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery works with, besides the request."""

    office: Office
    centre: Centre
    on_event: OnEvent | None = None
    on_probe: OnProbe | None = None


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
            handling.make("retry", actor)
        elif handling.state not in (*_UNDER_WAY, "done"):
            transition(handling.state, "deliver", request=f"request {number}")
        if handling.state in _UNDER_WAY:
            _queue(handling)
        return handling.request


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody sees who waits for a delivery: whether it is still to come, whether any worker is there,
    how far it has come, and what stopped the last try of one that has failed."""

    under_way: bool
    attended: bool
    progress: Progress
    error: YunzuError | None


def progress(number: str, *, office: Office) -> Seen:
    """How a delivery goes. Raises NotFoundError."""
    with office.records.transaction() as connection:
        request = requests.find(connection, number)
        found = deliveries.find(connection, number)
        under_way = request.state in _UNDER_WAY
        attended = not under_way or queue.is_attended(connection, "delivery")
    error = None
    if request.state == "failed":
        kind = _KINDS.get(found.exit_code or 1, YunzuError)
        subject, _, rest = (found.failure or request.reason or "").partition(": ")
        error = kind(subject, rest)
    return Seen(under_way, attended, found, error)


_KINDS = {one.exit_code: one for one in (RefusedError, UnreachableError)}


def queue_forgotten(office: Office) -> list[str]:
    """Queue what is to be delivered and has no job, whatever became of it; their numbers."""
    with office.records.transaction() as connection:
        found = requests.listed(connection, states=_UNDER_WAY)
        numbers = queue.undelivered(connection, [one.number for one in found])
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


def _queue(handling: Handling) -> None:
    request = handling.request
    deliveries.enter(handling.connection, request.number, Progress())
    queue.defer_delivery(handling.connection, request.number, subject=delivery_subject(request))


def deliver(number: str, *, with_: Delivery) -> Request:
    """Deliver a granted request, go on with a delivery, or try a failed one again: a worker's job.

    Returns it as `done`; delivering it again changes nothing. Raises the error that stopped it, after
    entering it as the reason why the request is `failed`: the clock runs on, and a next try goes on. Raises
    BusyError while another process delivers it, and RefusedError for what is not granted.
    """
    office = with_.office
    with fencing.hold(office.records, f"request {number}") as writer:
        catalogue = _begun(number, office, writer)
        if catalogue is not None:
            try:
                _perform(number, catalogue, with_)
            except InterruptError:
                raise  # it is still being delivered: the next try goes on
            except YunzuError as error:
                _fail(number, office, writer, error)
                raise
            except Exception as error:
                _fail(number, office, writer, _unforeseen(number, error))
                raise
        done = _completed(number, office, writer)
    _let_others_go_on(done, office)
    return done


def _unforeseen(number: str, error: Exception) -> YunzuError:
    """Without its text, which may hold anything."""
    fact = f"its delivery met what nobody foresaw ({type(error).__name__})"
    return YunzuError(f"request {number}", fact, "see the log of the worker that delivered it")


def _begun(number: str, office: Office, writer: Writer) -> Catalogue | None:
    """Enter that it is being delivered; the catalogue that is delivered from. None: it is done already."""
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "done":
            return None
        if handling.state == "failed":
            handling.make("retry", system("delivery"))
        elif handling.state != "delivering":  # where it is, a delivery was cut short
            handling.make("deliver", system("delivery"))
        deliveries.enter(connection, number, Progress(doing="begins"))
        return Truth(connection).catalogue()


def _perform(number: str, catalogue: Catalogue, with_: Delivery) -> None:
    with with_.office.records.transaction() as connection:
        request = requests.find(connection, number)
    if request.item not in RECORDED_ONLY:
        PERFORMING[request.item](request.subject, catalogue, with_)


Performing = Callable[[str, Catalogue, Delivery], None]


def _proven(bring: Callable[..., Applied]) -> Performing:
    """Bring an environment to where it should be, and prove that it is there as its tenant."""

    def perform(environment: str, catalogue: Catalogue, with_: Delivery) -> None:
        centre = with_.centre
        bring(environment, catalogue=catalogue, centre=centre, on_event=with_.on_event)
        probes = verification.verify(environment, catalogue=catalogue, centre=centre, on_probe=with_.on_probe)
        _require(environment, probes)

    return perform


_apply = _proven(environments.apply)


def _renew(environment: str, catalogue: Catalogue, with_: Delivery) -> None:
    """A renewal ends the suspension that the end of the lease had brought, and no other."""
    resumed = is_resumed_by_renewal(environment, with_.office)
    _proven(environments.resume if resumed else environments.apply)(environment, catalogue, with_)


def _require(environment: str, probes: list[Probe]) -> None:
    if red := failed(probes):
        names = ", ".join(probe.name for probe in red[:3])
        raise YunzuError(environment, f"{len(red)} of {len(probes)} probes are red: {names}", red[0].detail)


def _apply_all(department: str, catalogue: Catalogue, with_: Delivery) -> None:
    """A department's people have their access in all of its environments that are up."""
    up = {one.id for one in inventory.environments(centre=with_.centre) if one.state in _UP}
    for identifier, environment in catalogue.environments.items():
        if environment.department == department and identifier in up:
            _apply(identifier, catalogue, with_)


def apply_people(department: str, *, with_: Delivery) -> None:
    """Bring a department's environments to who has access now, after an account was disabled or enabled."""
    with with_.office.records.transaction() as connection:
        catalogue = Truth(connection).catalogue()
    _apply_all(department, catalogue, with_)


_UP = frozenset({"active", "failed", "suspended"})


def _retire(environment: str, _: Catalogue, with_: Delivery) -> None:
    """Its home goes, its data are retained, what it held of quota and room is free."""
    known = {one.id for one in inventory.environments(centre=with_.centre)}
    if environment in known:  # else its delivery failed before anything was made
        removal.destroy(environment, erase=False, confirm=None, centre=with_.centre, on_event=with_.on_event)
    with with_.office.records.transaction() as connection:
        grants.lock(connection)
        grants.release(connection, environment)


PERFORMING: Mapping[str, Performing] = {
    "environment.new": _apply,
    "environment.resize": _apply,
    "environment.renew": _renew,
    "environment.suspend": _proven(environments.suspend),
    "environment.resume": _proven(environments.resume),
    "environment.retire": _retire,
    "department.people": _apply_all,
}
"""Item -> what is done on the servers."""

RECORDED_ONLY = frozenset(
    {"department.new", "department.quota", "quota.change", "plan.change", "price.change"}
    | {"item.change", "calendar.change"}
)
"""Items whose approved manifest is all that there is to deliver."""


def _fail(number: str, office: Office, writer: Writer, error: YunzuError) -> None:
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "delivering":
            handling.make("fail", system("delivery"), reason=str(error))
            deliveries.enter(connection, number, Progress(failure=str(error), exit_code=error.exit_code))


def _completed(number: str, office: Office, writer: Writer) -> Request:
    """Done, and proven: what is approved is what was decided, unless a later decision has changed it."""
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "delivering":
            handling.make("complete", system("delivery"))
        return handling.request


def _let_others_go_on(done: Request, office: Office) -> None:
    """Those that needed it, and those that waited for what it gave back: what is granted now is queued."""
    with office.records.transaction() as connection:
        needing = requests.listed(connection, needing=done.number, states=["accepted"])
    for one in reversed(needing):
        with suppress(RefusedError):  # what stands in its way is its own applicant's to see
            moving.go_on(one.number, office=office)
    if done.item in ("environment.retire", "environment.resize"):
        moving.admit_waiting(office)
