"""A month of requests on real records, each case with moments that its figures can be told from by hand.

December 2026: the 1st is a Tuesday, no weekday is off, the office is open 9:00-12:00 and 13:30-17:30, and
an `environment.new` is promised in 5 working days of 7 hours.
"""

from datetime import datetime

from tests.support.office import SHANGHAI, Desk, department, environment
from yunzu.model.actors import system
from yunzu.model.capacity import Capacity
from yunzu.model.cases import Period
from yunzu.model.hashes import content
from yunzu.records import requests
from yunzu.records.requests import Request
from yunzu.services.requests import moving, service_levels
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.service_levels import Report
from yunzu.services.requests.truth import CENTRE, Truth

PLENTY = {
    "cpu": "1000", "memory": "4Ti", "storage": "90Ti", "database": "90Ti", "bucket": "90Ti",
    "objects": 9_000_000, "pods": 9000, "environments": 90,
}  # fmt: skip
ROOM = {
    "pools": {"tenants-1": {"database": "900Ti", "connections": 9000}},
    "cluster": {"cpu": "9000", "memory": "90Ti", "storage": "900Ti", "pods": 90000},
    "object_store": {"bucket": "900Ti"},
}
UNFIT = {"grade": 3}  # more than its plan carries, so no rule accepts it


def at(text: str) -> datetime:
    """`2026-12-03 11:00` in the centre's zone; without a year in 2026."""
    return datetime.fromisoformat(text if text[:2] == "20" else f"2026-{text}").replace(tzinfo=SHANGHAI)


def december(now: str = "2027-01-04 09:00") -> Period:
    return Period.month(2026, 12, SHANGHAI, at(now))


class Month:
    """Makes cases, each by its moments; the office's clock is where the last act left it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.office = desk, desk.office

    def clock(self, moment: str) -> None:
        self.desk.moment[0] = at(moment)

    def approve(self, one: object, moment: str) -> None:
        """Something else is approved from a moment on, without a request."""
        with self.office.records.transaction() as connection:
            Truth(connection).approve(one, request=None, at=at(moment))  # type: ignore[arg-type]

    def register(self, *names: str) -> None:
        """Departments with room for everything, registered and delivered in November."""
        with self.office.records.transaction() as connection:
            given = content(Truth(connection).get(Capacity, CENTRE))
        self.approve(Capacity.model_validate(given | ROOM), "11-23 10:00")
        for name in names:
            self.clock("11-24 09:00")
            if name not in self.desk.departments:
                self.desk.register_department(department(name))
            with self.office.records.transaction() as connection:
                [filed] = requests.listed(connection, department=name, states=["granted"])
            self.deliver(filed.number, "11-24 09:01")
            self.approve(department(name, quota=PLENTY), "11-24 09:02")

    def file(self, name: str, moment: str, **changes: object) -> str:
        """An environment that people decide on, accepted at once unless it is UNFIT."""
        self.clock(moment)
        return self.desk.file(environment(name, **{"plan": "large", **changes})).number

    def sign(self, number: str, moment: str) -> Request:
        """Passed by everybody."""
        self.clock(moment)
        of = self._department(number)
        moving.approve(number, actor=self.desk.person("reviewer", of), office=self.office)
        return moving.approve(number, actor=self.desk.officer("operator"), office=self.office)

    def deliver(self, number: str, moment: str) -> None:
        """Delivered and proven, as the records say it."""
        self.clock(moment)
        with self.office.records.transaction() as connection:
            handling = Handling(connection, number, self.office)
            handling.make("deliver", system("delivery"))
            handling.make("complete", system("delivery"))

    def done(self, number: str, moment: str) -> None:
        self.sign(number, moment)
        self.deliver(number, moment)

    def deny(self, number: str, moment: str) -> None:
        self.clock(moment)
        reviewer = self.desk.person("reviewer", self._department(number))
        moving.deny(number, "用途不明", actor=reviewer, office=self.office)

    def refuse(self, number: str, moment: str) -> None:
        self.clock(moment)
        moving.refuse(number, "不属于本中心", actor=self.desk.officer("operator"), office=self.office)

    def withdraw(self, number: str, moment: str) -> None:
        self.clock(moment)
        applicant = self.desk.person("applicant", self._department(number))
        moving.withdraw(number, actor=applicant, office=self.office)

    def pause(self, number: str, start: str, end: str) -> None:
        reviewer = self.desk.person("reviewer", self._department(number))
        self.clock(start)
        moving.pause(number, "现场勘察", actor=reviewer, office=self.office)
        self.clock(end)
        moving.resume(number, actor=reviewer, office=self.office)

    def return_(self, number: str, moment: str) -> None:
        self.clock(moment)
        moving.return_(number, "等保定级有误", actor=self.desk.officer("operator"), office=self.office)

    def resubmit(self, number: str, moment: str, **changes: object) -> None:
        self.clock(moment)
        name = self._subject(number)
        one = environment(name, **changes)
        applicant = self.desk.person("applicant", one.department)
        moving.resubmit(number, one, actor=applicant, office=self.office)

    def rate(self, number: str, moment: str, rating: int) -> None:
        self.clock(moment)
        applicant = self.desk.person("applicant", self._department(number))
        moving.rate(number, rating, actor=applicant, office=self.office)

    def report(self, now: str = "2027-01-04 09:00", department: str | None = None) -> Report:
        """December's, as an auditor runs it at a moment."""
        self.clock(now)
        auditor = self.desk.officer("auditor")
        return service_levels.report(december(now), actor=auditor, office=self.office, department=department)

    def _subject(self, number: str) -> str:
        with self.office.records.transaction() as connection:
            return Handling(connection, number, self.office, lock=False).request.subject

    def _department(self, number: str) -> str:
        with self.office.records.transaction() as connection:
            return Handling(connection, number, self.office, lock=False).request.department or ""


