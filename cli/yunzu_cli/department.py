"""`yunzu dept …` and `yunzu onboard`: departments, and all environments of one at a time."""

from pathlib import Path
from typing import Annotated

import typer

from yunzu_cli.options import (
    DepartmentArgument,
    DryRunOption,
    HomeOption,
    JsonOption,
    TenantsOption,
    settings,
)

app = typer.Typer(no_args_is_help=True, help="Departments: list, show, new.")


@app.command("list")
def dept_list(tenants: TenantsOption = None, json: JsonOption = False) -> None:
    """List the departments of the manifests."""
    from yunzu.services import departments
    from yunzu_cli import show, show_departments

    catalogue = show.catalogue(settings(None, tenants))
    show_departments.departments(departments.summaries(catalogue), json=json)


@app.command("show")
def dept_show(
    identifier: DepartmentArgument,
    tenants: TenantsOption = None,
    json: JsonOption = False,
) -> None:
    """Show one department: people, roles, environments."""
    from yunzu.services import departments
    from yunzu_cli import show, show_departments

    catalogue = show.catalogue(settings(None, tenants))
    show_departments.department(departments.summary(identifier, catalogue), json=json)


@app.command("new")
def dept_new(
    identifier: DepartmentArgument,
    title: Annotated[str, typer.Option("--title", help="Its Chinese title.")],
    english: Annotated[str | None, typer.Option("--english", help="Its English title.")] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", help="Also write a first environment of this name.")
    ] = None,
    tenants: TenantsOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write the manifests of a new department; `yunzu onboard` makes it real."""
    from yunzu.services import departments
    from yunzu_cli import show_departments

    chosen = settings(None, tenants)
    files = departments.scaffold(
        identifier, title=title, english=english, environment=environment, tenants=chosen.tenants
    )
    if not dry_run:
        departments.write(files)
    show_departments.written(files, chosen.tenants / identifier, dry_run=dry_run, json=json)


def onboard(
    directory: Annotated[Path, typer.Argument(metavar="DEPT_DIR", help="The department's directory.")],
    home: HomeOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Onboard a department: check its manifests, bring each environment up, prove each."""
    from yunzu.errors import UsageError, YunzuError
    from yunzu.services import onboarding
    from yunzu.services.manifest_tree import DEPARTMENT_FILE
    from yunzu_cli import show
    from yunzu_cli.steps import expected, steps
    from yunzu_stacks.centre import opened

    if not (directory / DEPARTMENT_FILE).is_file():
        raise UsageError(
            str(directory), f"holds no {DEPARTMENT_FILE}", "give a department's directory, as tenants/health"
        )
    directory = directory.resolve()
    chosen = settings(home, directory.parent)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        if dry_run:
            show.previews(onboarding.preview(directory, catalogue=catalogue, centre=centre), json=json)
            return
        identifiers = onboarding.identifiers(directory, catalogue)
        total = expected(identifiers, catalogue=catalogue, centre=centre)
        results: list[onboarding.Onboarded] = []
        try:
            with steps(f"onboard {directory.name}", total) as on_event:
                for done in onboarding.onboard(
                    directory,
                    catalogue=catalogue,
                    centre=centre,
                    on_event=on_event,
                    on_probe=lambda probe: on_event.say(f"prove: {probe.name}"),
                ):
                    results.append(done)
        except YunzuError as error:
            show.onboarded(results, error, json=json)
            raise
    if not show.onboarded(results, json=json):
        raise typer.Exit(4)
