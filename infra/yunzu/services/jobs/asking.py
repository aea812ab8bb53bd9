"""Ask for a job, and see what has become of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor
from yunzu.model.answers.jobs import JobWords
from yunzu.model.hashes import content
from yunzu.model.jobs import PERSONAL, SEALED, refusal_of_job
from yunzu.model.manifests import Environment, Manifest
from yunzu.model.sealing import check_public
from yunzu.records import jobs, queue
from yunzu.records.jobs import Job
from yunzu.services.inventory import parts
from yunzu.services.requests.office import Office
from yunzu.services.requests.proposing import owner
from yunzu.services.requests.truth import Truth

KEPT = timedelta(hours=1)
"""How long what came of a job can be read."""
BEGUN_WITHIN = timedelta(minutes=5)
"""Who has waited longer waits no more: credentials must not be handed out to nobody."""
AT_ONCE = 8
"""Jobs of one account under way: nobody's looking holds up others' deliveries."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as it is, and whether any worker is there."""

    job: Job
    attended: bool


def ask(words: JobWords, manifests: Sequence[Manifest], *, actor: Actor, office: Office) -> Seen:
    """Queue it for the workers; `manifests` are those of the words. Raises RefusedError where the actor may
    not have it done, or has too much under way; UsageError where a recipient is missing, or given for what
    is no secret."""
    department, _ = parts(words.environment)
    account = (words.account or actor.account) if words.kind in PERSONAL else None
    guest = actor.department not in (None, department) and _is_guest(words.environment, actor, office)
    if why := refusal_of_job(actor, words.kind, department, account, guest=guest):
        raise RefusedError(words.environment, why, "nothing was done")
    if any(owner(one) != department for one in manifests):
        raise UsageError(words.environment, "takes manifests of its own department only")
    if words.kind in SEALED:
        check_public(words.recipient or "")
    elif words.recipient is not None:
        raise UsageError(f"job {words.kind}", "has no secret to seal", "leave the recipient away")
    job = Job(
        id=secrets.token_hex(8),
        kind=words.kind,
        environment=words.environment,
        account=actor.account,
        arguments={
            "department": actor.department,
            "account": account,
            "binding": words.binding,
            "manifests": [content(one) for one in manifests],
            "prove": words.prove,
        },
        recipient=words.recipient,
        asked_at=office.now(),
    )
    with office.records.transaction() as connection:
        if jobs.under_way(connection, actor.account, office.now() - BEGUN_WITHIN) >= AT_ONCE:
            fact = f"has {AT_ONCE} jobs under way"
            raise RefusedError(f"account {actor.account}", fact, "wait for one of them")
        jobs.enter(connection, job)
        queue.defer_job(connection, job.id)
        return Seen(job, queue.is_attended(connection, "delivery"))


def _is_guest(environment: str, actor: Actor, office: Office) -> bool:
    """Whether the environment is granted to the actor today."""
    with office.records.transaction() as connection:
        found = Truth(connection).find(Environment, environment)
    return found is not None and any(
        one.account == actor.account for one in found.on(office.day).access or ()
    )


def show(identifier: str, *, actor: Actor, office: Office) -> Seen:
    """A job of one's own. Raises NotFoundError for any other one."""
    with office.records.transaction() as connection:
        job = jobs.find(connection, identifier, actor.account)
        return Seen(job, queue.is_attended(connection, "delivery"))


def forget(office: Office) -> int:
    """Forget those that were asked for too long ago; how many those were."""
    with office.records.transaction() as connection:
        return jobs.forget(connection, office.now() - KEPT)
