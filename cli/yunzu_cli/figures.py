"""How figures are written: rates, durations, limits, and the columns of the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yunzu.model.limits import Limit
    from yunzu.model.service_levels import Fastest, Measure, Spread
    from yunzu.services.requests.service_levels import Line

Value = int | Fraction | timedelta | str | None

KIND_NAMES = {"promised": "承诺件", "instant": "即办件"}
UNIT_NAMES = {"workday": "工作日", "hour": "小时", "minute": "分钟"}
NOTHING = "—"


def percent(value: Fraction | None) -> str:
    """`99.99%`, rounded down."""
    from yunzu.model.service_levels import percentage

    return NOTHING if value is None else f"{percentage(value)}%"


def duration(length: timedelta | None) -> str:
    """`3分4秒`, `31小时30分`; rounded up, so that nothing looks faster than it was."""
    if length is None:
        return NOTHING
    tenths = -(-length // timedelta(milliseconds=100))
    if tenths < 600:
        return f"{tenths // 10}秒" if tenths % 10 == 0 else f"{tenths / 10:.1f}秒"
    seconds = -(-length // timedelta(seconds=1))
    if seconds < 3600:
        return _parts(seconds, 60, "分", "秒")
    return _parts(-(-length // timedelta(minutes=1)), 60, "小时", "分")


def days(length: timedelta | None) -> str:
    """A duration on the wall clock: `14天19小时` where it is longer than two days."""
    if length is None or length < timedelta(days=2):
        return duration(length)
    return _parts(-(-length // timedelta(hours=1)), 24, "天", "小时")


def _parts(amount: int, size: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, size)
    return f"{whole}{large}" + (f"{rest}{small}" if rest else "")


def limit(one: "Limit | None") -> str:
    """`5工作日`."""
    return NOTHING if one is None else f"{one.n}{UNIT_NAMES[one.unit]}"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a line, in `unit` for a spreadsheet. `shown` makes text of it for people where its type
    does not say how."""

    zh: str
    en: str
    unit: str
    value: Callable[["Line"], Value]
    shown: Callable[["Line"], str] | None = None

    def text(self, line: "Line") -> str:
        """For people."""
        if self.shown is not None:
            return self.shown(line)
        value = self.value(line)
        if isinstance(value, Fraction):
            return percent(value)
        if isinstance(value, timedelta):
            return duration(value)
        return NOTHING if value is None else str(value)

    def cell(self, line: "Line") -> str | int | Decimal | None:
        """For a spreadsheet: percent, seconds, or the text itself."""
        from yunzu.model.service_levels import percentage

        value = self.value(line)
        if isinstance(value, Fraction):
            return percentage(value)
        if isinstance(value, timedelta):
            return Decimal(value // timedelta(milliseconds=1)).scaleb(-3)
        return value

    @property
    def heading(self) -> str:
        """`平均用时(秒) mean used`: for a spreadsheet."""
        return f"{self.zh}({self.unit}) {self.en}" if self.unit else f"{self.zh} {self.en}"


def _mean(spread: "Spread[Measure] | None") -> "Measure | None":
    return None if spread is None else spread.mean


def _fastest(found: "Fastest | None") -> str:
    return NOTHING if found is None else f"{duration(found.time)} ({found.number})"


def _promise(line: "Line") -> str:
    limits = [limit(one) for one in line.limits]
    several = f"{limits[0]} … {limits[-1]}" if len(limits) > 2 else " / ".join(limits)
    in_days = any(one.unit == "workday" for one in line.limits)
    return f"{several} ({duration(line.promised)})" if line.promised and in_days else several or NOTHING


MAIN = (
    Column("受理", "accepted", "", lambda line: line.figures.accepted),
    Column("办结", "done", "", lambda line: line.figures.done),
    Column("按时", "on time", "", lambda line: line.figures.on_time),
    Column("超时", "late", "", lambda line: line.figures.late),
    Column("超时未结", "overdue", "", lambda line: line.figures.overdue),
    Column("按时办结率", "on-time rate", "%", lambda line: line.figures.on_time_rate),
    Column("平均用时", "mean used", "秒", lambda line: _mean(line.figures.used)),
    Column("承诺", "promised", "秒", lambda line: line.promised, _promise),
    Column("平均提速", "speed-up", "%", lambda line: _mean(line.figures.speed_up)),
    Column(
        "最快",
        "fastest",
        "秒",
        lambda line: line.figures.fastest.time if line.figures.fastest else None,
        lambda line: _fastest(line.figures.fastest),
    ),
    Column("满意率", "satisfied", "%", lambda line: line.figures.satisfied_rate),
)
"""The columns of the report; what keeps them honest is in `AUDIT`."""

AUDIT = (
    Column("申请", "submitted", "", lambda line: line.figures.submitted),
    Column("在办", "open", "", lambda line: line.open),
    Column(
        "用时中位数",
        "median used",
        "秒",
        lambda line: line.figures.used.median if line.figures.used else None,
    ),
    Column("用时95%", "p95 used", "秒", lambda line: line.figures.used.p95 if line.figures.used else None),
    Column("总量提速", "of sums", "%", lambda line: line.figures.total_speed_up),
    Column("对最短承诺", "of shortest", "%", lambda line: line.figures.shortest_speed_up),
    Column("承诺比法定", "below law", "%", lambda line: line.figures.promise_speed_up),
    Column(
        "申请至交付",
        "to delivery",
        "秒",
        lambda line: _mean(line.figures.delivery),
        lambda line: days(_mean(line.figures.delivery)),
    ),
    Column("补正率", "returned", "%", lambda line: line.figures.returned_rate),
    Column("不予受理率", "refused", "%", lambda line: line.figures.refused_rate),
    Column("撤回率", "withdrawn", "%", lambda line: line.figures.withdrawn_rate),
    Column("停钟率", "paused", "%", lambda line: line.figures.paused_rate),
)
