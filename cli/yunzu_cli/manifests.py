"""`yunzu validate`, `yunzu schema` and `yunzu import …`: manifests before they become anything real."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from yunzu_cli.options import JsonOption, settings

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


def validate(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Manifests, of all departments or of one.")
    ] = None,
    plans: PlansOption = None,
    json: JsonOption = False,
) -> None:
    """Check manifests and plans; say everything that is wrong. Asks no server, changes nothing."""
    from yunzu.services.manifests import examine
    from yunzu_cli.output import print_findings, print_json, print_line

    chosen = settings(tenants=directory)
    catalogue, findings = examine(chosen.tenants, plans or chosen.plans)
    if json:
        print_json({"ok": not findings, "findings": [finding.as_json() for finding in findings]})
    else:
        print_findings(findings)
        read = f"{len(catalogue.departments)} departments, {len(catalogue.environments)} environments"
        print_line(f"{read}, {len(catalogue.plans)} plans; {len(findings) or 'no'} findings")
    if findings:
        raise typer.Exit(2)


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="Which one to print.")] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Write all of them there instead.")
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of manifest, for an editor."""
    from yunzu.model.schemas import schema_files, schema_text
    from yunzu_cli.output import print_line

    if into:
        into.mkdir(parents=True, exist_ok=True)
        for name, text in schema_files().items():
            (into / name).write_text(text, encoding="utf-8")
    else:
        print_line(schema_text(kind or Kind.ENVIRONMENT).rstrip())
