"""The centre's clock in tests, moments in its zone, and a case that a test changes in one place."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.manifest_tree import CALENDARS
from yunzu.model.cases import Case, Period
from yunzu.model.limits import Limit
from yunzu.model.promises import Pause, Promise, effective_acceptance
from yunzu.model.working_time import WorkingTime
from yunzu.services.centre_manifests import CentreFiles, read_centre

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHIPPED = read_centre(CentreFiles(calendars=CALENDARS), []).calendars
CLOCK = WorkingTime(SHIPPED, SHANGHAI)
NOVEMBER = Period.month(2026, 11, SHANGHAI, datetime(2026, 12, 1, tzinfo=SHANGHAI))

# Around every kind of day: festivals, working weekends, and a year whose schedule is unknown.
MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 3, 1), timezones=st.just(SHANGHAI))


def at(text: str) -> datetime:
    """`2026-10-09 17:30` in the centre's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def workdays(n: int) -> Limit:
    return Limit(n=n, unit="workday")


def minutes(n: int) -> Limit:
    return Limit(n=n, unit="minute")


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def pause(start: str, end: str | None, kind: str = "other") -> Pause:
    approver = "wangwu" if kind == "extension" else None
    return Pause(kind, "专家评审", at(start), at(end) if end else None, approver)  # type: ignore[arg-type]


def case(number: str = "NT-1", **changes: Any) -> Case:
    """A promised case of 5 working days, submitted and accepted on Monday 2026-11-02 at 9:00, open.

    Its due moment is recorded as an office does that has followed the rules up to the end of the case.
    """
    facts: dict[str, Any] = {
        "number": number, "department": "health", "item": "environment.new", "kind": "promised",
        "submitted_at": at("2026-11-02 09:00"), "promised": workdays(5), "statutory": workdays(20),
        "shortest": workdays(5),
    }  # fmt: skip
    facts |= {"accepted_at": changes.get("submitted_at", facts["submitted_at"])} | changes
    if facts.get("done_at"):
        facts = {"result": "granted"} | facts
    known = facts.get("done_at") or at("2026-12-01")
    accepted = effective_acceptance(
        facts["submitted_at"], facts["accepted_at"], known, CLOCK, facts.get("pauses", ())
    )
    if accepted and "due_at" not in facts:
        promise = Promise(facts["kind"], facts["promised"], accepted, facts.get("pauses", ()))
        facts["due_at"] = promise.due_at(CLOCK, known)
    return Case(**facts)
