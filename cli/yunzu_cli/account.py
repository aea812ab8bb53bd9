"""`yunzu account …`: who has an account, new one-time codes, disabling."""

from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.acting import Acting, TokenFileOption, acting
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, department_id

if TYPE_CHECKING:
    from yunzu.services.accounts.disabling import Switched

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
    from yunzu.services.accounts import directory
    from yunzu_cli import show_accounts

    with acting(home, token_file) as who:
        found = directory.listed(actor=who.actor, office=who.office, department=department)
        show_accounts.accounts(found, who.office.zone, json=json)


@app.command("show")
def account_show(
    account: AccountArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show an account: roles, deputies, credentials it was handed, and what was done about it."""
    from yunzu.services.accounts import directory
    from yunzu_cli import show_accounts

    with acting(home, token_file) as who:
        found = directory.show(account, actor=who.actor, office=who.office)
        show_accounts.particulars(found, who.office.zone, json=json)


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
    from yunzu.services.accounts import disabling

    with acting(home, token_file, dry_run=dry_run) as who:
        done = disabling.disable(account, reason, actor=who.actor, office=who.office)
        _end(done, who, dry_run=dry_run, json=json)


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
    from yunzu.services.accounts import disabling

    with acting(home, token_file, dry_run=dry_run) as who:
        done = disabling.enable(account, reason, actor=who.actor, office=who.office)
        _end(done, who, dry_run=dry_run, json=json)


def _end(done: "Switched", who: Acting, *, dry_run: bool, json: bool) -> None:
    """Show what ended and what is left to do."""
    from yunzu.services.accounts import directory, stranded
    from yunzu_cli import show_accounts

    after = directory.show(done.account, actor=who.actor, office=who.office)
    left = stranded.listed(actor=who.actor, office=who.office)
    show_accounts.switched(done, after, left, who.office.zone, json=json, rehearsed=dry_run)


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
    from yunzu.services.accounts import codes
    from yunzu_cli import show_accounts

    with acting(home, token_file, dry_run=dry_run) as who:
        made = codes.make(account, actor=who.actor, office=who.office, emergency=emergency, reason=reason)
        show_accounts.code(made, who.office.zone, json=json, rehearsed=dry_run)
