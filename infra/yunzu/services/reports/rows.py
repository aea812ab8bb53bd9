"""Reports as spreadsheets."""

from collections.abc import Sequence

from yunzu.model.answers.ledger import LedgerAnswer
from yunzu.model.answers.service_levels import Line, ServiceLevelsAnswer
from yunzu.services.reports.figures import AUDIT, KIND_NAMES, MAIN
from yunzu.services.reports.service_level_lists import TOTAL
from yunzu.services.reports.spreadsheet import Cell, csv_text

_RIGHTS = (
    "所有权人 owner",
    "部门 department",
    "部门名称 title",
    "环境 environment",
    "资源 kind",
    "名称 name",
    "服务器上名称 external name",
    "套餐 plan",
    "环境月价 price of the environment",
    "币种 currency",
    "起 from",
    "止 until",
    "状态 state",
    "数据保留 retained",
    "到期天数 expired days",
    "使用权 lease",
    "暂缓至 tolerated until",
    "保留至 held until",
    "办件编号 request",
)


def of_service_levels(report: ServiceLevelsAnswer) -> str:
    """One row for each line of figures: departments, then items, then the totals."""
    columns = (*MAIN, *AUDIT)
    first = ("期间 period", "范围 level", "编号 id", "名称 title", "类型 kind")
    last = ("最快办件编号 fastest request",)
    levels: tuple[tuple[str, Sequence[Line]], ...] = (
        ("部门", report.items),
        ("事项", report.by_item),
        (TOTAL, report.totals),
    )
    rows: list[list[Cell]] = []
    for level, lines in levels:
        for line in lines:
            title = report.title(line.name) if line.name else TOTAL
            rows.append(
                [report.period, level, line.name, title, KIND_NAMES[line.kind]]
                + [column.cell(line) for column in columns]
                + [line.fastest.request if line.fastest else None]
            )
    return csv_text([*first, *(column.heading for column in columns), *last], rows)


def of_ledger(found: LedgerAnswer) -> str:
    """One row for each right of use."""
    rows: list[list[Cell]] = [
        [
            *(one.owner, one.department, one.title, one.environment, one.kind, one.name, one.external_name),
            one.plan,
            one.price.month if one.price else None,
            one.price.currency if one.price else None,
            str(one.start or ""),
            str(one.until or ""),
            one.state,
            "yes" if one.retained else "no",
            one.expired_days,
            one.lease,
            str(one.tolerated_until or ""),
            str(one.held_until or ""),
            one.request,
        ]
        for one in found.items
    ]
    return csv_text(_RIGHTS, rows)
