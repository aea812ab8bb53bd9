"""From what services return about leases to the documents that the centre answers with."""

from collections.abc import Sequence

from yunzu.model.answers.leases import (
    CampaignAnswer,
    CampaignLineAnswer,
    CampaignsAnswer,
    LeaseAnswer,
    LeasesAnswer,
)
from yunzu.records.campaigns import Line, bundle
from yunzu.services.leases.campaigns import Sheet, is_answered
from yunzu.services.leases.tenures import Lease
from yunzu.services.requests.office import Office


def leases(found: Sequence[Lease], office: Office, *, dry_run: bool = False) -> LeasesAnswer:
    return LeasesAnswer(day=office.day, items=tuple(_lease(one) for one in found), dry_run=dry_run)


def _lease(one: Lease) -> LeaseAnswer:
    tenure, decision = one.tenure, one.decision
    return LeaseAnswer(
        environment=tenure.environment,
        department=one.department,
        stage=tenure.stage,
        until=tenure.until,
        days_left=one.days_left,
        standing=one.standing,
        due=one.due,
        suspended_on=tenure.suspended_on,
        held_until=one.held_until,
        tolerated_until=tenure.tolerated_until,
        decision=decision.decision if decision else None,
        decided_by=decision.account if decision else None,
        reason=decision.reason if decision else None,
    )


def campaigns(
    found: Sequence[Sheet], office: Office, *, only_unanswered: bool = False, dry_run: bool = False
) -> CampaignsAnswer:
    items = tuple(_campaign(one, office, only_unanswered=only_unanswered) for one in found)
    return CampaignsAnswer(items=items, dry_run=dry_run)


def _campaign(sheet: Sheet, office: Office, *, only_unanswered: bool) -> CampaignAnswer:
    one = sheet.campaign
    return CampaignAnswer(
        id=one.id,
        until=one.until,
        answer_by=one.answer_by,
        opened_by=one.account,
        opened_at=one.at.astimezone(office.zone),
        asked=len(sheet.lines),
        unanswered=len(sheet.unanswered),
        lines=tuple(_line(line) for line in (sheet.unanswered if only_unanswered else sheet.lines)),
    )


def _line(one: Line) -> CampaignLineAnswer:
    return CampaignLineAnswer(
        environment=one.environment,
        department=one.department,
        bundle=bundle(one.campaign, one.department),
        item=one.item,
        answered=is_answered(one),
        request=one.request,
        state=one.state,
    )
