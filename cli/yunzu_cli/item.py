"""`yunzu item …`: what the centre can be asked for, and how long that may take."""

from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import HomeOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="What can be asked for: list, show.")


@app.command("list")
def item_list(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """List the items with their promised times, and whether they are offered yet."""
    from yunzu_cli import show_items

    with asking(home, token_file) as api:
        show_items.items(api.get("/items"), json=json)


@app.command("show")
def item_show(
    identifier: Annotated[str, typer.Argument(metavar="ITEM", help="For example environment.new.")],
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show one item: its limits, and whose signature each step takes unless a rule passes it."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_items

    with asking(home, token_file) as api:
        show_items.item(api.get(f"/items/{path_part(identifier)}"), json=json)
