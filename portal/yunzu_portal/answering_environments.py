"""From environments and jobs to the documents that the centre answers with."""

from collections.abc import Iterable
from typing import Any

from yunzu.model.answers.environments import (
    BucketAnswer,
    DatabaseAnswer,
    EnvironmentAnswer,
    EnvironmentsAnswer,
    TermAnswer,
)
from yunzu.model.answers.jobs import JobAnswer, ProbeAnswer
from yunzu.model.answers.problem import Problem
from yunzu.services.inventory import Entry
from yunzu.services.jobs.asking import Seen


def environments(found: Iterable[Entry]) -> EnvironmentsAnswer:
    return EnvironmentsAnswer(items=tuple(map(_environment, found)))


def _environment(one: Entry) -> EnvironmentAnswer:
    return EnvironmentAnswer(
        id=one.id,
        uid=one.uid,
        department=one.department,
        environment=one.environment,
        namespace=one.namespace,
        databases=tuple(DatabaseAnswer(name=claim, database=name) for claim, name in one.databases),
        buckets=tuple(BucketAnswer(name=claim, bucket=name) for claim, name in one.buckets),
        plan=one.plan,
        state=one.state,
        suspended_at=one.suspended_at,
        lease=TermAnswer(start=one.lease_from, until=one.lease_until),
    )


def job(seen: Seen) -> JobAnswer:
    one = seen.job
    failure: Any = one.failure
    return JobAnswer(
        id=one.id,
        kind=one.kind,
        environment=one.environment,
        state=one.state,
        attended=seen.attended,
        done=one.done,
        total=one.total,
        doing=one.doing,
        found=tuple(ProbeAnswer.model_validate(part) for part in one.found),
        result=None if one.result is None else dict(one.result),
        sealed=one.sealed,
        failure=Problem.model_validate(failure) if failure else None,
    )
