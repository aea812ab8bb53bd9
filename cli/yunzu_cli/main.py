"""The `yunzu` command: registers every noun, turns every foreseen error into a sentence and an exit code."""

import errno
import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from yunzu_cli import (
    account,
    campaign,
    centre,
    demo,
    department,
    deputy,
    doctor,
    environment,
    item,
    lease,
    login,
    manifests,
    message,
    onboarding,
    oversight,
    preflight,
    request,
    request_moves,
    request_own,
    tokens,
    tools,
    worker,
    working_copy,
)

CENTRE = "The centre on this machine"
MANIFESTS = "Manifests"
TENANTS = "Departments and environments"
OFFICE = "Requests and accounts"
OVERSIGHT = "Oversight"

_INTERRUPTED = 130
_WHOLE_SENTENCE = 400  # characters


class Panels(TyperGroup):
    """Lists the commands under what they are about, each with its first sentence in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is click's
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            if not command.hidden:
                panel = str(getattr(command, "rich_help_panel", None) or "Commands")
                panels.setdefault(panel, []).append((name, command.get_short_help_str(_WHOLE_SENTENCE)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Funnel(Panels):
    """Catches the errors a user can act on; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        from yunzu.errors import YunzuError

        try:
            return super().invoke(ctx)
        except (YunzuError, KeyboardInterrupt, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read our output has gone; that needs no sentence
            _end(error, debug=ctx.params.get("debug", False))


def _end(error: BaseException, *, debug: bool) -> NoReturn:
    from yunzu.errors import InvalidInputError, YunzuError
    from yunzu_cli.output import print_error, print_findings, stderr

    if debug:
        import traceback

        stderr("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, KeyboardInterrupt):
        print_error("interrupted; the state is consistent, run the same command again to go on")
        raise typer.Exit(_INTERRUPTED) from error
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        print_error(f"{where}{(error.strerror or type(error).__name__).lower()}")
        raise typer.Exit(1) from error
    assert isinstance(error, YunzuError)  # noqa: S101 - the funnel catches nothing else
    if isinstance(error, InvalidInputError):
        print_findings(error.findings)
    print_error(str(error))
    raise typer.Exit(error.exit_code) from error


# Plain help: importing what draws boxes takes four times as long as everything else.
app = typer.Typer(
    cls=Funnel,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
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


for _function in (
    centre.up,
    centre.serve,
    centre.status,
    centre.logs,
    centre.down,
    doctor.doctor,
    preflight.preflight,
):
    app.command(rich_help_panel=CENTRE)(_function)
app.command(rich_help_panel=CENTRE)(worker.worker)
app.add_typer(tools.app, name="tools", cls=Panels, rich_help_panel=CENTRE)

app.command(rich_help_panel=MANIFESTS)(manifests.validate)
app.command(rich_help_panel=MANIFESTS)(manifests.schema)
app.add_typer(working_copy.app, name="manifests", cls=Panels, rich_help_panel=MANIFESTS)
app.add_typer(manifests.import_app, name="import", cls=Panels, rich_help_panel=MANIFESTS)

app.command(rich_help_panel=TENANTS)(onboarding.onboard)
app.add_typer(department.app, name="dept", cls=Panels, rich_help_panel=TENANTS)
app.add_typer(environment.app, name="env", cls=Panels, rich_help_panel=TENANTS)
app.add_typer(demo.app, name="demo", cls=Panels, rich_help_panel=TENANTS)

for _verb, _move in (*request_moves.MOVES.items(), *request_own.MOVES.items()):
    request.app.command(_verb)(_move)
app.add_typer(request.app, name="request", cls=Panels, rich_help_panel=OFFICE)
app.command(rich_help_panel=OFFICE)(request.inbox)
app.add_typer(item.app, name="item", cls=Panels, rich_help_panel=OFFICE)
app.command(rich_help_panel=OFFICE)(login.login)
app.command(rich_help_panel=OFFICE)(login.confirm)
app.command(rich_help_panel=OFFICE)(login.logout)
app.add_typer(account.app, name="account", cls=Panels, rich_help_panel=OFFICE)
app.add_typer(deputy.app, name="deputy", cls=Panels, rich_help_panel=OFFICE)
app.add_typer(lease.app, name="lease", cls=Panels, rich_help_panel=OFFICE)
app.add_typer(campaign.app, name="campaign", cls=Panels, rich_help_panel=OFFICE)
app.add_typer(tokens.app, name="token", cls=Panels, rich_help_panel=OFFICE)
app.command(rich_help_panel=OFFICE)(tokens.whoami)
app.add_typer(message.app, name="message", cls=Panels, rich_help_panel=OFFICE)
app.command(rich_help_panel=OVERSIGHT)(oversight.sla)
app.command(rich_help_panel=OVERSIGHT)(oversight.ledger)


def main() -> None:
    """Entry point of the console script."""
    try:
        sys.exit(app())
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
