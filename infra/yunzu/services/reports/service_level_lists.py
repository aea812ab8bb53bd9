"""The lists beside a period's figures: what needs somebody now, and what an auditor should look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from yunzu.model.answers.service_levels import Line, ServiceLevelsAnswer
from yunzu.services.reports import figures
from yunzu.services.reports.figures import KIND_NAMES

TOTAL = "合计"


@dataclass(frozen=True, slots=True)
class Watched:
    """One list, as a table; empty where there is nothing to look at."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


def header(report: ServiceLevelsAnswer) -> list[str]:
    """Of what, as of when, by which formulas, calendar and hours."""
    until = "" if report.final else f" · 截至 as of {when(report, report.as_of)} (本期未结束 not over yet)"
    chosen = f" · {named(report, report.department)}" if report.department else ""
    lines = [f"办件时效 service levels {report.period}{chosen}{until}"]
    lines.append(f"公式 formula {report.formula} · 办公时间 {' '.join(report.hours)} · 时区 {report.zone}")
    for one in report.calendar:
        mark = " · 暂定 provisional" if one.provisional else ""
        lines.append(f"日历 calendar {one.year}: {one.source or (one.hash or '')[:12]}{mark}")
    return [*lines, f"摘要 sha256 {report.hash}"]


def sections(report: ServiceLevelsAnswer) -> list[tuple[str, list[Line]]]:
    """Headings with their lines: by department, by item, each kind apart with its total."""
    found: list[tuple[str, list[Line]]] = []
    for total in (report.total, report.total_instant):
        kind = total.kind
        departments = [line for line in report.items if line.kind == kind]
        if departments:
            found.append((f"{KIND_NAMES[kind]} · 按部门 {kind}, by department", [*departments, total]))
            by_item: list[Line] = [line for line in report.by_item if line.kind == kind]
            found.append((f"{KIND_NAMES[kind]} · 按事项 {kind}, by item", by_item))
    return found


def watched(report: ServiceLevelsAnswer) -> list[Watched]:
    """All of them, in the order in which they are to be read."""
    found = [
        _supervision(report),
        _promises(report),
        _lengthened(report),
        _many_pauses(report),
        _late_acceptances(report),
        _stopped(report),
        _repeated(report),
        _closed_after_due(report),
        _emergencies(report),
    ]
    if report.contradictions:
        heading = "时间矛盾, 未计入 contradictory, not counted"
        rows = [(one.request, one.fact) for one in report.contradictions]
        found.append(Watched(heading, ("办件编号", "事实"), rows))
    return found


def named(report: ServiceLevelsAnswer, name: str) -> str:
    """A department or an item by title and id; the total where there is no name."""
    title = report.title(name) if name else TOTAL
    return f"{title} {name}" if name and title != name else title


def when(report: ServiceLevelsAnswer, moment: datetime) -> str:
    """A moment in the centre's zone."""
    return f"{moment.astimezone(ZoneInfo(report.zone)):%Y-%m-%d %H:%M}"


def _supervision(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (
            f"超期 {one.overdue_days} 天" if one.overdue_days else "预警",
            one.request,
            named(report, one.department),
            named(report, one.item),
            when(report, one.due_at),
        )
        for one in report.supervision
    ]
    return Watched("督办 supervision", ("级别", "办件编号", "部门", "事项", "应办结时间"), rows)


def _promises(report: ServiceLevelsAnswer) -> Watched:
    rows: list[Sequence[object]] = [
        (
            named(report, one.item),
            when(report, one.at),
            figures.limit(one.before),
            figures.limit(one.after),
            one.request,
        )
        for one in report.promises_changed
    ]
    rows += [
        (f"工作日历 {one.year}", when(report, one.at), "", "", one.request)
        for one in report.calendars_changed
    ]
    columns = ("事项", "时间", "原承诺", "新承诺", "依据办件")
    return Watched("承诺与日历变更 promises and calendars changed", columns, rows)


def _lengthened(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (named(report, one.item), figures.limit(one.shortest), figures.limit(one.longest))
        for one in report.lengthened
    ]
    return Watched("曾有更短承诺 once promised shorter", ("事项", "最短", "本期最长"), rows)


def _many_pauses(report: ServiceLevelsAnswer) -> Watched:
    rows = [(named(report, one.department), figures.percent(one.share)) for one in report.many_pauses]
    return Watched("停钟超过三成的部门 over 30 % paused", ("部门", "停钟率"), rows)


def _late_acceptances(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (
            one.request,
            named(report, one.department),
            when(report, one.submitted_at),
            when(report, one.answered_at) if one.answered_at else "未答复",
        )
        for one in report.late_acceptances
    ]
    columns = ("办件编号", "部门", "申请时间", "实际答复")
    return Watched("逾期视为受理 accepted by silence", columns, rows)


def _stopped(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (
            one.request,
            named(report, one.department),
            one.corrections,
            one.others,
            figures.duration(figures.seconds(one.stood_seconds)),
            "停钟中" if one.stands else "已恢复",
        )
        for one in report.stopped
    ]
    columns = ("办件编号", "部门", "补正次数", "其他次数", "停钟时长", "状态")
    return Watched("多次停钟或停钟中 stopped more than once, or still", columns, rows)


def _repeated(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (named(report, one.department), one.applicant, named(report, one.item), one.cases, one.subjects)
        for one in report.repeated
    ]
    columns = ("部门", "申请人", "事项", "件数", "标的数")
    return Watched("同一申请人多次申请 asked for several times", columns, rows)


def _closed_after_due(report: ServiceLevelsAnswer) -> Watched:
    rows = [(number,) for number in report.closed_after_due]
    return Watched("超期后撤回或不予受理 closed after due", ("办件编号",), rows)


def _emergencies(report: ServiceLevelsAnswer) -> Watched:
    rows = [
        (
            one.request,
            named(report, one.department),
            named(report, one.item),
            when(report, one.at),
            one.account,
            one.reason,
        )
        for one in report.emergencies
    ]
    columns = ("办件编号", "部门", "事项", "时间", "系统管理员", "理由")
    return Watched("紧急办理 declared an emergency", columns, rows)
