"""`yunzu sla`, `yunzu ledger`: what was promised and kept, and who has the right to use what."""

from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, acting
from yunzu_cli.options import HomeOption, JsonOption, department_id


def _department(text: str | None) -> str | None:
    """A department's id, or `centre`, which no department can be called."""
    return text if text == "centre" else department_id(text)


DepartmentOption = Annotated[
    str | None,
    typer.Option("--department", metavar="DEPT", callback=_department, help="Of one department only."),
]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")]


def sla(
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="Omitted: the present one.")
    ] = None,
    department: DepartmentOption = None,
    token_file: TokenFileOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    html: Annotated[bool, typer.Option("--html", help="Print one page, for a browser or paper.")] = False,
) -> None:
    """Show how punctual and how fast requests were: figures, 督办 list, and what would flatter them."""
    _at_most_one(json=json, csv=csv, html=html)
    from yunzu.services.requests import report_document, service_levels
    from yunzu_cli import output, show_sla, sla_page

    with acting(home, token_file) as who:
        period = service_levels.month(month, who.office)
        report = service_levels.report(period, actor=who.actor, office=who.office, department=department)
    if json:
        output.print_json(report_document.document(report))
    elif csv:
        show_sla.print_rows(report)
    elif html:
        output.print_file(sla_page.page(report))
    else:
        show_sla.table(report)


def ledger(
    department: DepartmentOption = None,
    token_file: TokenFileOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List every right of use: owner, user, resource, plan, price, lease, state; marks expired ones."""
    _at_most_one(json=json, csv=csv)
    from yunzu.services import ledger as rights
    from yunzu_cli import show_ledger

    with acting(home, token_file) as who:
        found = rights.ledger(actor=who.actor, office=who.office, department=department)
    show_ledger.ledger(found, json=json, csv=csv)


def _at_most_one(**chosen: bool) -> None:
    from yunzu.errors import UsageError

    names = [f"--{name}" for name, is_chosen in chosen.items() if is_chosen]
    if len(names) > 1:
        raise UsageError(" and ".join(names), "are different forms of one result", "give one of them")
