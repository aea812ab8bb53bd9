"""The figures of a period 时效报告, as the centre answers.

Rates are shares of one as decimal strings, rounded down; durations are seconds. `titles` says what the
departments and items that it names are called. The hash is over everything else, as canonical JSON.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from yunzu.model.answers.common import Answer, Span
from yunzu.model.promises import CaseKind

Share = Annotated[str, Field(pattern=r"^-?\d+\.\d{4}$", examples=["0.6666"])]
UtcMoment = Annotated[
    datetime, PlainSerializer(lambda moment: moment.isoformat(), return_type=str, when_used="json")
]


class CalendarSource(Answer):
    """Where the working days of a year come from."""

    year: int
    source: str | None
    hash: str | None
    approved: bool
    provisional: bool


class Durations(Answer):
    """Seconds; `p95` is what 95 % took at most."""

    mean: float
    median: float
    p95: float


class FastestCase(Answer):
    """最快办件: from acceptance to delivery by the wall clock."""

    request: str
    seconds: float


class Line(Answer):
    """The figures of one group of cases of one kind. `limits`: their promises, the shortest first.

    `whole_…`: with all cases of one applicant about one thing counted as one.
    """

    kind: CaseKind
    submitted: int
    accepted: int
    done: int
    on_time: int
    late: int
    overdue: int
    open: int
    on_time_rate: Share | None
    completion_rate: Share | None
    used_seconds: Durations | None
    promised_seconds: float | None
    speed_up_mean: Share | None
    speed_up_median: Share | None
    speed_up_p95: Share | None
    speed_up_total: Share | None
    whole_on_time_rate: Share | None
    whole_speed_up: Share | None
    speed_up_shortest: Share | None
    promise_speed_up: Share | None
    delivery_seconds: Durations | None
    fastest: FastestCase | None
    returned_rate: Share | None
    refused_rate: Share | None
    withdrawn_rate: Share | None
    paused_rate: Share | None
    satisfied_rate: Share | None
    ratings: int
    limits: tuple[Span, ...]

    @property
    def name(self) -> str:
        """The department or item that it is of; empty: of all."""
        return ""


class DepartmentLine(Line):
    """Of one department."""

    department: str
    title: str

    @property
    def name(self) -> str:
        return self.department


class ItemLine(Line):
    """Of one item."""

    item: str
    title: str

    @property
    def name(self) -> str:
        return self.item


class Supervised(Answer):
    """督办: an open case that is late, or soon will be."""

    request: str
    department: str
    item: str
    due_at: UtcMoment
    level: Literal["overdue", "warning"]
    overdue_days: int


class ChangedPromise(Answer):
    """承诺变更 in the period."""

    item: str
    at: UtcMoment
    request: str | None
    before: Span | None
    after: Span | None


class ChangedCalendar(Answer):
    """A working calendar changed in the period."""

    year: int
    at: UtcMoment
    request: str | None


class LengthenedPromise(Answer):
    """An item that once promised less than now."""

    item: str
    shortest: Span
    longest: Span


class ManyPauses(Answer):
    """A department of whose cases too many were stopped."""

    department: str
    share: Share


class LateAccepted(Answer):
    """逾期视为受理."""

    request: str
    department: str
    item: str
    submitted_at: UtcMoment
    answered_at: UtcMoment | None


class StoppedCase(Answer):
    """A case that was stopped more than once, or stands."""

    request: str
    department: str
    item: str
    corrections: int
    others: int
    stood_seconds: float
    stands: bool


class RepeatedCases(Answer):
    """Several cases of one applicant for one item, about so many subjects."""

    department: str
    applicant: str
    item: str
    cases: int
    subjects: int


class EmergencyCase(Answer):
    """A request that an operator declared an emergency, to wait for nobody of its department, and why."""

    request: str
    department: str
    item: str
    at: UtcMoment
    account: str
    reason: str


class Contradiction(Answer):
    """A case whose times contradict each other: it is not counted."""

    request: str
    fact: str


class ServiceLevelsAnswer(Answer):
    """The report of a period."""

    period: str
    start: UtcMoment = Field(alias="from")
    until: UtcMoment
    as_of: UtcMoment
    final: bool
    formula: str
    zone: str
    hours: tuple[str, ...]
    calendar: tuple[CalendarSource, ...]
    department: str | None
    items: tuple[DepartmentLine, ...]
    by_item: tuple[ItemLine, ...]
    total: Line
    total_instant: Line
    without_business: tuple[str, ...]
    supervision: tuple[Supervised, ...]
    promises_changed: tuple[ChangedPromise, ...]
    calendars_changed: tuple[ChangedCalendar, ...]
    lengthened: tuple[LengthenedPromise, ...]
    many_pauses: tuple[ManyPauses, ...]
    late_acceptances: tuple[LateAccepted, ...]
    stopped: tuple[StoppedCase, ...]
    repeated: tuple[RepeatedCases, ...]
    closed_after_due: tuple[str, ...]
    emergencies: tuple[EmergencyCase, ...]
    contradictions: tuple[Contradiction, ...]
    titles: dict[str, str]
    hash: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no case was open at any time of the period."""
        return not self.items

    @property
    def totals(self) -> list[Line]:
        """Those of kinds that there are cases of."""
        kinds = {line.kind for line in self.items}
        return [line for line in (self.total, self.total_instant) if line.kind in kinds]

    def title(self, name: str) -> str:
        """What a department or item is called; itself where nothing says it."""
        return self.titles.get(name, name)
