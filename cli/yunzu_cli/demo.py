"""`yunzu demo …`: a centre with departments on it, to look at and try."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yunzu_cli.acting import asking, local_actor
from yunzu_cli.bringing import Bringing, Way
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, TenantsOption, settings

if TYPE_CHECKING:
    from yunzu.services.demo.demonstration import Arrival, Demonstration
    from yunzu.services.demo.showcase import Summary
    from yunzu.services.manifests import Catalogue
    from yunzu.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Demonstrations: real departments with real first data.")


@app.callback()
def _noun() -> None:
    """Keep `nantong` a verb of its own while it is the only one."""


@app.command("nantong")
def demo_nantong(
    full: Annotated[
        bool, typer.Option("--full", help="Load all 336,776 flights instead of January's 27,004.")
    ] = False,
    home: HomeOption = None,
    tenants: TenantsOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Onboard seven departments of Nantong, load their systems' first data, prove every environment.

    Enterprises and persons are invented. Running it again changes nothing, and leaves alone what you changed.
    """
    from yunzu.services.demo.demonstration import directories
    from yunzu.services.departments import identifiers
    from yunzu_cli import show, show_environments
    from yunzu_cli.output import stderr
    from yunzu_cli.planning import foreseen

    chosen = settings(home, tenants)
    catalogue = show.catalogue(chosen)
    if dry_run:
        cast = [one for each in directories(chosen.tenants) for one in identifiers(each, catalogue)]
        with asking(home, None) as api:
            plans = (foreseen(one, catalogue, api, chosen.tenants, applicant=None) for one in cast)
            show_environments.plans(plans, json=json)
        stderr("then their systems' first data would be loaded, and every environment proven")
        return
    result, office = _demonstrated(chosen, catalogue, full=full)
    if not shown_result(result, office, json=json):
        raise typer.Exit(4)


def _demonstrated(
    chosen: "Settings", catalogue: "Catalogue", *, full: bool
) -> "tuple[Demonstration, Summary]":
    """On the centre's machine: it reads Secrets and acts for the invented people besides asking the API."""
    from yunzu.services.demo.nantong import nantong
    from yunzu.services.demo.showcase import Means
    from yunzu.services.requests.asking import Asking
    from yunzu.services.requests.office import office_of
    from yunzu_cli.progress import shown
    from yunzu_stacks.centre import opened

    with opened(chosen) as centre, asking(chosen.home, None) as api, shown() as progress:
        by = Bringing(api, Way(), partial(progress.update, "request"))
        asks = Asking(office_of(chosen, centre.records), local_actor())
        return nantong(
            chosen.tenants,
            lambda department, wanted: list(by.bring_all(department, wanted, prove=False)),
            Means(asks, by.deliver),
            centre=centre,
            catalogue=catalogue,
            full=full,
            progress=progress.update,
        )


def shown_result(result: "Demonstration", office: "Summary", *, json: bool) -> bool:
    """Show what the demonstration came to; returns whether everything is loaded and proven."""
    from yunzu_cli.output import print_json, print_line, print_table

    if json:
        print_json(_document(result) | {"office": _office_document(office)})
        return result.ok
    columns = ("ENVIRONMENT", "NAMESPACE", "TIME", "TABLES", "ROWS", "OBJECTS", "PROBES OK")
    print_table(columns, [_row(item) for item in result.items])
    for item in result.items:
        for line in _remarks(item):
            print_line(line)
    wrote = f"{result.changed} tables and files written" if result.changed else "nothing to load, no change"
    print_line(f"\n{len(result.items)} environments in {result.seconds:.0f} s; {wrote}.")
    _show_office(office)
    print_line("\nTry next:")
    print_table(("COMMAND", "WHAT IT SHOWS"), result.next_steps)
    return result.ok


def _show_office(office: "Summary") -> None:
    """What was asked for, how fast the fastest was, and what of the promises was kept."""
    from yunzu.services.reports.figures import percent
    from yunzu.services.requests.report_document import share
    from yunzu_cli.output import print_line, print_table

    print_line("")
    rows = [(one.what, one.request, one.state, ", ".join(one.accounts), one.reason) for one in office.shown]
    print_table(("REQUESTS SHOW", "NUMBER", "STATE", "WHO ACTED", "REASON"), rows)
    if office.delivered:
        (number, fastest), (_, slowest) = office.delivered[0], office.delivered[-1]
        times = f"fastest {number} in {fastest:.1f} s, slowest {slowest:.1f} s"
        print_line(f"\n{len(office.delivered)} environments from filing to proven: {times}")
    on_time, speed_up = percent(share(office.on_time)), percent(share(office.speed_up))
    print_line(f"按时办结率 on time {on_time}, 提速率 speed-up {speed_up}; `yunzu sla` has it all")


def _office_document(office: "Summary") -> dict[str, Any]:
    from dataclasses import asdict

    from yunzu.services.requests.report_document import share

    return {
        "shown": [asdict(one) for one in office.shown],
        "delivered": [{"request": number, "seconds": round(s, 3)} for number, s in office.delivered],
        "on_time_rate": share(office.on_time),
        "speed_up_total": share(office.speed_up),
    }


def _row(item: "Arrival") -> tuple[object, ...]:
    probes = f"{sum(probe.ok for probe in item.probes)}/{len(item.probes)}"
    rows = f"{item.rows:,}"
    return item.id, item.namespace, f"{item.seconds:.1f} s", item.tables, rows, item.objects, probes


def _remarks(item: "Arrival") -> list[str]:
    """What deserves a second look: red probes, and data that was left as the tenant has it."""
    red = [f"RED {item.id}: {probe.name}: {probe.detail}" for probe in item.probes if not probe.ok]
    kept = [
        f"kept {item.id}: {one.where} was changed since it was loaded, or is not ours; left alone"
        for one in item.loaded
        if one.state == "kept"
    ]
    return red + kept


def _document(result: "Demonstration") -> dict[str, Any]:
    return {
        "ok": result.ok,
        "seconds": round(result.seconds, 2),
        "changed": result.changed,
        "items": [_item(item) for item in result.items],
        "next": [{"command": command, "shows": shows} for command, shows in result.next_steps],
    }


def _item(item: "Arrival") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "id": item.id,
        "ok": item.ok,
        "namespace": item.namespace,
        "request": item.request,
        "seconds": round(item.seconds, 3),
        "tables": item.tables,
        "rows": item.rows,
        "objects": item.objects,
        "loaded": [asdict(one) for one in item.loaded],
        "probes": {
            "ok": sum(probe.ok for probe in item.probes),
            "total": len(item.probes),
            "failed": [probe.name for probe in item.probes if not probe.ok],
        },
    }
