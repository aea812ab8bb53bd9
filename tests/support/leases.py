"""Leases in tests: environments of each stage on stand-ins for servers, and a night's duties."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.engine import CENTRE
from tests.support.office import Desk, environment
from tests.support.workers import drain
from yunzu.errors import YunzuError
from yunzu.model.answers.outcomes import Counts
from yunzu.records import environments as registry
from yunzu.records.requests import Request
from yunzu.services import environments, verification
from yunzu.services.background import EVERY_MINUTE, Background
from yunzu.services.environments import Applied
from yunzu.services.leases import tenures
from yunzu.services.requests import delivering
from yunzu.services.requests.delivering import Delivery
from yunzu.settings import Settings

STAGES = ("dev", "test", "prod")


@dataclass
class Servers:
    """Stands for the centre's servers: keeps what deliveries did to environments, in the records too.

    Real ones are in tests/services/test_suspension.py; this is about what a year brings. `broken`: they do
    not answer; `halfway`: they stop in the middle.
    """

    desk: Desk
    done: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False
    halfway: bool = False

    def act(self, what: str, identifier: str, *, suspended: bool | None) -> Applied:
        if self.broken:
            raise YunzuError(identifier, "the server is down")
        records, (of, name) = self.desk.office.records, identifier.split("/")
        found = registry.enrol(records, CENTRE, of, name, plan="small", suspended=suspended)
        if self.halfway:
            registry.mark_failed(records, found.uid)
            raise YunzuError(identifier, "the server went down")
        self.done.append((what, identifier))
        mark = registry.mark_suspended if found.suspended else registry.mark_active
        mark(records, found.uid, applied_hash="0" * 64)
        return Applied(identifier, found.uid, Counts(), 0.0)

    def suspend(self, identifier: str, *_: Any, **__: Any) -> Applied:
        return self.act("suspend", identifier, suspended=True)

    def resume(self, identifier: str, *_: Any, **__: Any) -> Applied:
        return self.act("resume", identifier, suspended=False)

    def apply(self, identifier: str, *_: Any, **__: Any) -> Applied:
        return self.act("apply", identifier, suspended=None)

    def retire(self, identifier: str, *_: Any, **__: Any) -> None:
        of, name = identifier.split("/")
        records = self.desk.office.records
        registry.mark_destroyed(records, registry.find(records, of, name).uid)

    def is_suspended(self, name: str) -> bool:
        """Whether the records want one of the transport bureau's suspended."""
        return registry.find(self.desk.office.records, "transport", name).suspended


def standing_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Stand-ins for the servers, with one environment of each stage in use."""
    made = Servers(desk)
    for name in ("apply", "resume"):
        monkeypatch.setattr(environments, name, getattr(made, name))
    monkeypatch.setattr(verification, "verify", lambda *_, **__: [])
    performing = {f"environment.{one}": getattr(made, one) for one in ("suspend", "resume", "retire")}
    monkeypatch.setattr(delivering, "PERFORMING", {**delivering.PERFORMING, **performing})
    for stage in STAGES:
        delivered(desk, desk.file(environment(f"transport/{stage}", stage=stage)).number)
    made.done.clear()
    return made


def delivered(desk: Desk, request: Request | str) -> Request:
    """As a worker does."""
    with_ = Delivery(desk.office, None)  # type: ignore[arg-type]  # `Servers` stand for it
    return delivering.deliver(request if isinstance(request, str) else request.number, with_=with_)


def night(desk: Desk) -> None:
    """What workers do by themselves about leases: tell, suspend, deliver."""
    with_ = Background(Settings(), desk.office)
    for duty in ("tell of leases", "suspend what has ended", "queue what has no job"):
        EVERY_MINUTE[duty](with_)
    drain(desk.office.records, lambda number: delivered(desk, number))


def standings(desk: Desk) -> dict[str, str]:
    """Where each lease stands, by the environment's name."""
    found = tenures.listed(actor=desk.officer("auditor"), office=desk.office, every=True)
    return {one.tenure.environment.partition("/")[2]: one.standing for one in found}
