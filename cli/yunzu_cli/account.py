"""`yunzu account …`: who has an account, new one-time codes, disabling."""

from pathlib import Path
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, department_id

app = typer.Typer(no_args_is_help=True, help="Accounts: one-time codes, list, disable.")

AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="As the register or department says.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is entered in the trail.")]


@app.command("list")
def account_list(
    department: Annotated[
        str | None,
        typer.Option("--department", metavar="DEPT", callback=department_id, help="Of one department."),
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List who has an account, in which office or department, and whether it is open."""
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        show_accounts.accounts(api.get("/accounts", {"department": department}), json=json)


@app.command("show")
def account_show(
    account: AccountArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show an account: roles, deputies, credentials it was handed, and what was done about it."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        show_accounts.particulars(api.get(f"/accounts/{path_part(account)}"), json=json)


@app.command("disable")
def account_disable(
    account: AccountArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Shut an account out at once: tokens, code, second factor, deputies, its roles in the cluster.

    Names the shared credentials that it was handed, to be rotated, and the steps that nobody is left for.
    """
    _switch(account, "disable", reason, home=home, token_file=token_file, dry_run=dry_run, json=json)


@app.command("enable")
def account_enable(
    account: AccountArgument,
    reason: ReasonOption,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Let a disabled account in again: it begins with a new one-time code."""
    _switch(account, "enable", reason, home=home, token_file=token_file, dry_run=dry_run, json=json)


def _switch(
    account: str,
    verb: str,
    reason: str,
    *,
    home: Path | None,
    token_file: Path | None,
    dry_run: bool,
    json: bool,
) -> None:
    """Have it done; show what ended and what is left to do."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        path = f"/accounts/{path_part(account)}/{verb}"
        show_accounts.switched(api.post(path, {"reason": reason}, {"dry_run": dry_run}), json=json)


@app.command("code")
def account_code(
    account: AccountArgument,
    emergency: Annotated[
        bool,
        typer.Option("--emergency", help="On the machine: for a security officer who has no access."),
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; an emergency has to say it.")] = "",
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a one-time code for who joins or has lost access, and print it this once.

    An operator does for departments' people, the security officer for officers, nobody for themselves.
    """
    from yunzu.clients.api import path_part
    from yunzu_cli import show_accounts

    words = {"emergency": emergency, "reason": reason}
    with asking(home, token_file) as api:
        made = api.post(f"/accounts/{path_part(account)}/code", words, {"dry_run": dry_run})
    (show_accounts.rehearsed_code if dry_run else show_accounts.code)(made, json=json)
