"""What people do to a request: accept, return, approve, deny, pause, withdraw, rate."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Literal

from yunzu.errors import RefusedError, UsageError
from yunzu.model.actors import Actor, system
from yunzu.model.hashes import content, manifest_hash
from yunzu.model.items import ACCEPTANCE
from yunzu.model.manifests import Manifest
from yunzu.model.promises import Pause, PauseKind, extension_excess
from yunzu.records import approved, request_history, requests
from yunzu.records.requests import Request
from yunzu.services.requests import telling
from yunzu.services.requests.basing import check_base
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of
from yunzu.services.requests.proposing import check_change
from yunzu.services.requests.truth import Truth, identity, parsed

# All of these return the request as it then is, and raise NotFoundError for a number that is none, and
# RefusedError where the actor may not, the move is not possible now, or its reason is missing.


def approve(number: str, *, actor: Actor, office: Office, opinion: str | None = None) -> Request:
    """通过: the waiting step is passed; after the last one the request is granted, or waits for room."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "approve")
        handling.end_step(actor, "pass", opinion)
        handling.make("approve", actor)
        handling.advance(actor)

    return _handled(number, office, act)


def accept(number: str, *, actor: Actor, office: Office) -> Request:
    """受理 by a person, where its rule did not."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "accept")
        handling.end_step(actor, "pass", None)
        handling.make("accept", actor, accepted_at=handling.now)
        handling.advance()

    return _handled(number, office, act)


def deny(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """不予许可."""
    return _ended(number, "deny", reason, actor, office)


def refuse(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """不予受理."""
    return _ended(number, "refuse", reason, actor, office)


def withdraw(number: str, *, actor: Actor, office: Office) -> Request:
    """撤回, any time before the grant."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "withdraw")
        handling.make("withdraw", actor, step=None)
        request_history.end_pause(handling.connection, number, handling.now)

    return _handled(number, office, act)


