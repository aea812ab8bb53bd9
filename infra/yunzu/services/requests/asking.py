"""What a manifest asks for, asked: the requests that lead from what is approved to what it says.

One item after the other, as far as rules decide. Level, not edge: what is asked already is not asked twice,
and what nothing differs in is not asked at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Connection

from yunzu.errors import InvalidInputError, RefusedError
from yunzu.model import dated
from yunzu.model.actors import Actor
from yunzu.model.hashes import content
from yunzu.model.labels import STATE_LABELS, STEP_ROLE_LABELS
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.permissions import RequestFacts, refusal
from yunzu.model.proof import refusal_of_unconfirmed
from yunzu.model.requests import UNDECIDED, UNDELIVERED, State
from yunzu.model.text import shown
from yunzu.records import approved, requests
from yunzu.records import environments as registry
from yunzu.records.requests import Request
from yunzu.services.requests import emergency, filing, fitting
from yunzu.services.requests.basing import check_base
from yunzu.services.requests.filing import Proposal
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.proposing import CHANGES, ERASE, owner
from yunzu.services.requests.truth import Truth, identity, parsed

RETIRE = "environment.retire"

_ITEMS: Mapping[str, tuple[str, ...]] = {
    "Department": ("department.people", "department.quota"),
    "Environment": ("environment.resize", "environment.renew", *dated.ITEMS.values()),
}
"""Kind -> the items that change one that is approved, in the order in which they are asked for."""


class UndecidedError(RefusedError):
    """A request that no rule decides waits for people, or for room."""

    def __init__(self, request: Request, waits_for: str) -> None:
        """A request without a number was rehearsed, and is not filed."""
        self.request = request
        self.number = request.number
        said = f"{request.item} {request.subject}"
        how = "--wait waits, `--emergency --reason TEXT` does not"
        if request.emergency is not None:
            how = "no emergency leaves that out; have another officer sign it"
        if request.number:
            subject, advice = f"request {request.number} ({said})", f"`yunzu request show {request.number}`"
            super().__init__(subject, waits_for, f"{advice} says why; {how}")
        else:
            super().__init__(f"request for {said}", waits_for, how)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and how. An officer files for `applicant`, or for the department's first who may apply.

    `emergency` is an operator's reason to have it go on without the people of the department. `base` is the
    hash of the approved content that the manifest was written from, "" for none; None: nobody knows.
    """

    office: Office
    actor: Actor
    applicant: str | None = None
    emergency: str | None = None
    bundle: str | None = None
    base: str | None = None

    def check(self, department: str) -> None:
        """Raises RefusedError, before anything is looked at, where the actor has no business with the
        department, or may declare no emergency, as who has not proved their second factor."""
        if why := refusal(self.actor, "read", RequestFacts("draft", department, "")):
            raise RefusedError(f"request for {shown(department)}", why, "nothing was filed")
        if self.emergency is None:
            return
        if "operator" not in self.actor.roles:
            raise RefusedError("emergency", f"{self.actor.account} is no operator", "wait for its people")
        if not self.emergency.strip():
            raise RefusedError("emergency", "needs a reason, which is reported", "say why: --reason TEXT")
        if why := refusal_of_unconfirmed(self.actor, self.office.now()):
            raise RefusedError("emergency", why, "nothing was filed")


def difference(wanted: Manifest, now: Mapping[str, Any] | None) -> tuple[str, Manifest] | None:
    """The first item that leads from the approved content `now` to `wanted`, and what it proposes.

    None: nothing differs. Raises RefusedError where something differs that no item changes.
    """
    kind, subject = identity(wanted)
    if now is None:
        bare = dict.fromkeys(dated.ITEMS) if isinstance(wanted, Environment) else {}
        return f"{kind.lower()}.new", wanted.model_copy(update=bare)
    said = content(wanted)
    differs = {key for key in now.keys() | said.keys() if now.get(key) != said.get(key)}
    if fixed := differs - frozenset[str]().union(*(CHANGES[item] for item in _ITEMS[kind])):
        names = ", ".join(sorted(fixed))
        advice = f"`yunzu manifests diff {subject}` shows it; put the file right, or ask for another one"
        raise RefusedError(subject, f"no item changes its {names} once it is approved", advice)
    for item in _ITEMS[kind]:
        if changed := differs & CHANGES[item]:
            kept = {key: value for key, value in now.items() if key not in changed}
            return item, parsed(kind, kept | {key: said[key] for key in changed & said.keys()})
    return None


def ask(wanted: Department | Environment, asking: Asking) -> list[Request]:
    """File what `wanted` asks for; returns the requests about it that are to be delivered, oldest first.

    Raises what `filing.file` raises, InvalidInputError where it does not fit what is approved, RefusedError
    where it was written from something else, or from nobody knows what and asks for less, and UndecidedError
    for one that waits, or for another one about it that would have to be decided first.
    """
    kind, subject = identity(wanted)
    asking.check(subject.partition("/")[0])
    base = asking.base
    while True:
        with asking.office.records.transaction() as connection:
            now = approved.current(connection, kind, subject)
            found = difference(wanted, now.content if now else None)
            waiting = _about(connection, kind, subject, UNDECIDED)
            if found is None:
                return _about(connection, kind, subject, UNDELIVERED)
            if faults := fitting.findings(wanted, Truth(connection)):
                raise InvalidInputError(subject, sorted(faults))
            base = _checked_base(wanted, base, now, connection)
        try:
            request = _asked(*found, waiting, replace(asking, base=base))
        except RefusedError:
            if _is_still(now, kind, subject, asking.office):
                raise
            base = asking.base  # somebody else has asked for it, and was faster
            continue
        if request.state in UNDECIDED:
            raise _undecided(request, asking.office)
        base = request.decided_hash if asking.base is not None else None


