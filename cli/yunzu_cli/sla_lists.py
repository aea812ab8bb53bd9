"""The lists beside a period's figures: what needs somebody now, and what an auditor should look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from yunzu_cli import figures

if TYPE_CHECKING:
    from yunzu.services.requests.casebook import Casebook
    from yunzu.services.requests.service_levels import Report

TOTAL = "合计"


@dataclass(frozen=True, slots=True)
class Watched:
    """One list, as a table; empty where there is nothing to look at."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


def watched(report: "Report") -> list[Watched]:
    """All of them, in the order in which they are to be read."""
    found = [
        _supervision(report),
        _promises(report),
        _lengthened(report),
        _many_pauses(report),
        _late_acceptances(report),
        _stopped(report),
        _closed_after_due(report),
        _emergencies(report),
    ]
    if report.book.contradictions:
        heading = "时间矛盾, 未计入 contradictory, not counted"
        found.append(Watched(heading, ("办件编号", "事实"), list(report.book.contradictions.items())))
    return found


def named(book: "Casebook", name: str) -> str:
    """A department or an item by title and id; the total where there is no name."""
    title = book.title(name) if name else TOTAL
    return f"{title} {name}" if name and title != name else title


def when(report: "Report", moment: datetime) -> str:
    """A moment in the centre's zone."""
    return f"{moment.astimezone(report.book.clock.zone):%Y-%m-%d %H:%M}"


def _supervision(report: "Report") -> Watched:
    rows = [
        (
            f"超期 {one.overdue_days} 天" if one.overdue_days else "预警",
            one.number,
            named(report.book, one.department),
            named(report.book, one.item),
            when(report, one.due_at),
        )
        for one in report.urgent
    ]
    return Watched("督办 supervision", ("级别", "办件编号", "部门", "事项", "应办结时间"), rows)


def _promises(report: "Report") -> Watched:
    rows: list[Sequence[object]] = [
        (
            named(report.book, one.item),
            when(report, one.at),
            figures.limit(one.before),
            figures.limit(one.after),
            one.request,
        )
        for one in report.promises_changed
    ]
    rows += [
        (f"工作日历 {year}", when(report, at), "", "", request)
        for year, at, request in report.calendars_changed
    ]
    columns = ("事项", "时间", "原承诺", "新承诺", "依据办件")
    return Watched("承诺与日历变更 promises and calendars changed", columns, rows)


def _lengthened(report: "Report") -> Watched:
    rows = [
        (named(report.book, item), figures.limit(shortest), figures.limit(longest))
        for item, (shortest, longest) in report.lengthened.items()
    ]
    return Watched("曾有更短承诺 once promised shorter", ("事项", "最短", "本期最长"), rows)


def _many_pauses(report: "Report") -> Watched:
    rows = [(named(report.book, name), figures.percent(value)) for name, value in report.many_pauses.items()]
    return Watched("停钟超过三成的部门 over 30 % paused", ("部门", "停钟率"), rows)


def _late_acceptances(report: "Report") -> Watched:
    rows = [
        (
            one.number,
            named(report.book, one.department),
            when(report, one.submitted_at),
            when(report, one.answered_at) if one.answered_at else "未答复",
        )
        for one in report.late_acceptances
    ]
    columns = ("办件编号", "部门", "申请时间", "实际答复")
    return Watched("逾期视为受理 accepted by silence", columns, rows)


def _stopped(report: "Report") -> Watched:
    rows = [
        (
            one.number,
            named(report.book, one.department),
            one.corrections,
            one.others,
            figures.duration(one.stood),
            "停钟中" if one.stands else "已恢复",
        )
        for one in report.stopped
    ]
    columns = ("办件编号", "部门", "补正次数", "其他次数", "停钟时长", "状态")
    return Watched("多次停钟或停钟中 stopped more than once, or still", columns, rows)


def _closed_after_due(report: "Report") -> Watched:
    rows = [(number,) for number in report.closed_after_due]
    return Watched("超期后撤回或不予受理 closed after due", ("办件编号",), rows)


def _emergencies(report: "Report") -> Watched:
    rows = [
        (
            one.request,
            named(report.book, one.department or "centre"),
            named(report.book, one.item),
            when(report, one.at),
            one.account,
            one.reason,
        )
        for one in report.book.emergencies
    ]
    columns = ("办件编号", "部门", "事项", "时间", "系统管理员", "理由")
    return Watched("紧急办理 granted as an emergency", columns, rows)
