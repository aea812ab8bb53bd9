"""`yunzu env …`: one environment at a time."""

from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption
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

AccountOption = Annotated[str, typer.Option("--account", help="Account of the person it is for.")]


@app.command("list")
def env_list(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the environments of this centre."""
    from yunzu.services import inventory
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    with opened(settings(home)) as centre:
        show.environments(inventory.environments(centre=centre), json=json)


@app.command("show")
def env_show(identifier: IdArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show one environment: names, plan, state, right of use."""
    from yunzu.services import inventory
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    with opened(settings(home)) as centre:
        show.environment(inventory.environment(identifier, centre=centre), json=json)


@app.command("where")
def env_where(identifier: IdArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """Say where the environment's data and workloads are: cluster, nodes, database server, bucket."""
    from yunzu.services import inventory
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    with opened(settings(home)) as centre:
        show.places(inventory.where(identifier, centre=centre), json=json)


@app.command("plan")
def env_plan(
    identifier: IdArgument, home: HomeOption = None, tenants: TenantsOption = None, json: JsonOption = False
) -> None:
    """Show what `apply` would change, compared with what is really there. Changes nothing."""
    from yunzu.services import environments
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        plan = environments.preview(identifier, catalogue=catalogue, centre=centre)
    show.previews([(identifier, plan)], json=json)


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
        env_plan(identifier, home, tenants, json)
        return
    from yunzu.services.requests.bringing import bring_all
    from yunzu_cli import show
    from yunzu_cli.steps import expected, steps
    from yunzu_stacks.centre import opened

    way = Way(token_file, applicant, emergency, reason, wait)
    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        total = expected([identifier], catalogue=catalogue, centre=centre)
        wanted = catalogue.environment(identifier)
        department = catalogue.department(wanted.department)
        with steps(f"apply {identifier}", total) as on_event:
            by = way.bringing(chosen, centre, on_event)
            [brought] = way.decided(lambda: list(bring_all(department, [wanted], by, prove=False)), by)
    if brought.failure is not None:
        raise brought.failure
    show.brought([brought], json=json)


@app.command("verify")
def env_verify(
    identifier: IdArgument, home: HomeOption = None, tenants: TenantsOption = None, json: JsonOption = False
) -> None:
    """Prove the environment as its tenant: log in everywhere, try every other tenant's door."""
    from yunzu.services import verification
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        probes = verification.verify(
            identifier, catalogue=catalogue, centre=centre, on_probe=show.probe_line(json=json)
        )
    if not show.verified(identifier, probes, json=json):
        raise typer.Exit(4)


@app.command("kubeconfig")
def env_kubeconfig(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", callback=environment_id, help="department/environment.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", help="Account of the person it is for.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="The operator's own, for break-glass.")] = False,
    home: HomeOption = None,
    tenants: TenantsOption = None,
    json: JsonOption = False,
) -> None:
    """Print a kubeconfig for one person, valid for an hour; or the operator's with --admin."""
    from yunzu.embedded import bootstrap
    from yunzu.services import kubeconfigs
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    chosen = settings(home, tenants)
    if admin:
        show.kubeconfig(kubeconfigs.for_administrator(bootstrap.administrator(chosen)), json=json)
        return
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        found = kubeconfigs.for_person(identifier, account, catalogue=catalogue, centre=centre)
    show.kubeconfig(found, json=json)


@app.command("credentials")
def env_credentials(
    identifier: IdArgument,
    account: AccountOption,
    binding: Annotated[
        str | None, typer.Option("--binding", help="For example database-main; omitted: all of them.")
    ] = None,
    home: HomeOption = None,
    tenants: TenantsOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Hand out credentials, once per slot, to a steward; afterwards say where the Secret is."""
    from yunzu.services import credentials
    from yunzu_cli import show
    from yunzu_stacks.centre import opened

    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    with opened(chosen) as centre:
        if dry_run:
            offer = credentials.offer(identifier, account, binding, catalogue=catalogue, centre=centre)
            show.handing_out(offer, json=json)
            return
        handed = credentials.hand_out(identifier, account, binding, catalogue=catalogue, centre=centre)
    show.credentials(handed, json=json)


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
    from yunzu.services import removal
    from yunzu.services.requests.bringing import remove
    from yunzu_cli import show
    from yunzu_cli.steps import steps
    from yunzu_stacks.centre import opened

    way = Way(token_file, applicant, emergency, reason, wait)
    chosen = settings(home)
    with opened(chosen) as centre:
        if dry_run:
            plan = removal.plan(identifier, erase=erase_data, centre=centre)
            show.removal_plan(identifier, plan, json=json)
            return
        with steps(f"destroy {identifier}") as on_event:
            by = way.bringing(chosen, centre, on_event)
            removed = way.decided(lambda: remove(identifier, by, erase=erase_data, confirm=confirm), by)
    show.removed(removed, json=json)
