"""`yunzu dept …` and `yunzu onboard`: departments, and all environments of one at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.bringing import ApplicantOption, EmergencyOption, ReasonOption, WaitOption, Way
from yunzu_cli.options import (
    DepartmentArgument,
    DryRunOption,
    HomeOption,
    JsonOption,
    TenantsOption,
    settings,
)

if TYPE_CHECKING:
    from yunzu.services.centre import Centre
    from yunzu.services.manifests import Catalogue
    from yunzu.services.requests.bringing import Brought
    from yunzu.settings import Settings

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


def onboard(
    directory: Annotated[Path, typer.Argument(metavar="DEPT_DIR", help="The department's directory.")],
    *,
    home: HomeOption = None,
    applicant: ApplicantOption = None,
    emergency: EmergencyOption = False,
    reason: ReasonOption = None,
    wait: WaitOption = False,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Onboard a department: ask for it and its environments, have each brought up and proven."""
    from yunzu.errors import UsageError
    from yunzu.services import onboarding
    from yunzu.services.manifest_tree import DEPARTMENT_FILE
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    if not (directory / DEPARTMENT_FILE).is_file():
        raise UsageError(
            str(directory), f"holds no {DEPARTMENT_FILE}", "give a department's directory, as tenants/health"
        )
    directory = directory.resolve()
    way = Way(token_file, applicant, emergency, reason, wait)
    chosen = settings(home, directory.parent)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        if dry_run:
            show.previews(onboarding.preview(directory, catalogue=catalogue, centre=centre), json=json)
            return
        is_proven = _onboarded(directory, way, chosen, catalogue, centre, json=json)
    if not is_proven:
        raise typer.Exit(4)


def _onboarded(
    directory: Path, way: Way, chosen: "Settings", catalogue: "Catalogue", centre: "Centre", *, json: bool
) -> bool:
    """Onboard, and show what is done, also where an error ends it. Returns whether all is proven."""
    from yunzu.errors import YunzuError
    from yunzu.services import onboarding
    from yunzu_cli import show
    from yunzu_cli.steps import expected, steps

    results: dict[str, Brought] = {}
    total = expected(onboarding.identifiers(directory, catalogue), catalogue=catalogue, centre=centre)
    try:
        with steps(f"onboard {directory.name}", total) as on_event:
            by = way.bringing(chosen, centre, on_event)

            def bring() -> None:
                for done in onboarding.onboard(directory, by, catalogue=catalogue):
                    results.setdefault(done.id, done)  # what came before a wait was done then

            way.decided(bring, by)
    except YunzuError as error:
        show.onboarded(list(results.values()), error, json=json)
        raise
    return show.onboarded(list(results.values()), json=json)
