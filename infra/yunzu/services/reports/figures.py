"""How figures are written: rates, durations, limits, and the columns of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from yunzu.model.answers.common import Span
from yunzu.model.answers.service_levels import Durations, FastestCase, Line

Value = int | Decimal | timedelta | None

KIND_NAMES = {"promised": "承诺件", "instant": "即办件"}
UNIT_NAMES = {"workday": "工作日", "hour": "小时", "minute": "分钟"}
NOTHING = "—"


def percentage(share: str | None) -> Decimal | None:
    """`66.66` of the share `0.6666`."""
    return None if share is None else Decimal(share).scaleb(2)


def percent(share: str | None) -> str:
    """`66.66%` of the share `0.6666`."""
    return NOTHING if share is None else f"{percentage(share)}%"


def seconds(value: float | None) -> timedelta | None:
    """A duration of a document."""
    return None if value is None else timedelta(seconds=value)


def duration(length: timedelta | None) -> str:
    """`3分4秒`, `31小时30分`; rounded up, so that nothing looks faster than it was."""
    if length is None:
        return NOTHING
    tenths = -(-length // timedelta(milliseconds=100))
    if tenths < 600:
        return f"{tenths // 10}秒" if tenths % 10 == 0 else f"{tenths / 10:.1f}秒"
    whole = -(-length // timedelta(seconds=1))
    if whole < 3600:
        return _parts(whole, 60, "分", "秒")
    return _parts(-(-length // timedelta(minutes=1)), 60, "小时", "分")


def days(length: timedelta | None) -> str:
    """A duration on the wall clock: `14天19小时` where it is longer than two days."""
    if length is None or length < timedelta(days=2):
        return duration(length)
    return _parts(-(-length // timedelta(hours=1)), 24, "天", "小时")


def _parts(amount: int, size: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, size)
    return f"{whole}{large}" + (f"{rest}{small}" if rest else "")


def limit(one: Span | None) -> str:
    """`5工作日`."""
    return NOTHING if one is None else f"{one.n}{UNIT_NAMES[one.unit]}"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a line, in `unit` for a spreadsheet. `shown` makes text of it for people where its type
    does not say how."""

    zh: str
    en: str
    unit: str
    value: Callable[[Line], Value]
    shown: Callable[[Line], str] | None = None

    def text(self, line: Line) -> str:
        """For people."""
        if self.shown is not None:
            return self.shown(line)
        value = self.value(line)
        if isinstance(value, Decimal):
            return f"{value}%"
        if isinstance(value, timedelta):
            return duration(value)
        return NOTHING if value is None else str(value)

    def cell(self, line: Line) -> int | Decimal | None:
        """For a spreadsheet: percent, seconds, a count."""
        value = self.value(line)
        if isinstance(value, timedelta):
            return Decimal(value // timedelta(milliseconds=1)).scaleb(-3)
        return value

    @property
    def heading(self) -> str:
        """`平均用时(秒) mean used`: for a spreadsheet."""
        return f"{self.zh}({self.unit}) {self.en}" if self.unit else f"{self.zh} {self.en}"


def _mean(spread: Durations | None) -> timedelta | None:
    return None if spread is None else seconds(spread.mean)


def _fastest(found: FastestCase | None) -> str:
    return NOTHING if found is None else f"{duration(seconds(found.seconds))} ({found.request})"


def speed_up(line: Line) -> str:
    """`55.00%`; where no office time was used at all, what the applicants waited beside it."""
    said = percent(line.speed_up_mean)
    waited = _mean(line.delivery_seconds)
    if line.used_seconds is None or line.used_seconds.mean > 0 or waited is None:
        return said
    return f"{said} (办公时间外, 历时{days(waited)})"


def _promise(line: Line) -> str:
    limits = [limit(one) for one in line.limits]
    several = f"{limits[0]} … {limits[-1]}" if len(limits) > 2 else " / ".join(limits)
    in_days = any(one.unit == "workday" for one in line.limits)
    promised = seconds(line.promised_seconds)
    return f"{several} ({duration(promised)})" if promised and in_days else several or NOTHING


MAIN = (
    Column("受理", "accepted", "", lambda line: line.accepted),
    Column("办结", "done", "", lambda line: line.done),
    Column("按时", "on time", "", lambda line: line.on_time),
    Column("超时", "late", "", lambda line: line.late),
    Column("超时未结", "overdue", "", lambda line: line.overdue),
    Column("按时办结率", "on-time rate", "%", lambda line: percentage(line.on_time_rate)),
    Column("办结率", "completed", "%", lambda line: percentage(line.completion_rate)),
    Column("平均用时", "mean used", "秒", lambda line: _mean(line.used_seconds)),
    Column("承诺", "promised", "秒", lambda line: seconds(line.promised_seconds), _promise),
    Column("平均提速", "speed-up", "%", lambda line: percentage(line.speed_up_mean), speed_up),
    Column(
        "最快",
        "fastest",
        "秒",
        lambda line: seconds(line.fastest.seconds) if line.fastest else None,
        lambda line: _fastest(line.fastest),
    ),
    Column("满意率", "satisfied", "%", lambda line: percentage(line.satisfied_rate)),
)
"""The columns of the report; what keeps them honest is in `AUDIT`."""

AUDIT = (
    Column("申请", "submitted", "", lambda line: line.submitted),
    Column("在办", "open", "", lambda line: line.open),
    Column(
        "用时中位数",
        "median used",
        "秒",
        lambda line: seconds(line.used_seconds.median) if line.used_seconds else None,
    ),
    Column(
        "用时95%",
        "p95 used",
        "秒",
        lambda line: seconds(line.used_seconds.p95) if line.used_seconds else None,
    ),
    Column("总量提速", "of sums", "%", lambda line: percentage(line.speed_up_total)),
    Column("合并按时率", "on time as one", "%", lambda line: percentage(line.whole_on_time_rate)),
    Column("合并提速", "as one", "%", lambda line: percentage(line.whole_speed_up)),
    Column("对最短承诺", "of shortest", "%", lambda line: percentage(line.speed_up_shortest)),
    Column("承诺比法定", "below law", "%", lambda line: percentage(line.promise_speed_up)),
    Column(
        "申请至交付",
        "to delivery",
        "秒",
        lambda line: _mean(line.delivery_seconds),
        lambda line: days(_mean(line.delivery_seconds)),
    ),
    Column("补正率", "returned", "%", lambda line: percentage(line.returned_rate)),
    Column("不予受理率", "refused", "%", lambda line: percentage(line.refused_rate)),
    Column("撤回率", "withdrawn", "%", lambda line: percentage(line.withdrawn_rate)),
    Column("停钟率", "paused", "%", lambda line: percentage(line.paused_rate)),
)
