"""Deliver what was granted, and prove it: the promise's clock stops when that passes its probes.

Workers deliver; whoever grants, or asks again, only has it queued. Level, not edge: a delivery that was cut
short is gone on with by the next one, and ends in the same state.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from yunzu.errors import BusyError, FencedError, InterruptError, RefusedError, UnreachableError, YunzuError
from yunzu.model.actors import system
from yunzu.model.answers.outcomes import Outcome
from yunzu.model.answers.problem import problem_of
from yunzu.model.manifests import Department, Environment
from yunzu.records import deliveries, fencing, grants, queue, requests
from yunzu.records.deliveries import Progress
from yunzu.records.fencing import Writer
from yunzu.records.requests import Request
from yunzu.services import environments, inventory, removal, shutting_out, verification
from yunzu.services.centre import Centre, OnEvent
from yunzu.services.environments import Applied
from yunzu.services.leases.automation import Pointless, check_hours, look_again
from yunzu.services.leases.tenures import is_resumed_by_new_grant, is_resumed_by_renewal
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe, failed
from yunzu.services.requests import moving, outcomes
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth
from yunzu.services.verification import OnProbe

PASSING = (UnreachableError, BusyError, FencedError)
"""What stops a delivery and may be gone in a while: a worker tries again by itself."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery works with, besides the request."""

    office: Office
    centre: Centre
    on_event: OnEvent | None = None
    on_probe: OnProbe | None = None


def deliver(number: str, *, with_: Delivery) -> Request:
    """Deliver a granted request, go on with a delivery, or try a failed one again: a worker's job.

    Returns it as `done`, or as `abandoned` where the centre's own reason for it is gone; delivering it again
    changes nothing. Raises the error that stopped it, after
    entering it as the reason why the request is `failed`: the clock runs on, and a next try goes on. Raises
    BusyError while another process delivers it, and RefusedError for what is not granted.
    """
    office = with_.office
    with fencing.hold(office.records, f"request {number}") as writer:
        catalogue = _begun(number, office, writer, found := Found())
        if catalogue is not None:
            try:
                _perform(number, catalogue, with_, found)
            except InterruptError:
                raise  # it is still being delivered: the next try goes on
            except YunzuError as error:
                _fail(number, office, writer, error, found)
                raise
            except Exception as error:
                _fail(number, office, writer, _unforeseen(number, error), found)
                raise
        done = _completed(number, office, writer, found)
    if catalogue is not None:
        _admit_whom_it_missed(done, catalogue, office)
    _let_others_go_on(done, office)
    return done


def _unforeseen(number: str, error: Exception) -> YunzuError:
    """Without its text, which may hold anything."""
    fact = f"its delivery met what nobody foresaw ({type(error).__name__})"
    return YunzuError(f"request {number}", fact, "see the log of the worker that delivered it")


def _begun(number: str, office: Office, writer: Writer, found: "Found") -> Catalogue | None:
    """Enter that it is being delivered; the catalogue that is delivered from. None: it is done already."""
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "done":
            return None
        found.pointless = look_again(connection, handling.request, office)
        if handling.state == "failed":
            handling.make("retry", system("delivery"))
        elif handling.state != "delivering":  # where it is, a delivery was cut short
            handling.make("deliver", system("delivery"))
        deliveries.enter(connection, number, Progress(doing="begins"))
        return Truth(connection).catalogue(office.day)


@dataclass
class Found:
    """What a delivery has come to so far; kept with the move that ends it, whichever that is. `pointless`:
    why it ends without what was asked for."""

    outcome: Outcome | None = None
    pointless: Pointless | None = None

    @property
    def detail(self) -> dict[str, object]:
        return self.outcome.detail() if self.outcome else {}


def _perform(number: str, catalogue: Catalogue, with_: Delivery, found: Found) -> None:
    with with_.office.records.transaction() as connection:
        request = requests.find(connection, number)
        if found.pointless is None:
            check_hours(connection, request, with_.office)
    if found.pointless is not None:
        if found.pointless.is_begun:
            _proven(environments.resume)(request.subject, catalogue, with_, found)
    elif request.item not in RECORDED_ONLY:
        PERFORMING[request.item](request.subject, catalogue, with_, found)


Performing = Callable[[str, Catalogue, Delivery, Found], None]


def _proven(bring: Callable[..., Applied]) -> Performing:
    """Bring an environment to where it should be, and prove that it is there as its tenant."""

    def perform(environment: str, catalogue: Catalogue, with_: Delivery, found: Found) -> None:
        centre = with_.centre
        applied = bring(environment, catalogue=catalogue, centre=centre, on_event=with_.on_event)
        found.outcome = outcomes.of_apply(applied)
        probes = verification.verify(environment, catalogue=catalogue, centre=centre, on_probe=with_.on_probe)
        found.outcome = outcomes.of_apply(applied, probes)
        _require(environment, probes)

    return perform


_apply = _proven(environments.apply)


def _new(environment: str, catalogue: Catalogue, with_: Delivery, found: Found) -> None:
    """Whoever gets it anew gets it in use, also where an earlier right of use to it had been suspended."""
    resumed = is_resumed_by_new_grant(environment, with_.office)
    bring = partial(environments.resume, anew=True) if resumed else environments.apply
    _proven(bring)(environment, catalogue, with_, found)


def _renew(environment: str, catalogue: Catalogue, with_: Delivery, found: Found) -> None:
    """A renewal ends the suspension that the end of the lease had brought, and no other."""
    resumed = is_resumed_by_renewal(environment, with_.office)
    _proven(environments.resume if resumed else environments.apply)(environment, catalogue, with_, found)


