"""`yunzu dept …` and `yunzu onboard`: departments, and all environments of one at a time."""

from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
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
def dept_list(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """List the departments that are approved."""
    from yunzu_cli import show_departments

    with asking(home, token_file) as api:
        show_departments.departments(api.get("/departments"), json=json)


@app.command("show")
def dept_show(
    identifier: DepartmentArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show one department: people, roles, environments."""
    from yunzu_cli import show_departments

    with asking(home, token_file) as api:
        show_departments.department(api.get(f"/departments/{identifier}"), json=json)


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
