"""`yunzu tools`: the server binaries."""

from typing import Annotated

import typer

from yunzu_cli.options import JsonOption, settings

app = typer.Typer(no_args_is_help=True, help="The server binaries: find or build them.")


@app.command("list")
def tools_list(json: JsonOption = False) -> None:
    """Show where each server binary comes from."""
    from yunzu.embedded.inventory import inventory
    from yunzu_cli.output import print_json, print_table

    items = inventory(settings())
    if json:
        print_json({"items": [item.as_json() for item in items]})
    else:
        columns = ("NAME", "VERSION", "ORIGIN", "PATH")
        print_table(columns, ([item.name, item.version, item.shown_origin, item.path] for item in items))


@app.command("build")
def tools_build(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Tools or modules; default: what `up` needs."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also the optional ones.")] = False,
) -> None:
    """Compile the server binaries that are missing (about 15 minutes on two cores the first time)."""
    from yunzu.embedded.tool_catalogue import SPECS
    from yunzu.embedded.tools import build
    from yunzu_cli.output import stderr
    from yunzu_cli.progress import shown

    wanted = [spec.name for spec in SPECS] if every else names or []
    with shown() as progress:
        ready = build(
            wanted,
            settings=settings(),
            progress=lambda step: progress.update(step.module, step.done, step.total, step.doing),
        )
    for tool in ready:
        stderr(f"{tool.name} {tool.version}: {tool.path}")
