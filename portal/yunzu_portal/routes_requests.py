"""Requests: file, list, show, move; and what waits for whoever asks."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query

from yunzu.model.answers.filing import (
    ExtensionWords,
    Filing,
    OpinionWords,
    RatingWords,
    ReasonWords,
    ResubmissionWords,
)
from yunzu.model.answers.requests import CasesAnswer, DeliveryAnswer, InboxAnswer, RequestAnswer
from yunzu.records.requests import Request
from yunzu.services.accounts import stranded
from yunzu.services.leases import tenures
from yunzu.services.requests import abandoning, filing, moving, proposing, queueing, reading
from yunzu_portal import answering, answering_leases, understanding
from yunzu_portal.identity import Desk, DryRun, Visitor
from yunzu_portal.showing import shown

router = APIRouter(tags=["requests"])

Number = Annotated[str, Path(description="The request's, for example YZ20261126-0003.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[A-Za-z0-9_-]{16,64}$",
        description="Of one filing, chosen by the client: sent again with it, nothing is filed twice.",
    ),
]


@router.post("/requests", status_code=201)
def file_request(body: Filing, visitor: Visitor, dry_run: DryRun = False, key: Key = None) -> RequestAnswer:
    """File a request, and let the rules take what they may."""
    with visitor.rehearsing(dry_run) as desk:
        manifest = understanding.proposed(body, desk.office)
        proposal = filing.Proposal(
            item=body.item,
            manifest=manifest,
            applicant=proposing.applicant(body.applicant, manifest, desk.actor),
            department=proposing.owner(manifest),
            base_hash=body.base,
            bundle=body.bundle,
            needs=body.needs,
            key=None if dry_run else key,
        )
        number = filing.file(proposal, actor=desk.actor, office=desk.office).number
        return shown(number, desk, dry_run=dry_run, unnumbered=dry_run)


@router.get("/requests")
def list_requests(
    visitor: Visitor,
    only_open: Annotated[bool, Query(alias="open", description="Only those that have not ended.")] = False,
    department: Annotated[str | None, Query(description="Of one department.")] = None,
    bundle: Annotated[str | None, Query(description="Those that belong together (全程代办).")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 200,
    before: Annotated[str | None, Query(description="Older ones than the request of this number.")] = None,
) -> CasesAnswer:
    """List the requests that you may see, newest first, a page at a time."""
    found = reading.listed(
        actor=visitor.actor,
        office=visitor.office,
        department=department,
        bundle=bundle,
        only_open=only_open,
        limit=limit,
        before=before,
    )
    items = tuple(answering.case(one, visitor.office.zone) for one in found.items)
    return CasesAnswer(items=items, next=found.next)


@router.get("/requests/{number}")
def show_request(number: Number, visitor: Visitor) -> RequestAnswer:
    """Show one request with its clock, its steps and its history."""
    return shown(number, visitor)


@router.get("/requests/{number}/delivery")
def show_delivery(number: Number, visitor: Visitor) -> DeliveryAnswer:
    """Show how far the delivery of a request has come."""
    return answering.delivery(queueing.progress(number, actor=visitor.actor, office=visitor.office))


@router.post("/requests/{number}/deliver")
def deliver(number: Number, visitor: Visitor) -> RequestAnswer:
    """催办: have it delivered now, or tried again. A worker does it; see how far it has come."""
    queueing.ask(number, actor=visitor.actor, office=visitor.office)
    return shown(number, visitor)


@router.post("/requests/{number}/abandon")
def abandon(number: Number, body: ReasonWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """终止: give up a request whose delivery failed for good."""

    def act(desk: Desk) -> Request:
        return abandoning.abandon(number, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.get("/inbox")
def inbox(visitor: Visitor) -> InboxAnswer:
    """List what waits for you, by due time; leases to be confirmed; and steps that nobody can take."""
    actor, office = visitor.actor, visitor.office
    return InboxAnswer(
        items=tuple(answering.waiting(one, office.zone) for one in reading.inbox(actor=actor, office=office)),
        stranded=answering.stranded(stranded.listed(actor=actor, office=office), office.zone),
        leases=answering_leases.leases(tenures.unconfirmed(actor=actor, office=office), office).items,
    )


@router.post("/requests/{number}/accept")
def accept(number: Number, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """受理."""
    return _moved(
        number, visitor, dry_run, lambda desk: moving.accept(number, actor=desk.actor, office=desk.office)
    )


@router.post("/requests/{number}/approve")
def approve(number: Number, body: OpinionWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """通过: sign the step that waits for you."""

    def act(desk: Desk) -> Request:
        return moving.approve(number, actor=desk.actor, office=desk.office, opinion=body.opinion)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/return")
def return_(number: Number, body: ReasonWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """补正告知."""

    def act(desk: Desk) -> Request:
        return moving.return_(number, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/refuse")
def refuse(number: Number, body: ReasonWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """不予受理."""

    def act(desk: Desk) -> Request:
        return moving.refuse(number, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/deny")
def deny(number: Number, body: ReasonWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """不予许可."""

    def act(desk: Desk) -> Request:
        return moving.deny(number, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/pause")
def pause(number: Number, body: ReasonWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """特别程序: the clock stands until somebody resumes it."""

    def act(desk: Desk) -> Request:
        return moving.pause(number, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/extend")
def extend(number: Number, body: ExtensionWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """延长审批: an operator who decides nothing of the request has its clock stand for a while."""

    def act(desk: Desk) -> Request:
        until = understanding.end(body.until, desk.office.zone)
        return moving.extend(number, until, body.reason, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/resume")
def resume(number: Number, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """特别程序结束."""
    return _moved(
        number, visitor, dry_run, lambda desk: moving.resume(number, actor=desk.actor, office=desk.office)
    )


@router.post("/requests/{number}/resubmit")
def resubmit(
    number: Number, body: ResubmissionWords, visitor: Visitor, dry_run: DryRun = False
) -> RequestAnswer:
    """补正: hand a returned request in again."""
    manifest = None if body.manifest is None else understanding.manifest(body.manifest)

    def act(desk: Desk) -> Request:
        return moving.resubmit(number, manifest, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


@router.post("/requests/{number}/withdraw")
def withdraw(number: Number, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """撤回."""
    return _moved(
        number, visitor, dry_run, lambda desk: moving.withdraw(number, actor=desk.actor, office=desk.office)
    )


@router.post("/requests/{number}/rate")
def rate(number: Number, body: RatingWords, visitor: Visitor, dry_run: DryRun = False) -> RequestAnswer:
    """满意度: 1 (very satisfied) to 5 (very dissatisfied)."""

    def act(desk: Desk) -> Request:
        return moving.rate(number, body.rating, actor=desk.actor, office=desk.office)

    return _moved(number, visitor, dry_run, act)


def _moved(number: str, visitor: Desk, dry_run: bool, act: Callable[[Desk], Request]) -> RequestAnswer:
    with visitor.rehearsing(dry_run) as desk:
        act(desk)
        return shown(number, desk, dry_run=dry_run)
