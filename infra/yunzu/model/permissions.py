"""Who may do what to a request: allowed, or a sentence why not. Pure, and the only place that decides it.

What separates duties (GB/T 22239-2019, 三权分立; 行政许可法): nobody decides on their own request, the second
signatory is not the first, an auditor reads everything and changes nothing, and a deputy (代理) gains nothing
that the two persons together may not have. What an officer decides takes a second factor
besides (GB/T 22239-2019, 两种或两种以上组合的鉴别技术).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from yunzu.model.actors import Actor
from yunzu.model.deputies import Deputy
from yunzu.model.items import DEPARTMENT, SECOND, StepRole, is_left_out
from yunzu.model.proof import confirmed, refusal_of_change, refusal_of_unconfirmed
from yunzu.model.requests import Move, Mover, State, legal_moves, transition

Action = Literal["read", "rate", "urge"] | Move
"""`urge` (催办): have the centre do what it owes now: a rule's decision, a delivery, or the rest of one."""

URGED: frozenset[State] = frozenset({"submitted", "accepted", "granted", "delivering"})

RATED: frozenset[State] = frozenset({"done", "denied", "refused", "abandoned"})
"""Where the applicant may rate (满意度): what the centre has answered."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a permission depends on.

    `department` is None for the centre's own changes. `agent` is the operator who filed it for the applicant
    (代办). `authors` are others who wrote its content, as a deputy does. `step` is whose signature it waits
    for, None where it waits for nobody's; `signed` are all who signed a step, and for whom they did (受理 is
    a receipt and no signature). `extended` are those who gave it more time, `declared` who declared it an
    emergency, and in whose place. `beneficiaries` are whom it gives an office, or access. `erases`: it is
    about the end of data. `left`: its applicant can do nothing more for it, so others of theirs take it over.
    `at` is the moment at which it is asked.
    """

    state: State
    department: str | None
    applicant: str
    agent: str | None = None
    authors: frozenset[str] = frozenset()
    step: StepRole | None = None
    signed: frozenset[str] = frozenset()
    extended: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    beneficiaries: frozenset[str] = frozenset()
    erases: bool = False
    left: bool = False
    at: datetime | None = None

    @property
    def applying(self) -> frozenset[str]:
        """Whose own it is: the applicant, their agent, and who else wrote its content."""
        return self.authors | {self.applicant} | ({self.agent} if self.agent else frozenset())


def refusal(
    actor: Actor, action: Action, request: RequestFacts, *, once_confirmed: bool = False
) -> str | None:
    """Why the actor may not; None where they may. `once_confirmed`: whether they may with a second factor."""
    who = confirmed(actor) if once_confirmed else actor
    return _refusal(who, who, action, request)


def refusal_as_deputy(
    actor: Actor,
    principal: Actor,
    action: Action,
    request: RequestFacts,
    *,
    deputies: Iterable[Deputy],
    day: date,
    once_confirmed: bool = False,
) -> str | None:
    """Why the actor may not do it in the principal's place; None where they may.

    The principal's own role counts, never one that they hold as a deputy themselves, and both persons stand
    under the separation of duties. The second factor is the actor's.
    """
    named = any(
        one.of == principal.account and one.by == actor.account and one.covers(day) for one in deputies
    )
    if not named:
        return f"{actor.account} is not {principal.account}'s deputy on {day}"
    if not actor.roles:
        return f"{actor.account} holds no role"
    if actor.department != principal.department:
        return f"{actor.account} and {principal.account} do not belong to one department"
    if actor.department is None and actor.roles != principal.roles:
        return "operator, security and auditor are offices of different people, also in each other's absence"
    return _refusal(confirmed(actor) if once_confirmed else actor, principal, action, request)


def _refusal(actor: Actor, bearer: Actor, action: Action, request: RequestFacts) -> str | None:
    """`actor` acts with the roles of `bearer`, who is somebody else where a deputy acts."""
    if actor.is_system:
        return _refusal_of_system(action, request)
    why = _refusal_of_reader(bearer, request)
    if why or action == "read":
        return why
    return (
        refusal_of_change(actor)
        or _refusal_of_auditor(actor, bearer)
        or _illegal(action, request.state)
        or _refusal_of_mover(actor, bearer, action, request)
    )


def _refusal_of_mover(actor: Actor, bearer: Actor, action: Action, request: RequestFacts) -> str | None:
    accounts = {actor.account, bearer.account}
    movers = _movers(action, request.state)
    if "operator" in movers and "operator" in bearer.roles:
        return _refusal_of_operator(actor, accounts, action, request)
    if "applicant" in movers:
        return _refusal_of_applicant(accounts, bearer, action, request)
    if "decider" in movers:
        why = _refusal_of_decider(accounts, bearer, action, request)
        return why or refusal_of_unconfirmed(actor, request.at)
    return f"'{action}' is not done by {' or '.join(sorted(bearer.roles))}"


def _refusal_of_operator(
    actor: Actor, accounts: set[str], action: Action, request: RequestFacts
) -> str | None:
    """Beside the steps. Who urges or retries decides nothing; the rest takes what a decision takes."""
    beside = {
        "abandon": _refusal_to_abandon,
        "extend": _refusal_to_extend,
        "emergency": _refusal_of_emergency,
    }
    if action not in beside:
        return None
    return beside[action](accounts, request) or refusal_of_unconfirmed(actor, request.at)


