"""The `yunzu` command: registers every noun, turns every foreseen error into a sentence and an exit code."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from yunzu_cli import centre, demo, department, doctor, environment, manifests, preflight, tools


class Funnel(TyperGroup):
    """Catches the errors a user can act on; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        from yunzu.errors import InvalidInputError, YunzuError
        from yunzu_cli.output import print_error, print_findings

        try:
            return super().invoke(ctx)
        except YunzuError as error:
            if ctx.params.get("debug"):
                raise
            if isinstance(error, InvalidInputError):
                print_findings(error.findings)
            print_error(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            print_error("interrupted; the state is consistent, run the same command again to go on")
            raise typer.Exit(130) from error


app = typer.Typer(
    cls=Funnel,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="云租: a self-hosted government cloud data centre.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("yunzu"))
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the noun."""


for _function in (centre.up, centre.status, centre.logs, centre.down):
    app.command(rich_help_panel="The centre on this machine")(_function)
app.command(rich_help_panel="The centre on this machine")(doctor.doctor)
app.command(rich_help_panel="The centre on this machine")(preflight.preflight)
app.add_typer(tools.app, name="tools", rich_help_panel="The centre on this machine")

app.command(rich_help_panel="Manifests")(manifests.validate)
app.command(rich_help_panel="Manifests")(manifests.schema)
app.add_typer(manifests.import_app, name="import", rich_help_panel="Manifests")

app.command(rich_help_panel="Departments and environments")(department.onboard)
app.add_typer(department.app, name="dept", rich_help_panel="Departments and environments")
app.add_typer(environment.app, name="env", rich_help_panel="Departments and environments")
app.add_typer(demo.app, name="demo", rich_help_panel="Departments and environments")


def main() -> None:
    """Entry point of the console script."""
    sys.exit(app())


if __name__ == "__main__":
    main()
