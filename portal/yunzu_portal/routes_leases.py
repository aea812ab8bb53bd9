"""Rights of use that end, and campaigns about them."""

from fastapi import APIRouter

from yunzu.model.answers.filing import AnswerWords
from yunzu.model.answers.requests import RequestAnswer
from yunzu.services.leases import campaigns, deciding
from yunzu_portal.identity import DryRun, Visitor
from yunzu_portal.showing import shown

router = APIRouter(tags=["leases"])


@router.post("/leases/{department}/{environment}/confirm")
def confirm(department: str, environment: str, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """确认暂停: have production suspended whose right of use has ended, in office hours."""
    with visitor.rehearsing(dry_run) as desk:
        subject = f"{department}/{environment}"
        request = deciding.confirm(subject, actor=desk.actor, office=desk.office)
        return shown(request.number, desk, dry_run=dry_run)


@router.post("/campaigns/{campaign}/answers", status_code=201)
def answer(campaign: str, body: AnswerWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """Answer for one environment: files its request in the department's bundle."""
    with visitor.rehearsing(dry_run) as desk:
        request = campaigns.answer(
            campaign,
            body.environment,
            body.answer,
            actor=desk.actor,
            office=desk.office,
            plan=body.plan,
            applicant=body.applicant,
        )
        return shown(request.number, desk, dry_run=dry_run)
