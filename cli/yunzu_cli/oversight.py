"""`yunzu sla`, `yunzu ledger`: what was promised and kept, and who has the right to use what."""

from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
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
    from yunzu.clients.api import understood
    from yunzu.model.answers.service_levels import ServiceLevelsAnswer
    from yunzu_cli import output, show_sla

    path, query = "/service-levels", {"month": month, "department": department}
    with asking(home, token_file) as api:
        if csv or html:
            output.print_file(api.text(path, query, "text/csv" if csv else "text/html"))
            return
        body = api.get(path, query)
    if json:
        output.print_json(body)
    else:
        show_sla.table(understood(ServiceLevelsAnswer, body))


def ledger(
    department: DepartmentOption = None,
    token_file: TokenFileOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List every right of use: owner, user, resource, plan, price, lease, state; marks expired ones."""
    _at_most_one(json=json, csv=csv)
    from yunzu.clients.api import understood
    from yunzu.model.answers.ledger import LedgerAnswer
    from yunzu_cli import output, show_ledger

    path, query = "/ledger", {"department": department}
    with asking(home, token_file) as api:
        if csv:
            output.print_file(api.text(path, query, "text/csv"))
            return
        body = api.get(path, query)
    if json:
        output.print_json(body)
    else:
        show_ledger.table(understood(LedgerAnswer, body))


def _at_most_one(**chosen: bool) -> None:
    from yunzu.errors import UsageError

    names = [f"--{name}" for name, is_chosen in chosen.items() if is_chosen]
    if len(names) > 1:
        raise UsageError(" and ".join(names), "are different forms of one result", "give one of them")
