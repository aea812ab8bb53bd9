"""What applicants do to their own requests: `yunzu request resubmit`, `withdraw`, `rate`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption
from yunzu_cli.request import NumberArgument, WaitOption, move


def resubmit(
    number: NumberArgument,
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="FILE", help="The corrected manifest; omitted: as it was."),
    ] = None,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """补正: hand a returned request in again."""
    from yunzu.model.hashes import content
    from yunzu.services.requests import proposing

    corrected = content(proposing.read(manifest)) if manifest else None
    move(
        number,
        "resubmit",
        {"manifest": corrected},
        home=home,
        token_file=token_file,
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


def withdraw(
    number: NumberArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """撤回: take your own request back, any time before it is granted."""
    move(
        number,
        "withdraw",
        None,
        home=home,
        token_file=token_file,
        dry_run=dry_run,
        json=json,
    )


def rate(
    number: NumberArgument,
    rating: Annotated[
        int, typer.Argument(metavar="RATING", help="1 (very satisfied) to 5 (very dissatisfied).")
    ],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """满意度: say how satisfied you are with how your request was answered."""
    move(
        number,
        "rate",
        {"rating": rating},
        home=home,
        token_file=token_file,
        dry_run=dry_run,
        json=json,
    )


MOVES: Mapping[str, Callable[..., None]] = {"resubmit": resubmit, "withdraw": withdraw, "rate": rate}
"""Verb -> command."""
