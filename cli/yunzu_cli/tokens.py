"""`yunzu token …` and `yunzu whoami`: how people prove who they are."""

from enum import StrEnum
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Personal tokens: new, list, revoke.")

_DAYS, _MOST_DAYS = 90, 365


class ScopeChoice(StrEnum):
    """What a token is good for."""

    ALL = "all"
    READ = "read"


def whoami(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """Say who you are here: account, roles, department, and how that was proved."""
    from yunzu_cli import show_tokens

    with asking(home, token_file) as api:
        show_tokens.actor(api.get("/whoami"), json=json)


@app.command("new")
def token_new(
    label: Annotated[str, typer.Option("--label", help="What it is for, to tell it from others.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=_MOST_DAYS, help="Until it expires.")] = _DAYS,
    scope: Annotated[
        ScopeChoice, typer.Option("--scope", help="What it is good for; `read` changes nothing.")
    ] = ScopeChoice.ALL,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make another token of your own account, and print it this once."""
    from yunzu_cli import show_tokens

    words = {"label": label, "days": days, "scope": scope.value}
    with asking(home, token_file) as api:
        made = api.post("/tokens", words, {"dry_run": dry_run})
    (show_tokens.tokens if dry_run else show_tokens.issued)(made, json=json)


@app.command("list")
def token_list(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="Omitted: all that you may see.")
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List tokens without their text: scope, until when, last use."""
    from yunzu_cli import show_tokens

    with asking(home, token_file) as api:
        show_tokens.tokens(api.get("/tokens", {"account": account}), json=json)


@app.command("revoke")
def token_revoke(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `yunzu token list` shows it.")],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Revoke a token: it is refused from now on."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_tokens

    with asking(home, token_file) as api:
        revoked = api.post(f"/tokens/{path_part(identifier)}/revoke", query={"dry_run": dry_run})
    show_tokens.tokens(revoked, json=json)
