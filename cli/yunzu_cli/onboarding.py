"""`yunzu onboard`: a department and all of its environments at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.bringing import ApplicantOption, EmergencyOption, ReasonOption, WaitOption, Way
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, settings

if TYPE_CHECKING:
    from yunzu.services.manifests import Catalogue
    from yunzu_cli.bringing import Bringing


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
    from yunzu.services.departments import identifiers
    from yunzu.services.manifest_tree import DEPARTMENT_FILE
    from yunzu_cli import show, show_environments
    from yunzu_cli.bringing import Bringing
    from yunzu_cli.planning import foreseen
    from yunzu_cli.progress import showing

    if not (directory / DEPARTMENT_FILE).is_file():
        advice = "give a department's directory, as tenants/health"
        raise UsageError(str(directory), f"holds no {DEPARTMENT_FILE}", advice)
    directory = directory.resolve()
    way = Way(applicant, emergency, reason, wait)
    catalogue = show.catalogue(settings(home, directory.parent))
    wanted = identifiers(directory, catalogue)
    with asking(home, token_file) as api:
        if dry_run:
            plans = (foreseen(one, catalogue, api, directory.parent, applicant=applicant) for one in wanted)
            show_environments.plans(plans, json=json)
            return
        with showing(f"onboard {directory.name}") as place:
            by = Bringing(api, way, place, directory.parent)
            is_proven = _onboarded(directory.name, wanted, catalogue, by, json=json)
    if not is_proven:
        raise typer.Exit(4)


def _onboarded(
    department: str, wanted: tuple[str, ...], catalogue: "Catalogue", by: "Bringing", *, json: bool
) -> bool:
    """Onboard, and show what is done, also where an error ends it. Returns whether all is proven."""
    from yunzu.errors import YunzuError
    from yunzu_cli import show_environments
    from yunzu_cli.bringing import Brought

    results: dict[str, Brought] = {}
    environments = [catalogue.environment(one) for one in wanted]

    def bring() -> None:
        for done in by.bring_all(catalogue.department(department), environments, prove=True):
            results.setdefault(done.id, done)  # what came before a wait was done then

    try:
        by.decided(bring)
    except YunzuError as error:
        show_environments.onboarded(list(results.values()), error, json=json)
        raise
    return show_environments.onboarded(list(results.values()), json=json)
