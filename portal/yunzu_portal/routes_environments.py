"""Environments: what there is, and jobs that workers do to one now, without a decision."""

from fastapi import APIRouter

from yunzu.model.answers.environments import EnvironmentsAnswer
from yunzu.model.answers.jobs import JobAnswer, JobWords
from yunzu.services import inventory
from yunzu.services.jobs import asking
from yunzu_portal import answering_environments, understanding
from yunzu_portal.identity import Visitor

router = APIRouter(tags=["environments"])


@router.get("/environments")
def list_environments(visitor: Visitor) -> EnvironmentsAnswer:
    """List the environments that you may see, by id."""
    found = inventory.environments_of(visitor.actor, visitor.office.records)
    return answering_environments.environments(found)


@router.get("/environments/{department}/{name}")
def show_environment(department: str, name: str, visitor: Visitor) -> EnvironmentsAnswer:
    """Show one environment, as a list of one."""
    found = inventory.environment_of(visitor.actor, f"{department}/{name}", visitor.office.records)
    return answering_environments.environments([found])


@router.post("/jobs", status_code=202)
def ask_for_job(body: JobWords, visitor: Visitor) -> JobAnswer:
    """Have workers look, prove, hand out, or put right what is approved."""
    manifests = [understanding.manifest(one) for one in body.manifests]
    return answering_environments.job(asking.ask(body, manifests, actor=visitor.actor, office=visitor.office))


@router.get("/jobs/{job}")
def show_job(job: str, visitor: Visitor) -> JobAnswer:
    """Show how far a job of yours has come, or what came of it, for an hour."""
    return answering_environments.job(asking.show(job, actor=visitor.actor, office=visitor.office))
