"""How a period's figures look as tables for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from yunzu_cli.output import print_line, print_table

if TYPE_CHECKING:
    from yunzu.model.answers.service_levels import Line, ServiceLevelsAnswer
    from yunzu.services.reports.figures import Column


def table(report: "ServiceLevelsAnswer") -> None:
    """The whole report as text."""
    from yunzu.services.reports import service_level_lists as lists
    from yunzu.services.reports.figures import AUDIT, MAIN

    for line in lists.header(report):
        print_line(line)
    if report.is_empty:
        print_line("\n本期没有办件 no case was open in this period")
    for heading, lines in lists.sections(report):
        print_line(f"\n{heading}")
        _figures(report, lines, MAIN, with_kind=False)  # the kinds stand apart
    if not report.is_empty:
        print_line("\n核查指标 what keeps these figures honest")
        _figures(report, [*report.items, *report.totals], AUDIT, with_kind=True)
    if report.without_business:
        names = "、".join(lists.named(report, name) for name in report.without_business)
        print_line(f"\n本期无业务的部门 departments without a case: {names}")
    for one in lists.watched(report):
        print_line(f"\n{one.heading}" + ("" if one.rows else ": 无 none"))
        if one.rows:
            print_table(one.columns, one.rows)


def _figures(
    report: "ServiceLevelsAnswer", lines: "Sequence[Line]", columns: "Sequence[Column]", *, with_kind: bool
) -> None:
    from yunzu.services.reports.figures import KIND_NAMES
    from yunzu.services.reports.service_level_lists import named

    heading = ["", *(["类型\nkind"] if with_kind else []), *(f"{one.zh}\n{one.en}" for one in columns)]
    rows = [
        [
            named(report, line.name),
            *([KIND_NAMES[line.kind]] if with_kind else []),
            *(column.text(line) for column in columns),
        ]
        for line in lines
    ]
    print_table(heading, rows)
