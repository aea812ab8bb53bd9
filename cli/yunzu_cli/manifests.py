"""`yunzu validate`, `yunzu schema` and `yunzu import …`: manifests before they become anything real."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import DryRunOption, JsonOption, TenantsOption, department_id, settings

if TYPE_CHECKING:
    from yunzu.model.plans import Plan
    from yunzu.services.estate import Outcome
    from yunzu.services.manifests import Examination

import_app = typer.Typer(no_args_is_help=True, help="Turn what other platforms know into manifests.")

PlansOption = Annotated[
    Path | None,
    typer.Option("--plans", metavar="DIR", help="Directory of the plans.  [default centre/plans]"),
]


class Kind(StrEnum):
    """Kinds of manifest that have a schema."""

    DEPARTMENT = "Department"
    ENVIRONMENT = "Environment"
    PLAN = "Plan"
    ITEM = "Item"
    REGISTER = "Register"
    CAPACITY = "Capacity"
    CALENDAR = "Calendar"


def validate(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Manifests, of all departments or of one.")
    ] = None,
    plans: PlansOption = None,
    items: Annotated[
        Path | None,
        typer.Option("--items", metavar="DIR", help="Directory of the items.  [default centre/items]"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check all manifests; say everything that is wrong. Asks no server, changes nothing."""
    from yunzu.services.centre_manifests import centre_files, plans_directory
    from yunzu.services.manifests import examine
    from yunzu_cli.output import print_json, stderr

    chosen = settings(tenants=directory)
    directory_of_plans = plans_directory(chosen, plans)
    examined = examine(chosen.tenants, directory_of_plans, centre_files(chosen, items))
    if json:
        findings, remarks = (
            [one.as_json() for one in part] for part in (examined.findings, examined.remarks)
        )
        print_json({"ok": not findings, "findings": findings, "remarks": remarks})
    else:
        _show_examination(examined)
    if directory_of_plans is None:
        stderr("note: no plans are here; whether each environment fits its plan, `yunzu env plan` says")
    if examined.findings:
        raise typer.Exit(2)


def _show_examination(examined: "Examination") -> None:
    from yunzu_cli.output import print_findings, print_line, stderr

    print_findings(examined.findings)
    for remark in examined.remarks:
        stderr(f"note: {remark}")
    catalogue, faults, notes = examined.catalogue, len(examined.findings), len(examined.remarks)
    read = f"{len(catalogue.departments)} departments, {len(catalogue.environments)} environments"
    also = f", {notes} notes" if notes else ""
    print_line(f"{read}, {len(catalogue.plans)} plans; {faults or 'no'} findings{also}")


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="Which one to print.")] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Write all of them there instead.")
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option("--pages", metavar="DIR", help="Write the reference's generated pages there."),
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of manifest, for an editor."""
    from yunzu.model.reference import reference_files
    from yunzu.model.schemas import schema_files, schema_text
    from yunzu_cli.output import print_line

    if into:
        _write(into, schema_files())
    if pages:
        _write(pages, reference_files() | {"openapi.json": _openapi()})
    if not into and not pages:
        print_line(schema_text(kind or Kind.ENVIRONMENT).rstrip())


def _openapi() -> str:
    """The API's description of itself. It stands beside the command, so it is asked, not imported."""
    import subprocess
    import sys

    words = [sys.executable, "-m", "yunzu_portal", "openapi"]
    return subprocess.run(words, capture_output=True, check=True, encoding="utf-8").stdout


def _write(directory: Path, files: Mapping[str, str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")


@import_app.command("estate")
def import_estate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The estate: JSON Lines, one environment each.")
    ],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="Directory that receives the manifests.")
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="Only records that meet all of these: business_unit=HQ, is_production=true, "
            "databases=yes|no|N, buckets=…, has=database,bucket (what can be hosted here), "
            "plan=small,standard (what they would get).",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="At most so many records.")
    ] = None,
    lease_from: Annotated[
        datetime | None,
        typer.Option("--lease-from", formats=["%Y-%m-%d"], help="First day of every lease.  [default today]"),
    ] = None,
    plans: PlansOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Turn another platform's estate into departments and environments. With any fault, writes nothing."""
    from yunzu.services import estate
    from yunzu_cli.output import print_json

    outcome = estate.import_estate(
        file,
        into,
        plans=_plans(plans or settings().plans, json=json),
        where=where or (),
        limit=limit,
        lease_from=lease_from.date() if lease_from else None,
        today=date.today(),
        dry_run=dry_run,
    )
    if json:
        findings = [finding.as_json() for finding in outcome.findings]
        print_json({"ok": outcome.ok, "counts": dict(outcome.counts), "findings": findings})
    else:
        _show_import(outcome, into, dry_run=dry_run)
    if not outcome.ok:
        raise typer.Exit(3 if all(fault.code == estate.EDITED for fault in outcome.faults) else 2)


@import_app.command("people")
def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The spreadsheet (XLSX): 姓名, 账号, 角色.")],
    department: Annotated[
        str, typer.Option("--department", metavar="DEPT", callback=department_id, help="Whose people.")
    ],
    tenants: TenantsOption = None,
    show: Annotated[bool, typer.Option("--print", help="Print the manifest instead of writing it.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take a department's people over from a spreadsheet into its manifest. With any fault, writes nothing.

    The manifest is what you ask for: file it with `yunzu request new department.people`.
    """
    from yunzu.errors import InvalidInputError
    from yunzu.services import people_import
    from yunzu_cli import show_departments
    from yunzu_cli.output import print_file, print_json

    try:
        made = people_import.import_people(file, department, settings(tenants=tenants).tenants)
    except InvalidInputError as error:
        if json:
            print_json({"ok": False, "findings": [one.as_json() for one in error.findings]})
        raise
    if show:
        print_file(made.text)
        return
    if not dry_run and made.changed:
        people_import.write(made)
    show_departments.imported(made, dry_run=dry_run, json=json)


def _plans(directory: Path, *, json: bool) -> "Mapping[str, Plan]":
    """The plans, or the document of what is wrong with them."""
    from yunzu.errors import InvalidInputError
    from yunzu.services.manifests import load_plans
    from yunzu_cli.output import print_json

    try:
        return load_plans(directory)
    except InvalidInputError as error:
        if json:
            print_json({"ok": False, "counts": {}, "findings": [one.as_json() for one in error.findings]})
        raise


def _show_import(outcome: "Outcome", into: Path, *, dry_run: bool) -> None:
    from yunzu_cli.output import print_findings, print_line

    print_findings(outcome.findings)
    counts = outcome.counts
    what = ("departments", "environments", "databases", "buckets", "notes", "faults")
    made = ", ".join(f"{counts[name]} {name}" for name in what)
    print_line(f"{counts['selected']} of {counts['records']} records: {made}")
    done = "to write" if dry_run else "written" if outcome.ok else "not written, because of the faults"
    print_line(f"{into}: {counts['files']} files {done}, {counts['unchanged']} as they were")
