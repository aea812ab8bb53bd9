"""Deliver what was granted, and prove it: the promise's clock stops when that passes its probes.

Level, not edge: a delivery that was cut short is gone on with by the next one, and ends in the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass

from yunzu.errors import RefusedError, YunzuError
from yunzu.model.actors import Actor, system
from yunzu.records import grants, requests
from yunzu.records.requests import Request
from yunzu.services import environments, inventory, removal, verification
from yunzu.services.centre import Centre, OnEvent
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe, failed
from yunzu.services.requests import moving
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth
from yunzu.services.verification import OnProbe


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery works with, besides the request."""

    office: Office
    centre: Centre
    on_event: OnEvent | None = None
    on_probe: OnProbe | None = None


def deliver(number: str, *, with_: Delivery, actor: Actor | None = None) -> Request:
    """Deliver a granted request, or go on with a delivery; `actor` is who asks for another try.

    Returns it as `done`; delivering it again changes nothing. Raises the error that stopped it, after
    entering it as the reason why the request is `failed`: the clock runs on, and a next try goes on.
    """
    catalogue = _begun(number, with_.office, actor)
    if catalogue is None:
        with with_.office.records.transaction() as connection:
            return requests.find(connection, number)
    try:
        _perform(number, catalogue, with_)
    except YunzuError as error:
        _fail(number, with_.office, str(error))
        raise
    done = _completed(number, with_.office)
    _let_others_go_on(done, with_.office)
    return done


def _begun(number: str, office: Office, actor: Actor | None) -> Catalogue | None:
    """Enter that it is being delivered; the catalogue that is delivered from. None: it is done already."""
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        if handling.state == "done":
            return None
        if handling.state == "failed":
            if actor is not None:
                handling.permit(actor, "retry")
            handling.make("retry", actor or system("delivery"))
        elif handling.state != "delivering":  # where it is, a delivery was cut short
            handling.make("deliver", system("delivery"))
        return Truth(connection).catalogue()


def _perform(number: str, catalogue: Catalogue, with_: Delivery) -> None:
    with with_.office.records.transaction() as connection:
        request = requests.find(connection, number)
    subject, centre = request.subject, with_.centre
    performing: dict[str, Callable[[], None]] = {
        "environment.new": lambda: _apply(subject, catalogue, with_),
        "environment.resize": lambda: _apply(subject, catalogue, with_),
        "environment.renew": lambda: _apply(subject, catalogue, with_),
        "environment.retire": lambda: _retire(subject, centre, with_),
        "department.people": lambda: _apply_all(subject, catalogue, with_),
    }
    performing.get(request.item, lambda: None)()


def _apply(environment: str, catalogue: Catalogue, with_: Delivery) -> None:
    """Bring it up and prove it as its tenant."""
    centre = with_.centre
    environments.apply(environment, catalogue=catalogue, centre=centre, on_event=with_.on_event)
    probes = verification.verify(environment, catalogue=catalogue, centre=centre, on_probe=with_.on_probe)
    _require(environment, probes)


def _require(environment: str, probes: list[Probe]) -> None:
    if red := failed(probes):
        names = ", ".join(probe.name for probe in red[:3])
        raise YunzuError(environment, f"{len(red)} of {len(probes)} probes are red: {names}", red[0].detail)


def _apply_all(department: str, catalogue: Catalogue, with_: Delivery) -> None:
    """A department's people have their access in all of its environments that are up."""
    up = {one.id for one in inventory.environments(centre=with_.centre) if one.state in ("active", "failed")}
    for identifier, environment in catalogue.environments.items():
        if environment.department == department and identifier in up:
            _apply(identifier, catalogue, with_)


def _retire(environment: str, centre: Centre, with_: Delivery) -> None:
    """Its home goes, its data are retained, what it held of quota and room is free."""
    removal.destroy(environment, erase=False, confirm=None, centre=centre, on_event=with_.on_event)
    with with_.office.records.transaction() as connection:
        grants.lock(connection)
        grants.release(connection, environment)


def _fail(number: str, office: Office, reason: str) -> None:
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        if handling.state == "delivering":
            handling.make("fail", system("delivery"), reason=reason)


def _completed(number: str, office: Office) -> Request:
    """Done, and proven: what is approved is what was decided, unless a later decision has changed it."""
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        if handling.state == "delivering":
            handling.make("complete", system("delivery"))
        return handling.request


def _let_others_go_on(done: Request, office: Office) -> None:
    """Those of its bundle that needed it, and those that waited for what it gave back."""
    with office.records.transaction() as connection:
        others = requests.listed(connection, bundle=done.bundle) if done.bundle else []
    for one in others:
        if done.number in one.needs and one.state == "accepted":
            try:
                moving.go_on(one.number, office=office)
            except RefusedError:
                continue  # what stands in its way is its own applicant's to see
    if done.item in ("environment.retire", "environment.resize"):
        moving.admit_waiting(office)
