"""`yunzu lease …`: rights of use that end, and what operators decide about them."""

from datetime import datetime
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, IdArgument, JsonOption, department_id
from yunzu_cli.request import WaitOption, ask_for

app = typer.Typer(no_args_is_help=True, help="Rights of use that end: list, confirm, tolerate.")


@app.command("list")
def lease_list(
    department: Annotated[
        str | None,
        typer.Option("--department", metavar="DEPT", callback=department_id, help="Of one department."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that do not end soon.")] = False,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List leases that end soon, have ended, are tolerated, held or reclaimable; what is due first, first."""
    from yunzu_cli import show_leases

    with asking(home, token_file) as api:
        show_leases.leases(api.get("/leases", {"department": department, "all": every}), json=json)


@app.command("confirm")
def lease_confirm(
    environment: IdArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """确认暂停: have production suspended whose right of use has ended, in office hours."""
    ask_for(
        f"/leases/{environment}/confirm",
        None,
        home=home,
        token_file=token_file,
        wait=wait,
        dry_run=dry_run,
        json=json,
    )


@app.command("tolerate")
def lease_tolerate(
    environment: IdArgument,
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of its use.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the records.")],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """暂缓: let it be used until a day, although its right of use has ended."""
    from yunzu_cli import show_leases

    words = {"until": until.date().isoformat(), "reason": reason}
    with asking(home, token_file) as api:
        lease = api.post(f"/leases/{environment}/tolerate", words, {"dry_run": dry_run})
    show_leases.leases(lease, json=json)
