"""What requests are like, shown at an invented department: reviewed, paused, denied, bundled, at the edge.

Each is done by its people, and once: what stands in the records is not done again, and what was cut short
goes on. Whoever runs it holds the centre's keys and stands for all of these people, and the trail says so:
they act by `demonstration`, without token and second factor.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.actors import Actor
from yunzu.model.hashes import content
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.requests import UNDELIVERED
from yunzu.records import requests
from yunzu.records.requests import Request
from yunzu.services.requests import asking, filing, moving, reading, service_levels
from yunzu.services.requests.asking import Asking
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.office import actor_of_account
from yunzu.services.requests.truth import Truth

BUNDLE = "nantong-showcase"
_FACTS: dict[str, Any] = {
    "kind": "Department",
    "id": "service-hall",
    "title": {"zh": "南通市政务服务大厅（演示）", "en": "Nantong Service Hall (invented)"},
    "people": [
        {"name": "吕问津", "account": "lyuwenjin", "roles": ["applicant"]},
        {"name": "章细读", "account": "zhangxidu", "roles": ["reviewer"]},
        {"name": "钱定一", "account": "qiandingyi", "roles": ["approver"]},
    ],
}
HALL = Department.model_validate(_FACTS)
WITH_QUOTA = Department.model_validate(_FACTS | {"quota": {"environments": 2}})
APPLICANT, REVIEWER, APPROVER = (person.account for person in HALL.people)
_ACTS_FOR = timedelta(minutes=1)
OPERATOR, SECOND_OPERATOR = "jiangyunkai", "shenruochuan"  # of centre/register.yaml


@dataclass(frozen=True, slots=True)
class Shown:
    """One request of the showcase: what it shows, how it ended, who acted, and why where it was denied."""

    what: str
    request: str
    item: str
    state: str
    accounts: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The showcase, and how fast the demonstration's own requests were: number and seconds from filing to
    proven, the fastest first; punctuality and speed-up of all promised cases of the month."""

    shown: tuple[Shown, ...]
    delivered: tuple[tuple[str, float], ...]
    on_time: Fraction | None
    speed_up: Fraction | None


@dataclass(frozen=True, slots=True)
class Means:
    """Who asks, and what has a request delivered and waits for that."""

    asking: Asking
    deliver: Callable[[str], object]


def showcase(by: Means) -> tuple[Shown, ...]:
    """Do what is not done yet, and show all of it. Raises what filing, deciding and delivering raise."""
    hall = _Hall(by)
    hall.register()
    return (
        hall.shown("promised, reviewed, paused, approved by two", [hall.reviewed()])
        + hall.shown("denied with a reason", [hall.denied()])
        + hall.shown("a bundle, one after the other", hall.bundle())
        + hall.shown("over the quota, which nobody can grant", [hall.at_the_edge()])
    )


def summary(by: Means, numbers: Iterable[str], shown: tuple[Shown, ...]) -> Summary:
    """With the figures of the month, as `yunzu sla` has them."""
    office, actor = by.asking.office, by.asking.actor
    views = [reading.show(number, actor=actor, office=office).request for number in numbers]
    times = [(one.number, (one.done_at - one.submitted_at).total_seconds()) for one in views if one.done_at]
    report = service_levels.report(service_levels.month(None, office), actor=actor, office=office)
    figures = report.totals[0].figures
    delivered = tuple(sorted(times, key=lambda one: one[1]))
    return Summary(shown, delivered, figures.on_time_rate, figures.total_speed_up)


