"""办件: the life of a request, as one table. A request is why a manifest may change.

Everything about states is derived from `TRANSITIONS`: the legal moves, who may make them, the pages of
the reference. Source: GB/T 39046-2020 (受理, 补正, 特别程序, 办结); the steps 环节 of a request's item are
all taken while it is `accepted`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from yunzu.errors import RefusedError
from yunzu.model.text import shown

State = Literal[
    "draft", "submitted", "returned", "accepted", "paused", "waitlisted",
    "granted", "delivering", "failed", "done", "refused", "denied", "withdrawn",
    "abandoned",
]  # fmt: skip
Move = Literal[
    "submit", "accept", "return", "resubmit", "refuse", "approve", "pause", "extend", "resume",
    "wait", "admit", "grant", "deny", "withdraw", "deliver", "complete", "fail", "retry", "emergency",
    "abandon",
]  # fmt: skip
Mover = Literal["applicant", "decider", "operator", "system"]
"""Who makes a move: the applicant (or their agent), whoever the waiting step names (where none waits, an
operator may deny), an operator beside the steps (more time, an emergency, a delivery that failed), or the
centre itself."""

Clock = Literal["none", "acceptance", "promise", "stopped", "ended"]
"""What time a state costs: until acceptance, of the promise, or nobody's (补正 and 特别程序)."""

STATES: tuple[State, ...] = get_args(State)
MOVES: tuple[Move, ...] = get_args(Move)

UNDECIDED: tuple[State, ...] = ("submitted", "returned", "accepted", "paused", "waitlisted")
UNDELIVERED: tuple[State, ...] = ("granted", "delivering", "failed")


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `move` takes a request from `state` to `after`; with `reason`, it has to say why."""

    state: State
    move: Move
    after: State
    movers: tuple[Mover, ...]
    reason: bool = False


# `approve` passes one step; the last one is passed by `grant`, which reserves quota and capacity. Where the
# pool is full, `wait` keeps the request accepted in all but name, and its clock runs on: the centre's
# shortage is not the applicant's delay. `admit` leads back, so that `grant` stays the only way to a grant.
# `emergency` puts the operator's signature for the department's steps, leaves out no other officer's, nor
# quota and room, and is reported.
TRANSITIONS: tuple[Transition, ...] = (
    Transition("draft", "submit", "submitted", ("applicant", "system")),
    Transition("draft", "withdraw", "withdrawn", ("applicant",)),
    Transition("submitted", "accept", "accepted", ("decider", "system")),
    Transition("submitted", "return", "returned", ("decider",), reason=True),
    Transition("submitted", "refuse", "refused", ("decider",), reason=True),
    Transition("submitted", "withdraw", "withdrawn", ("applicant",)),
    Transition("returned", "resubmit", "submitted", ("applicant",)),
    Transition("returned", "withdraw", "withdrawn", ("applicant",)),
    Transition("accepted", "approve", "accepted", ("decider", "system")),
    Transition("accepted", "grant", "granted", ("decider", "system")),
    Transition("accepted", "deny", "denied", ("decider",), reason=True),
    Transition("accepted", "pause", "paused", ("decider",), reason=True),
    Transition("accepted", "extend", "paused", ("operator",), reason=True),
    Transition("accepted", "wait", "waitlisted", ("system",), reason=True),
    Transition("accepted", "withdraw", "withdrawn", ("applicant",)),
    Transition("accepted", "emergency", "accepted", ("operator",), reason=True),
    Transition("paused", "resume", "accepted", ("decider", "system")),
    Transition("paused", "withdraw", "withdrawn", ("applicant",)),
    Transition("waitlisted", "admit", "accepted", ("system",)),
    Transition("waitlisted", "deny", "denied", ("decider",), reason=True),
    Transition("waitlisted", "withdraw", "withdrawn", ("applicant",)),
    Transition("granted", "deliver", "delivering", ("system",)),
    Transition("delivering", "complete", "done", ("system",)),
    Transition("delivering", "fail", "failed", ("system",), reason=True),
    Transition("delivering", "abandon", "abandoned", ("system",), reason=True),
    Transition("failed", "retry", "delivering", ("operator", "system")),
    Transition("failed", "abandon", "abandoned", ("operator",), reason=True),
)

CLOCKS: Mapping[State, Clock] = {
    "draft": "none",
    "submitted": "acceptance",
    "returned": "stopped",
    "accepted": "promise",
    "paused": "stopped",
    "waitlisted": "promise",
    "granted": "promise",
    "delivering": "promise",
    "failed": "promise",
    "done": "ended",
    "refused": "ended",
    "denied": "ended",
    "withdrawn": "ended",
    "abandoned": "ended",
}

_ROWS = {(row.state, row.move): row for row in TRANSITIONS}


def legal_moves(state: State) -> tuple[Move, ...]:
    """The moves that lead on from a state, in the table's order; none from where a request has ended."""
    return tuple(row.move for row in TRANSITIONS if row.state == state)


def is_ended(state: State) -> bool:
    """Whether nothing can happen to the request any more (办结, 不予受理, 不予许可, 撤回, 终止)."""
    return not legal_moves(state)


def transition(state: State, move: Move, *, request: str = "request") -> Transition:
    """The row of a move. Raises RefusedError, naming the moves that are legal instead.

    `request` is what the sentence calls it, usually its number.
    """
    row = _ROWS.get((state, move))
    if row is None:
        legal = ", ".join(legal_moves(state))
        advice = f"possible now: {legal}" if legal else "it has ended; file a new request"
        raise RefusedError(request, f"is {state}, and {shown(move)} is not possible then", advice)
    return row


def advance(state: State, move: Move, *, request: str = "request") -> State:
    """The state after a move. Raises RefusedError, naming the moves that are legal instead."""
    return transition(state, move, request=request).after
