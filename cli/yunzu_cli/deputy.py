"""`yunzu deputy …`: who stands in for whom (代理), for a time."""

from datetime import datetime
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Deputies (代理): new, list, revoke.")


@app.command("new")
def deputy_new(
    of: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who is stood in for.")],
    by: Annotated[str, typer.Option("--by", metavar="ACCOUNT", help="Who stands in.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day.")],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Name a deputy: your own, or as an operator of a department's person, as security of an officer.

    Both stand under the separation of duties: what either has applied for or signed, neither decides.
    """
    from yunzu_cli import show_accounts

    days = {"from": start.date().isoformat(), "until": until.date().isoformat()}
    with asking(home, token_file) as api:
        made = api.post("/deputies", {"of": of, "by": by} | days, {"dry_run": dry_run})
    show_accounts.deputies(made, json=json)


@app.command("list")
def deputy_list(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="Omitted: all that you may see.")
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List deputies, on either side."""
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        show_accounts.deputies(api.get("/deputies", {"account": account}), json=json)


@app.command("revoke")
def deputy_revoke(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `yunzu deputy list` shows it.")],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """End a deputy before the last day."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        revoked = api.post(f"/deputies/{path_part(identifier)}/revoke", query={"dry_run": dry_run})
    show_accounts.deputies(revoked, json=json)
