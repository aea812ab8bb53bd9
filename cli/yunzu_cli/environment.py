"""`yunzu env …`: one environment at a time."""

from typing import Annotated, Any

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.bringing import ApplicantOption, EmergencyOption, ReasonOption, WaitOption, Way
from yunzu_cli.options import (
    DryRunOption,
    HomeOption,
    IdArgument,
    JsonOption,
    TenantsOption,
    environment_id,
    settings,
)

app = typer.Typer(no_args_is_help=True, help="Environments: list, plan, apply, verify, hand out, destroy.")

AccountOption = Annotated[
    str | None, typer.Option("--account", help="Account of the person it is for; omitted: your own.")
]


@app.command("list")
def env_list(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """List the environments that you may see."""
    from yunzu_cli import show_environments

    with asking(home, token_file) as api:
        show_environments.environments(api.get("/environments"), json=json)


@app.command("show")
def env_show(
    identifier: IdArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show one environment: names, plan, state, right of use."""
    from yunzu_cli import show_environments

    with asking(home, token_file) as api:
        show_environments.environment(api.get(f"/environments/{identifier}"), json=json)


@app.command("where")
def env_where(
    identifier: IdArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Say where the environment's data and workloads are: cluster, nodes, database server, bucket."""
    from yunzu.model.answers.jobs import PlacesAnswer
    from yunzu_cli import jobs, show_environments

    with asking(home, token_file) as api:
        show_environments.places(jobs.result(PlacesAnswer, "where", identifier, api), json=json)


@app.command("plan")
def env_plan(
    identifier: IdArgument,
    home: HomeOption = None,
    tenants: TenantsOption = None,
    applicant: ApplicantOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show what `apply` would ask for and change, compared with what is really there. Changes nothing."""
    from yunzu_cli import show, show_environments
    from yunzu_cli.planning import foreseen

    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    catalogue.environment(identifier)
    with asking(home, token_file) as api:
        plan = foreseen(identifier, catalogue, api, chosen.tenants, applicant=applicant)
    show_environments.plans([plan], json=json)


@app.command("apply")
def env_apply(
    identifier: IdArgument,
    *,
    home: HomeOption = None,
    tenants: TenantsOption = None,
    applicant: ApplicantOption = None,
    emergency: EmergencyOption = False,
    reason: ReasonOption = None,
    wait: WaitOption = False,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Bring the environment to its manifest: ask for what differs from what is approved, have it delivered
    and proven; put right what was changed behind our back.
    """
    if dry_run:
        env_plan(identifier, home, tenants, applicant, token_file, json)
        return
    from yunzu_cli import show, show_environments
    from yunzu_cli.bringing import Bringing
    from yunzu_cli.progress import showing

    way = Way(applicant, emergency, reason, wait)
    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    wanted = catalogue.environment(identifier)
    department = catalogue.department(wanted.department)
    with asking(home, token_file) as api, showing(f"apply {identifier}") as place:
        by = Bringing(api, way, place, chosen.tenants)
        [brought] = by.decided(lambda: list(by.bring_all(department, [wanted], prove=False)))
    if brought.failure is not None:
        raise brought.failure
    show_environments.brought([brought], json=json)


@app.command("verify")
def env_verify(
    identifier: IdArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Prove the environment as its tenant: log in everywhere, try every other tenant's door."""
    from yunzu.model.answers.jobs import ProbeAnswer, VerdictAnswer
    from yunzu_cli import jobs, show_environments

    probes: list[ProbeAnswer] = []
    line = show_environments.probe_line(json=json)
    show = None if json else _hide  # each probe is a line of its own

    def seen(probe: ProbeAnswer) -> None:
        probes.append(probe)
        line(probe)

    with asking(home, token_file) as api:
        jobs.result(VerdictAnswer, "verify", identifier, api, show=show, on_probe=seen)
    if not show_environments.verified(identifier, probes, json=json):
        raise typer.Exit(4)


def _hide(done: int, total: int, doing: str) -> None:
    """Shows no progress."""


@app.command("kubeconfig")
def env_kubeconfig(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", callback=environment_id, help="department/environment.")
    ] = None,
    account: AccountOption = None,
    admin: Annotated[
        bool, typer.Option("--admin", help="The operator's own, on the centre's machine, for break-glass.")
    ] = False,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Print a kubeconfig for one person, valid for an hour; or the operator's with --admin."""
    from yunzu.errors import UsageError
    from yunzu.model.answers.jobs import KubeconfigAnswer
    from yunzu_cli import jobs, show_environments

    if admin:
        show_environments.kubeconfig(_administrators(settings(home)), json=json)
        return
    if identifier is None:
        raise UsageError("kubeconfig", "needs an environment, or --admin")
    with asking(home, token_file) as api:
        found = jobs.result(KubeconfigAnswer, "kubeconfig", identifier, api, account=account)
    show_environments.kubeconfig(found, json=json)


def _administrators(chosen: Any) -> Any:
    from yunzu.embedded import bootstrap
    from yunzu.services import kubeconfigs

    return kubeconfigs.for_administrator(bootstrap.administrator(chosen))


@app.command("credentials")
def env_credentials(
    identifier: IdArgument,
    account: AccountOption = None,
    binding: Annotated[
        str | None, typer.Option("--binding", help="For example database-main; omitted: all of them.")
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Hand out credentials, once per slot, to a steward; afterwards say where the Secret is."""
    from yunzu.model.answers.jobs import CredentialsAnswer
    from yunzu_cli import jobs, show_environments

    kind: Any = "offer" if dry_run else "credentials"
    with asking(home, token_file) as api:
        found = jobs.result(CredentialsAnswer, kind, identifier, api, account=account, binding=binding)
    if dry_run:
        show_environments.handing_out(identifier, found, json=json)
    else:
        show_environments.credentials(found, json=json)


@app.command("destroy")
def env_destroy(
    identifier: IdArgument,
    *,
    erase_data: Annotated[
        bool, typer.Option("--erase-data", help="Also erase databases and buckets, for ever.")
    ] = False,
    confirm: Annotated[str | None, typer.Option("--confirm", metavar="ID", help="The id once more.")] = None,
    applicant: ApplicantOption = None,
    emergency: EmergencyOption = False,
    reason: ReasonOption = None,
    wait: WaitOption = False,
    token_file: TokenFileOption = None,
    home: HomeOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Remove the environment's home; databases and buckets are retained unless --erase-data --confirm ID."""
    from yunzu_cli import show_environments
    from yunzu_cli.bringing import Bringing
    from yunzu_cli.progress import showing

    way = Way(applicant, emergency, reason, wait)
    with asking(home, token_file) as api:
        if dry_run:
            found = api.get(f"/environments/{identifier}")
            show_environments.removal(found, erase=erase_data, json=json)
            return
        with showing(f"destroy {identifier}") as place:
            by = Bringing(api, way, place)
            removed = by.decided(lambda: by.remove(identifier, erase=erase_data, confirm=confirm))
    show_environments.removed(removed, json=json)
