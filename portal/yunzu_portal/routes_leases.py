"""Rights of use that end, and campaigns about them."""

from typing import Annotated

from fastapi import APIRouter, Query

from yunzu.model.answers.filing import AnswerWords, CampaignWords, TolerationWords
from yunzu.model.answers.leases import CampaignsAnswer, LeasesAnswer
from yunzu.model.answers.requests import RequestAnswer
from yunzu.services.leases import campaigns, deciding, tenures
from yunzu_portal import answering_leases
from yunzu_portal.identity import DryRun, Visitor
from yunzu_portal.showing import shown

router = APIRouter(tags=["leases"])


@router.get("/leases")
def list_leases(
    visitor: Visitor,
    department: Annotated[str | None, Query(description="Of one department.")] = None,
    every: Annotated[bool, Query(alias="all", description="Also those that do not end soon.")] = False,
) -> LeasesAnswer:
    """List leases that end soon, have ended, are tolerated, held or reclaimable; what is due first, first."""
    found = tenures.listed(actor=visitor.actor, office=visitor.office, department=department, every=every)
    return answering_leases.leases(found, visitor.office)


@router.post("/leases/{department}/{environment}/confirm")
def confirm(department: str, environment: str, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """确认暂停: have production suspended whose right of use has ended, in office hours."""
    with visitor.rehearsing(dry_run) as desk:
        subject = f"{department}/{environment}"
        request = deciding.confirm(subject, actor=desk.actor, office=desk.office)
        return shown(request.number, desk, dry_run=dry_run)


@router.post("/leases/{department}/{environment}/tolerate")
def tolerate(
    department: str, environment: str, body: TolerationWords, visitor: Visitor, dry_run: DryRun = False
) -> LeasesAnswer:
    """暂缓: let it be used until a day, although its right of use has ended."""
    with visitor.rehearsing(dry_run) as desk:
        subject = f"{department}/{environment}"
        lease = deciding.tolerate(subject, body.until, body.reason, actor=desk.actor, office=desk.office)
        return answering_leases.leases([lease], desk.office, dry_run=dry_run)


@router.get("/campaigns")
def show_campaigns(
    visitor: Visitor,
    campaign: Annotated[str | None, Query(description="For example renew-2028-12-31; omitted: all.")] = None,
    unanswered: Annotated[bool, Query(description="Only lines that nobody has answered.")] = False,
) -> CampaignsAnswer:
    """Show what is asked, what was answered, and what was not."""
    found = campaigns.sheets(campaign, actor=visitor.actor, office=visitor.office)
    return answering_leases.campaigns(found, visitor.office, only_unanswered=unanswered)


@router.post("/campaigns", status_code=201)
def open_campaign(body: CampaignWords, visitor: Visitor, dry_run: DryRun = False) -> CampaignsAnswer:
    """Ask about every environment whose lease ends before a day; again: also about what has come since."""
    with visitor.rehearsing(dry_run) as desk:
        sheet = campaigns.open_(
            body.until,
            actor=desk.actor,
            office=desk.office,
            department=body.department,
            answer_by=body.answer_by,
        )
        return answering_leases.campaigns([sheet], desk.office, dry_run=dry_run)


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