@dataclass
class _Hall:
    """The hall's people at the office."""

    by: Means

    def register(self) -> None:
        office = self.by.asking.office
        with office.records.transaction() as connection:
            known = Truth(connection).find(Department, HALL.id)
        if known is None:
            for request in asking.ask(HALL, self.by.asking):
                self.by.deliver(request.number)

    def reviewed(self) -> str:
        """A larger quota is what people decide: 批准, 特别程序, 核准."""
        request = self._file("department.quota", WITH_QUOTA)
        number, office = request.number, self.by.asking.office
        if self._waits_for(number) == "approve":
            moving.approve(number, actor=self._as(APPROVER), office=office, opinion="确有需要")
        if self._waits_for(number) == "decide" and not self._was_paused(number):
            moving.pause(number, "现场核实用量", actor=self._as(OPERATOR), office=office)
        if self._state(number) == "paused":
            moving.resume(number, actor=self._as(OPERATOR), office=office)
        if self._waits_for(number) == "decide":
            moving.approve(number, actor=self._as(SECOND_OPERATOR), office=office, opinion="用量属实")
        return self._delivered(number)

    def denied(self) -> str:
        """The plan `large` is not one that departments take without being asked why."""
        request = self._file("environment.new", _environment("archive-dev", plan="large"))
        if self._waits_for(request.number) == "review":
            reason = "规模超出业务需要，请改选标准型"
            moving.deny(request.number, reason, actor=self._as(REVIEWER), office=self.by.asking.office)
        return request.number

    def bundle(self) -> list[str]:
        """全程代办: the second waits until the first is delivered."""
        first = self._file("environment.new", _environment("queue-dev"))
        second = self._file("environment.new", _environment("window-dev"), needs=(first.number,))
        self._delivered(first.number)
        moving.go_on(second.number, office=self.by.asking.office)  # as the worker does, in a moment
        return [first.number, self._delivered(second.number)]

    def at_the_edge(self) -> str:
        """The third of two: everybody signs, and the grant finds that the quota does not cover it."""
        number, office = (
            self._file("environment.new", _environment("third-dev")).number,
            self.by.asking.office,
        )
        if self._waits_for(number) == "review":
            moving.approve(number, actor=self._as(REVIEWER), office=office)
        if self._waits_for(number) == "decide":
            try:
                moving.approve(number, actor=self._as(OPERATOR), office=office)
            except RefusedError as refused:
                moving.deny(number, refused.fact, actor=self._as(OPERATOR), office=office)
        return number

    def shown(self, what: str, numbers: Iterable[str]) -> tuple[Shown, ...]:
        """These, as they are now."""
        found = []
        for number in numbers:
            view = reading.show(number, actor=self.by.asking.actor, office=self.by.asking.office)
            people = dict.fromkeys(one.account for one in view.moves if one.authenticated != "system")
            one = view.request
            found.append(Shown(what, number, one.item, one.state, tuple(people), one.reason))
        return tuple(found)

    def _as(self, account: str) -> Actor:
        office = self.by.asking.office
        with office.records.transaction() as connection:
            who = actor_of_account(connection, account, authenticated="demonstration", origin="demo nantong")
        if who is None:
            fact = "is nobody's here, or disabled"
            raise NotFoundError(f"account {account}", fact, "the demonstration takes the shipped register")
        return replace(who, confirmed_until=office.now() + _ACTS_FOR)

    def _file(self, item: str, manifest: Manifest, *, needs: tuple[str, ...] = ()) -> Request:
        office, wanted = self.by.asking.office, content(manifest)
        with office.records.transaction() as connection:
            for one in requests.each(connection, bundle=BUNDLE):
                if (one.item, one.requested) == (item, wanted):
                    return one
        proposal = Proposal(item, manifest, APPLICANT, HALL.id, bundle=BUNDLE, needs=needs)
        return filing.file(proposal, actor=self._as(APPLICANT), office=office)

    def _delivered(self, number: str) -> str:
        with self.by.asking.office.records.transaction() as connection:
            request = requests.find(connection, number)
        if request.state in UNDELIVERED:
            self.by.deliver(request.number)
        return number

    def _state(self, number: str) -> str:
        with self.by.asking.office.records.transaction() as connection:
            return requests.find(connection, number).state

    def _waits_for(self, number: str) -> str | None:
        """The step that waits for somebody; None where it is not accepted, or waits for nobody."""
        view = reading.show(number, actor=self.by.asking.actor, office=self.by.asking.office)
        if view.request.state != "accepted":
            return None
        return next((one.step for one in view.steps if one.ended_at is None), None)

    def _was_paused(self, number: str) -> bool:
        view = reading.show(number, actor=self.by.asking.actor, office=self.by.asking.office)
        return bool(view.pauses)


def _environment(name: str, *, plan: str = "small") -> Environment:
    return Environment.model_validate(
        {
            "kind": "Environment",
            "id": f"{HALL.id}/{name}",
            "system": {"zh": "大厅演示系统"},
            "stage": "dev",
            "plan": plan,
            "lease": {"from": "2026-11-01", "until": "2027-10-31"},
            "databases": [],
            "buckets": [],
        }
    )