def _checked_base(
    wanted: Manifest, base: str | None, now: approved.Approved | None, connection: Connection
) -> str:
    """The hash of what is approved, once nothing of it would be undone by a file that does not know it."""
    current = (now.hash if now else None) or ""
    if base is None:
        check_base(wanted, now.content if now else None, Truth(connection))
    elif base != current:
        _, subject = identity(wanted)
        advice = "`yunzu manifests diff` shows both changes; `yunzu manifests pull` where it is unedited"
        raise RefusedError(subject, "was not written from what is approved now", advice)
    return current


def _is_still(known: approved.Approved | None, kind: str, subject: str, office: Office) -> bool:
    """Whether what is approved is what was known of it."""
    with office.records.transaction() as connection:
        return approved.current(connection, kind, subject) == known


def ask_to_remove(environment: str, *, erase: bool, asking: Asking) -> list[Request]:
    """File for an environment to be retired, or with `erase` for its data to be erased; returns what is to
    be delivered for that: nothing where it is retired already. Raises as `ask`, and NotFoundError where
    there is none.
    """
    department, _, name = environment.partition("/")
    asking.check(department)
    if erase and asking.emergency is not None:
        fact = "data are never erased in an emergency"
        raise RefusedError(environment, fact, "ask without --emergency, and have its steps signed")
    if left := removals_left(environment, erase=erase, office=asking.office):
        return left
    item, kind = ERASE if erase else RETIRE, Environment.__name__
    with asking.office.records.transaction() as connection:
        now = approved.current(connection, kind, environment)
        last = approved.last(connection, kind, environment)
        waiting = _about(connection, kind, environment, UNDECIDED)
    if now is None or now.content is None:
        registry.find(asking.office.records, department, name)
    if now is None or last is None or last.content is None:
        advice = f"`yunzu env apply {environment}` asks for what is there; then it can be taken down"
        raise RefusedError(environment, "was made before there were requests", advice)
    if now.content is None and not erase:
        return []
    manifest = parsed(kind, last.content)
    request = _asked(item, manifest, waiting, asking)
    if request.state in UNDECIDED:
        raise _undecided(request, asking.office)
    return [request]


def removals_left(environment: str, *, erase: bool, office: Office) -> list[Request]:
    """Requests for its removal, or its erasure, that are granted and not delivered yet."""
    item = ERASE if erase else RETIRE
    with office.records.transaction() as connection:
        found = _about(connection, Environment.__name__, environment, UNDELIVERED)
    return [one for one in found if one.item == item]


def _about(connection: Connection, kind: str, subject: str, states: tuple[State, ...]) -> list[Request]:
    found = requests.each(connection, subject=subject, states=states)
    return [one for one in found if one.subject_kind == kind]


def _asked(item: str, manifest: Manifest, waiting: list[Request], asking: Asking) -> Request:
    """The request for it: the one that waits already, or a new one; in an emergency granted."""
    wanted = content(manifest)
    same = [one for one in waiting if one.item == item and one.requested == wanted]
    others = [one for one in waiting if one not in same and one.requested != one.original]
    if others and not same:
        raise _undecided(others[0], asking.office)
    request = (
        same[0]
        if same
        else filing.file(_proposal(item, manifest, asking), actor=asking.actor, office=asking.office)
    )
    if asking.emergency is not None and request.state == "accepted" and request.emergency is None:
        return emergency.declare(request.number, asking.emergency, actor=asking.actor, office=asking.office)
    return request


def _proposal(item: str, manifest: Manifest, asking: Asking) -> Proposal:
    department = owner(manifest)
    applicant = asking.applicant or _applicant(manifest, department, asking)
    return Proposal(item, manifest, applicant, department, base_hash=asking.base, bundle=asking.bundle)


def _applicant(manifest: Manifest, department: str | None, asking: Asking) -> str:
    """Whoever asks, for their own department; else its first person who may apply."""
    if asking.actor.department is not None or department is None:
        return asking.actor.account
    with asking.office.records.transaction() as connection:
        known = Truth(connection).find(Department, department)
    registered = known or (manifest if isinstance(manifest, Department) else None)
    people = registered.people if registered else ()
    return next((one.account for one in people if "applicant" in one.roles), asking.actor.account)


def _undecided(request: Request, office: Office) -> UndecidedError:
    with office.records.transaction() as connection:
        handling = Handling(connection, request.number, office, lock=False)
        state = handling.state
        step = handling.waiting
    if state == "waitlisted":
        return UndecidedError(request, f"waits for room: {handling.request.reason}")
    if step is None or state not in ("submitted", "accepted"):
        return UndecidedError(request, f"is {STATE_LABELS[cast('State', state)].en}")
    return UndecidedError(request, f"waits for the {STEP_ROLE_LABELS[step.by].en} ({step.title.zh})")
