"""What those who decide do to a request: `yunzu request accept`, `approve`, `return` …"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from yunzu_cli.acting import Acting, TokenFileOption
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption
from yunzu_cli.request import NumberArgument, WaitOption, moved

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; the applicant reads it.")]


class PauseChoice(StrEnum):
    """Kinds of 特别程序."""

    EXTENSION = "extension"
    OTHER = "other"


def accept(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """受理: take a request on, where no rule did. Its promise counts from now."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.accept(number, actor=who.actor, office=who.office),
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


def approve(
    number: NumberArgument,
    opinion: Annotated[str | None, typer.Option("--opinion", help="What you say to it (意见).")] = None,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """通过: sign the step that waits for you; the last signature grants the request."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.approve(number, actor=who.actor, office=who.office, opinion=opinion),
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


def return_(
    number: NumberArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """补正告知: give it back to be put right, before it is accepted. The clock stands meanwhile."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.return_(number, reason, actor=who.actor, office=who.office),
        dry_run=dry_run,
        json=json,
    )


def refuse(
    number: NumberArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """不予受理: not take it on. It ends."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.refuse(number, reason, actor=who.actor, office=who.office),
        dry_run=dry_run,
        json=json,
    )


def deny(
    number: NumberArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """不予许可: decide against it. It ends."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.deny(number, reason, actor=who.actor, office=who.office),
        dry_run=dry_run,
        json=json,
    )


def abandon(
    number: NumberArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """终止: give up a request whose delivery failed for good. It ends, and frees what it held."""
    from yunzu.services.requests import abandoning

    moved(
        home,
        token_file,
        lambda who: abandoning.abandon(number, reason, actor=who.actor, office=who.office),
        dry_run=dry_run,
        json=json,
    )


def pause(
    number: NumberArgument,
    *,
    reason: ReasonOption,
    kind: Annotated[
        PauseChoice, typer.Option("--kind", help="An extension has an end and an approver.")
    ] = PauseChoice.OTHER,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Of an extension: its last day, or the minute it ends, in the centre's zone.",
        ),
    ] = None,
    approved_by: Annotated[
        str | None, typer.Option("--approved-by", metavar="ACCOUNT", help="Of an extension: its approver.")
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """特别程序: stop the clock."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.pause(
            number,
            kind.value,
            reason,
            actor=who.actor,
            office=who.office,
            until=_end(until, who),
            approved_by=approved_by,
        ),
        dry_run=dry_run,
        json=json,
    )


def _end(until: datetime | None, who: Acting) -> datetime | None:
    """A day ends with its last moment."""
    if until is None:
        return None
    if until.time() == time():
        until += timedelta(days=1)
    return until.replace(tzinfo=who.office.zone)


def resume(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """特别程序结束: let the clock run again."""
    from yunzu.services.requests import moving

    moved(
        home,
        token_file,
        lambda who: moving.resume(number, actor=who.actor, office=who.office),
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


MOVES: Mapping[str, Callable[..., None]] = {
    "accept": accept,
    "return": return_,
    "refuse": refuse,
    "approve": approve,
    "deny": deny,
    "pause": pause,
    "resume": resume,
    "abandon": abandon,
}
"""Verb -> command, in the order of a request's life."""
