"""What those who decide do to a request: `yunzu request accept`, `approve`, `return` …"""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption
from yunzu_cli.request import NumberArgument, WaitOption, move

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; the applicant reads it.")]


def accept(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """受理: take a request on, where no rule did. Its promise counts from now."""
    move(
        number,
        "accept",
        None,
        home=home,
        token_file=token_file,
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
    move(
        number,
        "approve",
        {"opinion": opinion},
        home=home,
        token_file=token_file,
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


def _for_a_reason(verb: str, meaning: str) -> Callable[..., None]:
    """The command of a move that needs a reason and nothing else; `meaning` is its help."""

    def act(
        number: NumberArgument,
        reason: ReasonOption,
        home: HomeOption = None,
        token_file: TokenFileOption = None,
        dry_run: DryRunOption = False,
        json: JsonOption = False,
    ) -> None:
        move(
            number,
            verb,
            {"reason": reason},
            home=home,
            token_file=token_file,
            dry_run=dry_run,
            json=json,
        )

    act.__doc__ = meaning
    return act


def extend(
    number: NumberArgument,
    *,
    until: Annotated[
        datetime,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Its last day, or the minute it ends, in the centre's zone.",
        ),
    ],
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """延长审批: give a request that others decide more time, ten working days at most in all."""
    move(
        number,
        "extend",
        {"until": _end(until), "reason": reason},
        home=home,
        token_file=token_file,
        dry_run=dry_run,
        json=json,
    )


def _end(until: datetime) -> str:
    """A day, or a moment in the centre's zone."""
    return until.date().isoformat() if until.time() == time() else until.isoformat()


def resume(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """特别程序结束: let the clock run again."""
    move(
        number,
        "resume",
        None,
        home=home,
        token_file=token_file,
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


MOVES: Mapping[str, Callable[..., None]] = {
    "accept": accept,
    "return": _for_a_reason(
        "return", "补正告知: give it back to be put right, before it is accepted. The clock stands meanwhile."
    ),
    "refuse": _for_a_reason("refuse", "不予受理: not take it on. It ends."),
    "approve": approve,
    "deny": _for_a_reason("deny", "不予许可: decide against it. It ends."),
    "pause": _for_a_reason("pause", "特别程序: stop the clock until somebody resumes it."),
    "extend": extend,
    "resume": resume,
    "abandon": _for_a_reason(
        "abandon", "终止: give up a request whose delivery failed for good. It ends, and frees what it held."
    ),
}
"""Verb -> command, in the order of a request's life."""