def return_(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """补正告知: back to the applicant; the clock stands until it is resubmitted."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "return")
        handling.end_step(actor, "return", reason)
        handling.make("return", actor, reason=reason)
        _stop(handling, "correction", reason)

    return _handled(number, office, act)


def resubmit(number: str, manifest: Manifest | None, *, actor: Actor, office: Office) -> Request:
    """补正, with the corrected manifest, or with the old one against what is approved now.

    What a correction replaces stays in the history.
    """

    def act(handling: Handling) -> None:
        handling.permit(actor, "resubmit")
        request = handling.request
        current = approved.current(handling.connection, request.subject_kind, request.subject)
        base_hash, original = (current.hash, current.content) if current else (None, None)
        values: dict[str, object] = {"base_hash": base_hash, "original": original}
        if manifest is not None:
            if identity(manifest) != (request.subject_kind, request.subject):
                raise UsageError(f"request {number}", f"is about {request.subject}", "file another for that")
            values |= {"requested": content(manifest), "requested_hash": manifest_hash(manifest)}
        handling.request = requests.change(handling.connection, number, **values)
        kind, subject, wanted = request.subject_kind, request.subject, handling.request.requested
        check_change(request.item, kind, subject, wanted, handling.connection, office.day)
        if base_hash != request.base_hash:  # overtaken meanwhile
            check_base(parsed(kind, wanted), original, Truth(handling.connection))
        if actor.account not in (request.applicant, request.agent, *request.authors):
            authors = [*request.authors, actor.account]  # who wrote it decides nothing of it
            handling.request = requests.change(handling.connection, number, authors=authors)
        request_history.end_pause(handling.connection, number, handling.now)
        is_corrected = handling.request.requested != request.requested
        detail = {"replaced": request.requested} if is_corrected else None
        handling.make("resubmit", actor, detail=detail)
        handling.advance()

    return _handled(number, office, act)


def pause(number: str, reason: str, *, actor: Actor, office: Office) -> Request:
    """特别程序: the clock stands until somebody resumes it."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "pause")
        handling.make("pause", actor, reason=reason)
        _stop(handling, "other", reason)
        telling.clock_changed(handling, "paused", reason)

    return _handled(number, office, act)


def extend(number: str, until: datetime, reason: str, *, actor: Actor, office: Office) -> Request:
    """延长审批: an operator who decides nothing of the request has its clock stand until a moment.

    All of a request's extensions together last ten working days at most. Raises UsageError for an end that
    is over, RefusedError where they would last longer or the actor may not.
    """

    def act(handling: Handling) -> None:
        handling.permit(actor, "extend")
        subject = f"request {number}"
        if until <= handling.now:
            raise UsageError(
                subject, f"an extension until {until:%Y-%m-%d %H:%M} has ended", "name a later end"
            )
        handling.make("extend", actor, reason=reason)
        _stop(handling, "extension", reason, until, actor.account)
        clock = office.working_time(handling.connection)
        taken: tuple[Pause, ...] = pauses_of(handling.connection, number)
        if extension_excess(taken, clock, handling.now).total_seconds() > 0:
            raise RefusedError(subject, "would be extended by over 10 working days", "decide it")
        telling.clock_changed(handling, "extended", reason)

    return _handled(number, office, act)


def resume(number: str, *, actor: Actor, office: Office) -> Request:
    """The clock runs again."""

    def act(handling: Handling) -> None:
        handling.permit(actor, "resume")
        request_history.end_pause(handling.connection, number, handling.now)
        handling.make("resume", actor)
        handling.advance()

    return _handled(number, office, act)


def rate(number: str, rating: int, *, actor: Actor, office: Office) -> Request:
    """满意度 of the applicant: 1 very satisfied to 5 very dissatisfied; the last word counts."""
    if not 1 <= rating <= 5:
        raise UsageError("rating", f"{rating} is not from 1 (very satisfied) to 5 (very dissatisfied)")

    def act(handling: Handling) -> None:
        handling.permit(actor, "rate")
        handling.request = requests.change(handling.connection, number, rating=rating, rated_at=handling.now)
        handling.enter("rate", actor, handling.state, detail={"rating": rating})

    return _handled(number, office, act)


def admit_waiting(office: Office) -> list[Request]:
    """Let those that waited for room have another try, the oldest first.

    One that cannot be granted for another reason stays where it is: its applicant sees why when it is
    decided, and it stands in nobody's way.
    """
    with office.records.transaction() as connection:
        waiting = [one.number for one in requests.each(connection, states=["waitlisted"])]
    admitted = []
    for number in waiting:

        def act(handling: Handling) -> None:
            if handling.state != "waitlisted":
                return
            before = handling.request.reason
            handling.make("admit", system("wait-list"))
            handling.advance()
            if (handling.state, handling.request.reason) == ("waitlisted", before):
                # Nothing has changed: it is rolled back, or it would have two moves more every minute.
                raise RefusedError(f"request {handling.request.number}", "waits as before")

        with suppress(RefusedError):
            admitted.append(_handled(number, office, act))
    return [one for one in admitted if one.state == "granted"]


def go_on(number: str, *, office: Office) -> Request:
    """Let the rules take what they may now: after the acceptance limit, or when what it needs is done."""

    def act(handling: Handling) -> None:
        if handling.state in ("submitted", "accepted"):
            handling.advance()

    return _handled(number, office, act)


def _ended(
    number: str, move: Literal["deny", "refuse"], reason: str, actor: Actor, office: Office
) -> Request:
    def act(handling: Handling) -> None:
        handling.permit(actor, move)
        waiting = handling.waiting
        if waiting is not None:
            handling.end_step(actor, "refuse" if waiting.id == ACCEPTANCE else "deny", reason)
        handling.make(move, actor, reason=reason)

    return _handled(number, office, act)


def _stop(
    handling: Handling,
    kind: PauseKind,
    reason: str,
    until: datetime | None = None,
    approved_by: str | None = None,
) -> None:
    request_history.begin_pause(
        handling.connection,
        handling.request.number,
        kind=kind,
        reason=reason,
        started_at=handling.now,
        ended_at=until,
        approved_by=approved_by,
    )


def _handled(number: str, office: Office, act: Callable[[Handling], None]) -> Request:
    with office.records.transaction() as connection:
        handling = Handling(connection, number, office)
        act(handling)
        return handling.request