def _require(environment: str, probes: list[Probe]) -> None:
    if red := failed(probes):
        names = ", ".join(probe.name for probe in red[:3])
        raise YunzuError(environment, f"{len(red)} of {len(probes)} probes are red: {names}", red[0].detail)


def _apply_all(department: str, catalogue: Catalogue, with_: Delivery, _: Found) -> None:
    """A department's people have their access in all of its environments that are up.

    One that cannot be reached does not keep a leaver's access alive in the others. Raises the first error.
    """
    up = {one.id for one in inventory.environments(with_.centre.records) if one.state in _UP}
    failures = []
    for identifier, environment in catalogue.environments.items():
        if environment.department == department and identifier in up:
            try:
                _apply(identifier, catalogue, with_, Found())
            except InterruptError:
                raise
            except YunzuError as error:
                failures.append(error)
    if failures:
        raise failures[0]


def apply_people(department: str, *, with_: Delivery) -> None:
    """Bring a department's environments to who has access now, after an account was disabled or enabled."""
    _apply_all(department, _catalogue(with_), with_, Found())


def put_right(environment: str, *, with_: Delivery) -> None:
    """Bring an environment to what holds of it now, after something that it was let have has ended."""
    catalogue = _catalogue(with_)
    if environment in catalogue.environments:  # else it was retired meanwhile
        _apply(environment, catalogue, with_, Found())


def shut_out(department: str, *, with_: Delivery) -> None:
    """Whoever may do less in a department than before has lost it in the cluster, in all its environments."""
    catalogue = _catalogue(with_)
    if department in catalogue.departments:
        shutting_out.shut_out(department, catalogue, with_.centre)


def _catalogue(with_: Delivery) -> Catalogue:
    """What holds now."""
    with with_.office.records.transaction() as connection:
        return Truth(connection).catalogue(with_.office.day)


_UP = frozenset({"active", "failed", "suspended"})


def _removed(*, erase: bool) -> Performing:
    """Its home goes, its data are retained or erased, what it held of quota and room is free."""

    def perform(environment: str, catalogue: Catalogue, with_: Delivery, found: Found) -> None:
        if environment in catalogue.environments:
            return  # approved anew since: what is there now is not what was to go
        known = {one.id for one in inventory.environments(with_.centre.records)}
        if environment in known:  # else its delivery failed before anything was made, or it is erased
            started = time.monotonic()
            confirm = environment if erase else None  # who filed it has repeated the id
            removed = removal.destroy(
                environment, erase=erase, confirm=confirm, centre=with_.centre, on_event=with_.on_event
            )
            found.outcome = outcomes.of_removal(removed, time.monotonic() - started)
        with with_.office.records.transaction() as connection:
            grants.lock(connection)
            anew = Truth(connection).find(Environment, environment)
            if anew is None:  # else that is who holds it now
                grants.release(connection, environment)

    return perform


PERFORMING: Mapping[str, Performing] = {
    "environment.new": _new,
    "environment.resize": _apply,
    "environment.renew": _renew,
    "environment.suspend": _proven(environments.suspend),
    "environment.resume": _proven(environments.resume),
    "environment.retire": _removed(erase=False),
    "environment.erase": _removed(erase=True),
    "egress.exception": _apply,
    "access.grant": _apply,
    "department.people": _apply_all,
}
"""Item -> what is done on the servers."""

RECORDED_ONLY = frozenset(
    {"department.new", "department.quota", "quota.change", "plan.change", "price.change"}
    | {"item.change", "calendar.change", "register.change"}
)
"""Items whose approved manifest is all that there is to deliver."""


def _fail(number: str, office: Office, writer: Writer, error: YunzuError, found: Found) -> None:
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "delivering":
            handling.make("fail", system("delivery"), reason=str(error), detail=found.detail)
            deliveries.enter(connection, number, Progress(failure=problem_of(error).model_dump(mode="json")))


def _completed(number: str, office: Office, writer: Writer, found: Found) -> Request:
    """Done, and proven: what is approved is what was decided, unless a later decision has changed it. What
    there was no reason for any more is given up."""
    with office.records.transaction() as connection:
        writer.guard(connection)
        handling = Handling(connection, number, office)
        if handling.state == "delivering" and found.pointless is not None:
            handling.make("abandon", system("delivery"), reason=found.pointless.reason, detail=found.detail)
        elif handling.state == "delivering":
            handling.make("complete", system("delivery"), detail=found.detail)
        return handling.request


def _admit_whom_it_missed(done: Request, delivered: Catalogue, office: Office) -> None:
    """People of the department may have changed since the catalogue was read: their environments learn it."""
    if done.department is None or done.subject_kind != Environment.__name__:
        return
    with office.records.transaction() as connection:
        now = Truth(connection).find(Department, done.department)
        if now != delivered.departments.get(done.department):
            queue.defer_admission(connection, done.department)


def _let_others_go_on(done: Request, office: Office) -> None:
    """Those that needed it, and those that waited for what it gave back: what is granted now is queued."""
    with office.records.transaction() as connection:
        needing = [one.number for one in requests.each(connection, needing=done.number, states=["accepted"])]
    for number in needing:
        with suppress(RefusedError):  # what stands in its way is its own applicant's to see
            moving.go_on(number, office=office)
    if done.item in ("environment.retire", "environment.erase", "environment.resize"):
        moving.admit_waiting(office)