def everything(month: Month) -> dict[str, str]:
    """One case of each fate; names of cases with their numbers. Two departments, transport has most."""
    month.register("transport", "health")
    number = {
        "on time": month.file("transport/a", "12-01 10:00"),
        "late": month.file("transport/b", "12-01 10:00"),
        "overdue": month.file("transport/c", "12-02 09:00"),
        "paused": month.file("transport/d", "12-07 09:00"),
        "returned": month.file("transport/e", "12-10 10:00", plan="small", **UNFIT),
        "denied": month.file("transport/f", "12-14 09:00"),
        "withdrawn": month.file("transport/g", "12-14 09:00"),
        "refused": month.file("transport/h", "12-17 10:00", plan="small", **UNFIT),
        "due tomorrow": month.file("health/k", "12-25 10:00"),
        "running": month.file("health/j", "12-28 10:00"),
    }
    month.done(number["on time"], "12-03 11:00")
    month.done(number["late"], "12-09 10:00")
    month.pause(number["paused"], "12-08 09:00", "12-14 09:00")
    month.done(number["paused"], "12-15 09:00")
    month.return_(number["returned"], "12-10 14:00")
    month.resubmit(number["returned"], "12-16 10:00")
    month.deliver(number["returned"], "12-16 10:03:04")
    month.deny(number["denied"], "12-15 09:00")
    month.withdraw(number["withdrawn"], "12-15 09:00")
    month.refuse(number["refused"], "12-17 11:00")
    number["instant"] = _resumed(month)
    for name, rating in (("on time", 1), ("late", 4), ("returned", 3)):
        month.rate(number[name], "12-30 10:00", rating)
    return number


def _resumed(month: Month) -> str:
    """An instant case outside office hours: 4 minutes of the promised 10."""
    month.clock("12-19 20:00")
    one = environment("transport/a", plan="large")
    number = month.desk.file(one, "environment.resume").number
    month.deliver(number, "12-19 20:04")
    return number
