"""From what services return to the documents that the centre answers with; moments in the centre's zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from yunzu.model.actors import Actor, Scope
from yunzu.model.answers.common import Span, Title
from yunzu.model.answers.items import ItemAnswer, ItemStep, StatutorySpan
from yunzu.model.answers.ledger import LedgerAnswer, PriceAnswer, RightAnswer
from yunzu.model.answers.problem import problem_of
from yunzu.model.answers.requests import (
    CaseAnswer,
    DeliveryAnswer,
    MoveAnswer,
    PauseAnswer,
    RequestAnswer,
    StepAnswer,
    StrandedAnswer,
    WaitingAnswer,
)
from yunzu.model.answers.tokens import ActorAnswer, TokenAnswer, TokensAnswer
from yunzu.model.items import Item, Step
from yunzu.model.limits import Limit
from yunzu.model.requests import State
from yunzu.records.tokens import Token
from yunzu.services.accounts.stranded import Stranded
from yunzu.services.ledger import Ledger, Right
from yunzu.services.requests.offering import Offer
from yunzu.services.requests.queueing import Seen
from yunzu.services.requests.reading import Case, View, Waiting


def actor(one: Actor) -> ActorAnswer:
    return ActorAnswer(
        account=one.account,
        name=one.name,
        roles=tuple(sorted(one.roles)),
        department=one.department,
        authenticated=one.authenticated,
        origin=one.origin,
        scope=one.scope,
        confirmed_until=one.confirmed_until,
    )


def token(one: Token, zone: ZoneInfo) -> TokenAnswer:
    return TokenAnswer(
        id=one.id,
        account=one.account,
        label=one.label,
        scope=cast("Scope", one.scope),
        created_at=one.created_at.astimezone(zone),
        expires_at=one.expires_at.astimezone(zone),
        last_used_at=local(one.last_used_at, zone),
        revoked_at=local(one.revoked_at, zone),
        confirmed_until=local(one.confirmed_until, zone),
    )


def tokens(found: Sequence[Token], zone: ZoneInfo) -> TokensAnswer:
    return TokensAnswer(items=tuple(token(one, zone) for one in found))


def item(offer: Offer) -> ItemAnswer:
    one = offer.item
    return ItemAnswer(
        id=one.id,
        title=_title(one),
        kind=one.case_kind,
        subject=one.subject,
        promised=_span(one.promised),
        statutory=_statutory(one.statutory),
        second_signatory=one.second_signatory,
        offered=offer.offered,
        steps=tuple(
            ItemStep(
                id=step.id,
                title=_title(step),
                by=step.by,
                promised=_span(step.promised),
                statutory=_statutory(step.statutory) if step.statutory else None,
                rule=step.rule,
            )
            for step in one.steps
        ),
    )


def case(one: Case, zone: ZoneInfo) -> CaseAnswer:
    """What a list says of one; what needs no history."""
    found, item = one.request, one.item
    elapsed = None if found.done_at is None else found.done_at - found.submitted_at
    return CaseAnswer(
        id=found.number or None,
        item=found.item,
        state=cast("State", found.state),
        result=one.result,
        applicant=found.applicant,
        department=found.department,
        submitted_at=found.submitted_at.astimezone(zone),
        accepted_at=local(one.accepted_at, zone),
        due_at=local(one.due_at, zone),
        done_at=local(found.done_at, zone),
        promised=_span(item.promised),
        used_seconds=round(one.used.total_seconds(), 3),
        subject=found.subject,
        subject_kind=found.subject_kind,
        agent=found.agent,
        bundle=found.bundle,
        needs=found.needs,
        reason=found.reason,
        emergency=found.emergency,
        kind=item.case_kind,
        title=_title(item),
        promised_seconds=None if one.length is None else round(one.length.total_seconds(), 3),
        elapsed_seconds=None if elapsed is None else round(elapsed.total_seconds(), 3),
        statutory_due_at=local(one.statutory_due_at, zone),
        provisional=one.provisional,
        overdue=one.overdue,
        rating=found.rating,
        base_hash=found.base_hash,
        requested_hash=found.requested_hash,
        decided_hash=found.decided_hash,
    )


def request(view: View, zone: ZoneInfo, *, dry_run: bool = False) -> RequestAnswer:
    """One request with all that happened to it."""
    return RequestAnswer(
        **dict(case(view, zone)),
        rule=view.rule,
        steps=_steps(view, zone),
        pauses=tuple(
            PauseAnswer(
                kind=one.kind,
                reason=one.reason,
                started_at=one.started_at.astimezone(zone),
                ended_at=local(one.ended_at, zone),
                approved_by=one.approved_by,
            )
            for one in view.pauses
        ),
        ruling=view.request.ruling,
        original=view.request.original,
        requested=view.request.requested,
        decided=view.decided,
        moves=_moves(view, zone),
        dry_run=dry_run,
    )


def _steps(view: View, zone: ZoneInfo) -> tuple[StepAnswer, ...]:
    names = {step.id: step.title.zh for step in view.item.steps}
    by_law = view.by_law
    return tuple(
        StepAnswer(
            step=one.step,
            title=names.get(one.step),
            by=one.by,
            started_at=one.started_at.astimezone(zone),
            due_at=one.due_at.astimezone(zone),
            statutory_due_at=by_law[one.seq].due_at.astimezone(zone) if one.seq in by_law else None,
            overdue=one.seq in by_law and by_law[one.seq].overdue,
            ended_at=local(one.ended_at, zone),
            action=one.action,
            account=one.account,
            principal=one.principal,
            opinion=one.opinion,
            rule=one.ruling["rule"] if one.ruling else None,
        )
        for one in view.steps
    )


def _moves(view: View, zone: ZoneInfo) -> tuple[MoveAnswer, ...]:
    return tuple(
        MoveAnswer(
            at=one.at.astimezone(zone),
            move=one.move,
            state=one.state_after,
            account=one.account,
            principal=one.principal,
            authenticated=one.authenticated,
            origin=one.origin,
            reason=one.reason,
            detail=one.detail,
        )
        for one in view.moves
    )


def delivery(one: Seen) -> DeliveryAnswer:
    at = one.progress
    return DeliveryAnswer(
        under_way=one.under_way,
        attended=one.attended,
        done=at.done,
        total=at.total,
        doing=at.doing,
        failure=problem_of(one.error) if one.error else None,
        outcome=one.outcome,
    )


def waiting(one: Waiting, zone: ZoneInfo) -> WaitingAnswer:
    return WaitingAnswer(
        id=one.request.number,
        item=one.request.item,
        subject=one.request.subject,
        department=one.request.department,
        applicant=one.request.applicant,
        step=one.step,
        due_at=one.due_at.astimezone(zone),
        moves=one.moves,
    )


def stranded(found: Sequence[Stranded], zone: ZoneInfo) -> tuple[StrandedAnswer, ...]:
    return tuple(
        StrandedAnswer(request=one.request, step=one.step, by=one.by, due_at=one.due_at.astimezone(zone))
        for one in found
    )


def ledger(found: Ledger) -> LedgerAnswer:
    return LedgerAnswer(
        day=found.day,
        items=tuple(_right(one, found) for one in found.rights),
        expired=sum(one.expired for one in found.rights),
        price_month=PriceAnswer(month=found.month, currency="CNY"),
    )


def _right(one: Right, found: Ledger) -> RightAnswer:
    price = None if one.price is None else PriceAnswer(month=one.price.month, currency=one.price.currency)
    return RightAnswer(
        owner=one.owner,
        department=one.department,
        title=found.title(one),
        environment=one.environment,
        kind=one.kind,
        name=one.name,
        external_name=one.external,
        plan=one.plan,
        price=price,
        start=one.start,
        until=one.until,
        state=one.state,
        retained=one.retained,
        expired=one.expired,
        expired_days=one.expired_days,
        lease=one.standing,
        tolerated_until=one.tolerated_until,
        held_until=one.held_until,
        request=one.request,
    )


def _title(one: Item | Step) -> Title:
    return Title(zh=one.title.zh, en=one.title.en)


def _span(one: Limit) -> Span:
    return Span(n=one.n, unit=one.unit)


def _statutory(one: Limit) -> StatutorySpan:
    return StatutorySpan(n=one.n, unit=one.unit, basis=one.basis)


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The same moment where the centre is."""
    return None if moment is None else moment.astimezone(zone)
