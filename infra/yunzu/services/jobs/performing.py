"""Do what a job asks for: a worker's task.

A job is begun again after a worker died, and its end is entered once. What is a secret leaves the worker
sealed; that it was handed out is entered in the transaction that ends the job.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from yunzu.errors import InterruptError, NotFoundError, UnreachableError, UsageError, YunzuError
from yunzu.model.answers.common import Answer
from yunzu.model.answers.jobs import (
    CredentialAnswer,
    CredentialsAnswer,
    PlaceAnswer,
    PlacesAnswer,
    PlanAnswer,
    ProbeAnswer,
    StepAnswer,
    VerdictAnswer,
)
from yunzu.model.answers.problem import problem_of
from yunzu.model.blueprints import misfits
from yunzu.model.jobs import SEALED, Kind
from yunzu.model.manifests import Department, Environment
from yunzu.model.sealing import seal
from yunzu.records import jobs
from yunzu.records.jobs import Job
from yunzu.services import credentials, environments, inventory, kubeconfigs, verification
from yunzu.services.jobs import repairing
from yunzu.services.jobs.asking import BEGUN_WITHIN
from yunzu.services.jobs.veiling import Veil
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe
from yunzu.services.requests import outcomes
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.truth import Truth, parsed


@dataclass(frozen=True, slots=True)
class Performed:
    """What came of it; `entering` what is entered in the transaction that ends the job."""

    result: Answer
    entering: Callable[[Connection], None] | None = None


def perform(identifier: str, *, with_: Delivery) -> None:
    """Do it, and enter what came of it. Raises what nobody foresaw, after entering that."""
    office = with_.office
    with office.records.transaction() as connection:
        job = jobs.begin(connection, identifier)
        catalogue = Truth(connection).catalogue(office.day)
    if job is None:
        return
    try:
        if office.now() - job.asked_at > BEGUN_WITHIN:
            fact = f"was not begun within {BEGUN_WITHIN.total_seconds() / 60:.0f} minutes"
            raise UnreachableError(f"job {identifier}", fact, "`yunzu up` starts workers; then ask again")
        done = PERFORMING[job.kind](job, catalogue, with_)
        _end(job, done, with_)
    except InterruptError:
        raise  # another worker begins it again
    except YunzuError as error:
        _fail(job, error, with_)
    except Exception as error:
        fact = f"met what nobody foresaw ({type(error).__name__})"
        _fail(job, YunzuError(f"job {identifier}", fact, "see the log of the worker"), with_)
        raise


def _end(job: Job, done: Performed, with_: Delivery) -> None:
    text = done.result.model_dump_json()
    is_secret = job.kind in SEALED
    sealed = seal(text.encode(), job.recipient or "", job.id) if is_secret else None
    result = None if is_secret else done.result.model_dump(mode="json")
    with with_.office.records.transaction() as connection:
        if done.entering:
            done.entering(connection)
        jobs.end(connection, job.id, with_.office.now(), result=result, sealed=sealed)


def _fail(job: Job, error: YunzuError, with_: Delivery) -> None:
    with with_.office.records.transaction() as connection:
        failure = problem_of(error).model_dump(mode="json")
        jobs.end(connection, job.id, with_.office.now(), failure=failure)


def _where(job: Job, _: Catalogue, with_: Delivery) -> Performed:
    found = inventory.where(job.environment, centre=with_.centre)
    places = (PlaceAnswer(what=one.what, where=one.where, remark=one.remark) for one in found)
    return Performed(PlacesAnswer(items=tuple(places)))


def _plan(job: Job, catalogue: Catalogue, with_: Delivery) -> Performed:
    wanted = _proposed(job, catalogue).on(with_.office.day)
    found = environments.preview(
        job.environment, catalogue=wanted, centre=with_.centre, on_event=with_.on_event
    )
    steps = (
        StepAnswer(op=one.op, type=one.type, name=one.name, paths=one.paths, check=one.check)
        for one in found.steps
    )
    return Performed(PlanAnswer(changes=outcomes.counts(found.changes), steps=tuple(steps)))


def _proposed(job: Job, catalogue: Catalogue) -> Catalogue:
    """What is approved, with what the job's manifests say in its place. Raises InvalidInputError,
    NotFoundError, UsageError."""
    departments, wanted = {**catalogue.departments}, {**catalogue.environments}
    for document in job.arguments["manifests"]:
        one = parsed(document["kind"], document)
        if isinstance(one, Department):
            departments[one.id] = one
        elif isinstance(one, Environment):
            wanted[one.id] = one
    both = replace(catalogue, departments=departments, environments=wanted)
    environment = both.environment(job.environment)
    both.department(environment.department)
    if found := list(misfits(environment, both.plan(environment.plan))):
        raise UsageError(job.environment, "; ".join(message for _, _, message in found))
    return both


def _verify(job: Job, catalogue: Catalogue, with_: Delivery) -> Performed:
    whose = job.arguments["department"]
    veil = Veil(whose, inventory.environments(with_.centre.records)) if whose else None

    def tell(made: Probe) -> None:
        probe = veil(made) if veil else made
        if with_.on_probe:
            with_.on_probe(probe)
        seconds = round(probe.seconds, 4)
        part = ProbeAnswer(name=probe.name, ok=probe.ok, seconds=seconds, detail=probe.detail)
        with with_.office.records.transaction() as connection:
            jobs.add(connection, job.id, part.model_dump(mode="json"))

    found = verification.verify(job.environment, catalogue=catalogue, centre=with_.centre, on_probe=tell)
    return Performed(VerdictAnswer(ok=all(one.ok for one in found)))


def _kubeconfig(job: Job, catalogue: Catalogue, with_: Delivery) -> Performed:
    account = job.arguments["account"]
    return Performed(
        kubeconfigs.for_person(job.environment, account, catalogue=catalogue, centre=with_.centre)
    )


def _offer(job: Job, catalogue: Catalogue, with_: Delivery, *, hand_out: bool = False) -> Performed:
    account, binding = job.arguments["account"], job.arguments["binding"]
    offer = credentials.offer(job.environment, account, binding, catalogue=catalogue, centre=with_.centre)
    items = tuple(
        CredentialAnswer(
            binding=name,
            slot=offer.slot,
            secret=offer.secret(name),
            values=dict(values) if hand_out else None,
        )
        for name, values in offer.values.items()
    )
    entering = partial(credentials.enter, offer, with_.centre) if hand_out else None
    return Performed(CredentialsAnswer(account=offer.account, items=items), entering)


def _repair(job: Job, catalogue: Catalogue, with_: Delivery) -> Performed:
    if job.environment not in catalogue.environments:
        raise NotFoundError(
            job.environment, "is not approved", f"`yunzu env apply {job.environment}` asks for it"
        )
    return Performed(repairing.repair(job.environment, catalogue, with_, prove=job.arguments["prove"]))


def _remove(job: Job, catalogue: Catalogue, with_: Delivery) -> Performed:
    return Performed(repairing.remove(job.environment, catalogue, with_))


PERFORMING: Mapping[Kind, Callable[[Job, Catalogue, Delivery], Performed]] = {
    "where": _where,
    "plan": _plan,
    "verify": _verify,
    "kubeconfig": _kubeconfig,
    "offer": _offer,
    "credentials": partial(_offer, hand_out=True),
    "repair": _repair,
    "remove": _remove,
}
"""Kind -> what is done."""