def _refusal_to_abandon(accounts: set[str], request: RequestFacts) -> str | None:
    return "nobody gives up their own request" if accounts & request.applying else None


def _refusal_to_extend(accounts: set[str], request: RequestFacts) -> str | None:
    """More time is nobody's to give to a case that they ask for or decide themselves."""
    if accounts & (request.applying | request.beneficiaries):
        return "nobody gives their own request more time"
    if accounts & (request.signed | request.declared):
        return "who has signed a step gives it no more time"
    return None


def _refusal_of_emergency(accounts: set[str], request: RequestFacts) -> str | None:
    """It leaves out the department's steps and stands for the operator's signature, also where they are its
    agent. Whoever else has to sign still does: one operator alone has nothing that takes two officers."""
    if request.erases:
        return "data are never erased in an emergency; its steps are signed as always"
    if accounts & request.beneficiaries:
        return _GIVEN
    if accounts & request.extended:
        return _EXTENDED
    if request.step is None:
        return "no step waits for a signature"
    if not is_left_out(request.step):
        return f"the step is for {request.step}, whom no emergency leaves out; have them approve it"
    return None


def _refusal_of_reader(bearer: Actor, request: RequestFacts) -> str | None:
    if bearer.department not in {None, request.department}:
        return "the request is not of your department"
    return None if bearer.roles else f"{bearer.account} holds no role"


def _refusal_of_auditor(actor: Actor, bearer: Actor) -> str | None:
    """Also of who holds another role besides: what they audit must not be their own doing."""
    is_auditor = "auditor" in actor.roles | bearer.roles
    return "an auditor reads everything and changes nothing" if is_auditor else None


def _illegal(action: Action, state: State) -> str | None:
    if action == "rate":
        return None if state in RATED else f"a request that is {state} cannot be rated yet"
    if action == "urge":
        return None if state in URGED else f"the request is {state}, and the centre has nothing to do then"
    if action in legal_moves(state):
        return None
    return f"the request is {state}, and '{action}' is not possible then"


def _movers(action: Action, state: State) -> tuple[Mover, ...]:
    """Who makes a move that is legal in the state."""
    beside: Mapping[Action, tuple[Mover, ...]] = {
        "read": (),
        "rate": ("applicant",),
        "urge": ("applicant", "operator"),
    }
    return beside[action] if action in beside else transition(state, cast("Move", action)).movers


def _refusal_of_system(action: Action, request: RequestFacts) -> str | None:
    if action == "read":
        return None
    if why := _illegal(action, request.state):
        return why
    if "system" not in _movers(action, request.state):
        return f"'{action}' is a person's act"
    if action in {"approve", "grant"} and request.step and request.step.startswith(SECOND):
        return "the second signatory is a person"
    return None


def may_apply(actor: Actor, department: str | None) -> bool:
    """Whether the actor holds the role in which requests of a department, or of the centre, are filed."""
    role = "operator" if department is None else "applicant"
    return role in actor.roles and actor.department == department


def _refusal_of_applicant(
    accounts: set[str], bearer: Actor, action: Action, request: RequestFacts
) -> str | None:
    """The applicant, or the operator who filed it for them, and both only while they hold the role; for one
    who has left, whoever may apply in their place."""
    if accounts & request.signed:
        return "who has signed a step does not act for the applicant"
    is_officer = bearer.department is None
    if bearer.account == request.agent:
        return None if is_officer and "operator" in bearer.roles else "only an operator acts as agent"
    if bearer.account != request.applicant and not (request.left and action in _TAKEN_OVER):
        return "only the applicant or their agent does that"
    if may_apply(bearer, request.department):
        return None
    role = "operator" if request.department is None else "applicant"
    if bearer.account != request.applicant:
        return f"its applicant has left, and any {role} of theirs does that"
    return f"{bearer.account} is not {role} any more"


_TAKEN_OVER: frozenset[Action] = frozenset({"resubmit", "withdraw"})


def _refusal_of_decider(
    accounts: set[str], bearer: Actor, action: Action, request: RequestFacts
) -> str | None:
    """What waits for room or for another request waits for nobody's signature: an operator may deny it. In an
    emergency the first signature is that of whoever declared it."""
    step = request.step or ("operator" if action == "deny" else None)
    if step is None:
        return "no step waits for a signature"
    if why := _refusal_of_partial(accounts, request):
        return why
    if not _holds(bearer, step, request.department):
        return f"the step is for {step}" if request.step else f"'{action}' is an operator's here"
    if step.startswith(SECOND) and accounts & request.signed and not request.declared:
        return "the second signatory is another person than the first"
    return None


def _refusal_of_partial(accounts: set[str], request: RequestFacts) -> str | None:
    """Of those who have something to do with it already."""
    if accounts & request.applying:
        return "nobody decides on their own request"
    if accounts & request.beneficiaries:
        return _GIVEN
    if accounts & request.declared:
        return "who declared the emergency decides nothing more of it"
    return _EXTENDED if accounts & request.extended else None


_GIVEN = "nobody decides on what they are given themselves"
_EXTENDED = "who gave it more time decides nothing of it"


def _holds(bearer: Actor, step: StepRole, department: str | None) -> bool:
    """Whether the step is the bearer's: the requesting department's own, or an officer's."""
    if step.startswith(DEPARTMENT):
        return bearer.department == department and step.removeprefix(DEPARTMENT) in bearer.roles
    return bearer.department is None and step.removeprefix(SECOND) in bearer.roles
