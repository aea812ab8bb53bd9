"""How a period's figures look: tables for people, rows for spreadsheets. The page is `sla_page`'s."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from yunzu_cli.csv_output import Cell, print_csv
from yunzu_cli.figures import AUDIT, KIND_NAMES, MAIN, Column
from yunzu_cli.output import print_line, print_table
from yunzu_cli.sla_lists import TOTAL, named, watched, when

if TYPE_CHECKING:
    from yunzu.services.requests.casebook import Casebook
    from yunzu.services.requests.service_levels import Line, Report


def table(report: "Report") -> None:
    """The whole report as text."""
    for line in header(report):
        print_line(line)
    if report.is_empty:
        print_line("\n本期没有办件 no case was open in this period")
    for heading, lines in sections(report):
        print_line(f"\n{heading}")
        _figures(report.book, lines, MAIN)
    if not report.is_empty:
        print_line("\n核查指标 what keeps these figures honest")
        _figures(report.book, [*report.departments, *totals(report)], AUDIT)
    if report.without_business:
        names = "、".join(named(report.book, name) for name in report.without_business)
        print_line(f"\n本期无业务的部门 departments without a case: {names}")
    for one in watched(report):
        print_line(f"\n{one.heading}" + ("" if one.rows else ": 无 none"))
        if one.rows:
            print_table(one.columns, one.rows)


def header(report: "Report") -> list[str]:
    """Of what, as of when, by which formulas, calendar and hours."""
    from yunzu.services.requests import report_document

    book = report.book
    known = when(report, book.period.as_of)
    until = "" if report_document.is_final(book) else f" · 截至 as of {known} (本期未结束 not over yet)"
    chosen = f" · {named(book, report.department)}" if report.department else ""
    found = report_document.document(report)
    lines = [f"办件时效 service levels {found['period']}{chosen}{until}"]
    lines.append(
        f"公式 formula {found['formula']} · 办公时间 {' '.join(found['hours'])} · 时区 {found['zone']}"
    )
    for one in found["calendar"]:
        mark = " · 暂定 provisional" if one["provisional"] else ""
        lines.append(f"日历 calendar {one['year']}: {one['source'] or one['hash'][:12]}{mark}")
    return [*lines, f"摘要 sha256 {found['hash']}"]


def sections(report: "Report") -> list[tuple[str, list["Line"]]]:
    """Headings with their lines: by department, by item, each kind apart with its total."""
    found = []
    for total in report.totals:
        kind = total.kind
        departments = [line for line in report.departments if line.kind == kind]
        items = [line for line in report.items if line.kind == kind]
        if departments:
            found.append((f"{KIND_NAMES[kind]} · 按部门 {kind}, by department", [*departments, total]))
            found.append((f"{KIND_NAMES[kind]} · 按事项 {kind}, by item", items))
    return found


def print_rows(report: "Report") -> None:
    """One row for each line of figures: departments, then items, then the totals."""
    from yunzu.services.requests import report_document

    columns = (*MAIN, *AUDIT)
    month = report_document.month_of(report.book)
    first = ("期间 period", "范围 level", "编号 id", "名称 title", "类型 kind")
    last = ("最快办件编号 fastest request",)
    levels = (("部门", report.departments), ("事项", report.items), (TOTAL, totals(report)))
    rows: list[list[Cell]] = []
    for level, lines in levels:
        for line in lines:
            fastest = line.figures.fastest
            title = report.book.title(line.name) if line.name else TOTAL
            rows.append(
                [month, level, line.name, title, KIND_NAMES[line.kind]]
                + [column.cell(line) for column in columns]
                + [fastest.number if fastest else None]
            )
    print_csv([*first, *(column.heading for column in columns), *last], rows)


def totals(report: "Report") -> list["Line"]:
    """Those of kinds that there are cases of."""
    kinds = {line.kind for line in report.departments}
    return [line for line in report.totals if line.kind in kinds]


def _figures(book: "Casebook", lines: Sequence["Line"], columns: Sequence[Column]) -> None:
    apart = columns is AUDIT  # the kinds of one table are told apart in it, the others stand apart
    heading = ["", *(["类型\nkind"] if apart else []), *(f"{one.zh}\n{one.en}" for one in columns)]
    rows = [
        [
            named(book, line.name),
            *([KIND_NAMES[line.kind]] if apart else []),
            *(column.text(line) for column in columns),
        ]
        for line in lines
    ]
    print_table(heading, rows)
