"""Put right what is approved already: what was changed behind the centre's back goes back to it."""

import time

from yunzu.errors import RefusedError
from yunzu.model.answers.jobs import RepairAnswer
from yunzu.model.manifests import Environment
from yunzu.records import approved
from yunzu.services import environments, removal, verification
from yunzu.services.manifests import Catalogue
from yunzu.services.requests import outcomes
from yunzu.services.requests.delivering import Delivery


def repair(environment: str, catalogue: Catalogue, with_: Delivery, *, prove: bool) -> RepairAnswer:
    """Bring an environment to its approved manifest; with `prove` prove it as well. Raises as
    `environments.apply` and `verification.verify`."""
    centre = with_.centre
    applied = environments.apply(environment, catalogue=catalogue, centre=centre, on_event=with_.on_event)
    probes = (
        verification.verify(environment, catalogue=catalogue, centre=centre, on_probe=with_.on_probe)
        if prove
        else []
    )
    return RepairAnswer(request=_approved_by(environment, with_), outcome=outcomes.of_apply(applied, probes))


def remove(environment: str, catalogue: Catalogue, with_: Delivery) -> RepairAnswer:
    """Take down again what is retired and came to be there since. Raises as `removal.destroy`, and
    RefusedError for what is approved."""
    if environment in catalogue.environments:
        raise RefusedError(environment, "is approved", "`yunzu env destroy` asks for its end")
    started = time.monotonic()
    removed = removal.destroy(
        environment, erase=False, confirm=None, centre=with_.centre, on_event=with_.on_event
    )
    outcome = outcomes.of_removal(removed, time.monotonic() - started)
    return RepairAnswer(request=_approved_by(environment, with_), outcome=outcome)


def _approved_by(environment: str, with_: Delivery) -> str | None:
    """The request that has made it what it is, or has ended it."""
    with with_.office.records.transaction() as connection:
        found = approved.current(connection, Environment.__name__, environment)
    return found.request if found else None
