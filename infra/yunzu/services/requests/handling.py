"""One request in hand: locked in one transaction, moved by people and by rules, its history written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from yunzu.errors import RefusedError
from yunzu.model.actors import SYSTEM, Actor, system
from yunzu.model.items import ACCEPTANCE, Item, Step, is_left_out
from yunzu.model.limits import Limit
from yunzu.model.manifests import Title
from yunzu.model.permissions import Action, RequestFacts
from yunzu.model.promises import Promise, effective_acceptance
from yunzu.model.requests import Move, State, is_ended, legal_moves, transition
from yunzu.model.rules import RuleName, Ruling
from yunzu.records import grants, request_history, requests
from yunzu.records.requests import Request
from yunzu.services.requests import examining, telling
from yunzu.services.requests.granting import RESERVING, grant
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of
from yunzu.services.requests.ruling import Rulings, recorded
from yunzu.services.requests.truth import item_of

COUNTERSIGNING = Step(
    id="countersign",
    title=Title(zh="复签", en="Countersign"),
    by="second-operator",
    promised=Limit(n=1, unit="workday"),
    unless="amount.within_limit",
)
"""What is above the limit of one approver is signed by a second operator too, whatever its item says."""


class Handling:
    """A request, locked unless it is only read. What is written is the caller's transaction: all of it or
    nothing."""

    def __init__(self, connection: Connection, number: str, office: Office, *, lock: bool = True) -> None:
        self.connection, self.office = connection, office
        if lock:
            grants.lock(connection)  # before the request: everybody takes the two in this order
        self.request: Request = requests.find(connection, number, lock=lock)
        self.item: Item = item_of(self.request.item_content)
        self.now: datetime = office.now()
        self._deputies: dict[str, str] = {}  # who was permitted to act here -> in whose place

    @property
    def state(self) -> State:
        return cast("State", self.request.state)

    @property
    def waiting_row(self) -> request_history.StepTaken | None:
        """The step that waits for somebody, as it was begun."""
        return next((one for one in self.taken() if one.seq == self.request.step), None)

    @property
    def waiting(self) -> Step | None:
        """The item's step that waits for somebody."""
        found = self.waiting_row
        return next(
            (step for step in (*self.item.steps, COUNTERSIGNING) if found and step.id == found.step), None
        )

    def facts(self) -> RequestFacts:
        """What permissions depend on."""
        return examining.facts(self)

    def permit(self, actor: Actor, action: Action) -> None:
        """Raises RefusedError with the reason why the actor may not, as themselves or as a deputy."""
        if action not in ("read", "rate", "urge"):
            transition(self.state, cast("Move", action), request=f"request {self.request.number}")
        why, principal = examining.examined(self, actor, action, self.facts())
        if why is not None:
            raise RefusedError(f"request {self.request.number}", why, "nothing was changed")
        if principal is not None:
            self._deputies[actor.account] = principal

    def principal_of(self, actor: Actor) -> str | None:
        """In whose place the actor was permitted to act; None: as themselves."""
        return self._deputies.get(actor.account)

    def possible(self, actor: Actor) -> tuple[Move, ...]:
        """The moves that the actor may make once they have confirmed, as themselves or as a deputy."""
        facts = self.facts()
        moves = legal_moves(self.state)
        return tuple(
            one
            for one in moves
            if examining.examined(self, actor, one, facts, once_confirmed=True)[0] is None
        )

    def make(
        self,
        move: Move,
        actor: Actor,
        *,
        reason: str | None = None,
        detail: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        """Make a legal move: the row, and the entry of who made it, with what else there is to say of it."""
        row = transition(self.state, move, request=f"request {self.request.number}")
        if row.reason and not (reason or "").strip():
            raise RefusedError(f"request {self.request.number}", f"'{move}' needs a reason", "say why")
        if is_ended(row.after):
            values["done_at"] = self.now
        values["reason"] = reason if row.reason else None  # why it is where it is now
        before = self.state
        self.request = requests.change(self.connection, self.request.number, state=row.after, **values)
        self.enter(move, actor, before, reason=reason, detail=detail)
        telling.moved(self, move, reason)

    def enter(
        self,
        move: str,
        actor: Actor,
        before: State | None,
        *,
        reason: str | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Enter what was done, by whom and from where."""
        request_history.add_move(
            self.connection,
            self.request.number,
            at=self.now,
            move=move,
            state_before=before,
            state_after=self.request.state,
            account=actor.account,
            roles=sorted(actor.roles),
            authenticated=actor.authenticated,
            origin=actor.origin,
            principal=self.principal_of(actor),
            reason=reason,
            detail=dict(detail or {}),
        )

    def advance(self, actor: Actor | None = None) -> None:
        """Let the rules take what they may; stop where people, other requests or room are waited for.

        `actor` has just passed the last step that waited: the grant is then theirs.
        """
        if self.state == "submitted":
            self._accept()
        while self.state == "accepted" and self.request.step is None:
            step = self._next_step()
            if step is None:
                if self._unmet_needs():
                    return
                grant(self, actor)
                return
            rule = self._rule(step)
            ruling = Rulings(self.connection, self.request, self.office).on(rule) if rule else None
            if ruling is None or ruling.verdict == "people":
                self._begin(step, ruling)
                return
            self._passed_by_rule(step, ruling)

    def end_step(self, actor: Actor, action: str, opinion: str | None) -> None:
        """The waiting step ends with what a person said."""
        assert self.request.step is not None  # noqa: S101 - permissions let nobody act otherwise
        request_history.end_step(
            self.connection,
            self.request.number,
            self.request.step,
            ended_at=self.now,
            action=action,
            account=actor.account,
            principal=self.principal_of(actor),
            opinion=opinion,
        )
        self.request = requests.change(self.connection, self.request.number, step=None)

    def _accept(self) -> None:
        """受理, by its rule; else it waits, and silence of a working day is acceptance too."""
        step = self.item.steps[0]
        ruling = Rulings(self.connection, self.request, self.office).on(step.rule) if step.rule else None
        if ruling is not None and ruling.verdict == "grant":
            if self.request.step is not None:  # it had been returned, or waited for a person
                self._end_by_rule(self.request.step, ruling, "pass")
            else:
                self._passed_by_rule(step, ruling)
            rule = system(f"rule {ruling.rule}")
            self.make("accept", rule, step=None, accepted_at=self.now, ruling=recorded(ruling))
            return
        if self.request.step is None:
            self._begin(step, ruling)
        clock = self.office.working_time(self.connection)
        stops = pauses_of(self.connection, self.request.number)
        since = effective_acceptance(self.request.submitted_at, None, self.now, clock, stops)
        if since is not None:
            assert self.request.step is not None  # noqa: S101 - begun above
            request_history.end_step(
                self.connection, self.request.number, self.request.step, ended_at=self.now, action="skip"
            )
            self.make("accept", system("逾期视为受理"), step=None, accepted_at=since)

    def _rule(self, step: Step) -> RuleName | None:
        """The rule that is asked about a step. The centre itself asks for nothing but the suspension of what
        nobody has the right to use any more, and one rule decides all of that."""
        return "lease.ended" if self.request.applicant == SYSTEM else step.rule

    def _next_step(self) -> Step | None:
        """The first step that was not taken since the last acceptance, and that no emergency leaves out."""
        taken = self.taken()
        accepted = max((index for index, one in enumerate(taken) if one.step == ACCEPTANCE), default=0)
        done = {one.step for one in taken[accepted:] if one.action in ("pass", "skip")}
        steps = (step for step in self.item.steps if not self.request.emergency or not is_left_out(step.by))
        found = next((step for step in steps if step.id not in done), None)
        if found is None and COUNTERSIGNING.id not in done and self.request.item in RESERVING:
            ruling = Rulings(self.connection, self.request, self.office).limit()
            return COUNTERSIGNING if ruling.verdict == "people" else None
        return found

    def taken(self) -> list[request_history.StepTaken]:
        """Its steps as they were begun and taken, in order."""
        return request_history.steps(self.connection, [self.request.number])[self.request.number]

    def _begin(self, step: Step, ruling: Ruling | None) -> None:
        """It waits for people; what the rule said, if there is one, tells why."""
        seq, due = self._begun(step)
        said = {"ruling": recorded(ruling)} if ruling else {}
        self.request = requests.change(self.connection, self.request.number, step=seq, **said)
        telling.waits(self, step.title.zh, seq, due)

    def _begun(self, step: Step) -> tuple[int, datetime]:
        """Its number, and when it is due by what it promises."""
        clock = self.office.working_time(self.connection)
        due = Promise(self.item.case_kind, step.promised, self.now).due_at(clock, self.now)
        seq = request_history.begin_step(
            self.connection, self.request.number, step.id, step.by, started_at=self.now, due_at=due
        )
        return seq, due

    def _passed_by_rule(self, step: Step, ruling: Ruling) -> None:
        seq, _ = self._begun(step)
        self._end_by_rule(seq, ruling, "skip" if step.unless else "pass")
        self.request = requests.change(self.connection, self.request.number, ruling=recorded(ruling))

    def _end_by_rule(self, seq: int, ruling: Ruling, action: str) -> None:
        said = recorded(ruling)
        request_history.end_step(
            self.connection, self.request.number, seq, ended_at=self.now, action=action, ruling=said
        )
        self.request = replace(self.request, step=None)

    def _unmet_needs(self) -> list[str]:
        """Requests of its bundle that have to be done before."""
        found = (requests.find(self.connection, number) for number in self.request.needs)
        return [one.number for one in found if one.state != "done"]
