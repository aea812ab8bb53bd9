"""What is approved of departments and environments, and what asking for them came to."""

from yunzu.model.answers.common import Answer
from yunzu.model.answers.problem import Problem
from yunzu.model.answers.requests import CaseAnswer
from yunzu.model.requests import State


class WaitingRequest(Answer):
    """A request that waits for people or for room; `problem` says for whom. `request` is its number, null
    where it was rehearsed and not filed."""

    request: str | None
    item: str
    state: State
    bundle: str | None
    problem: Problem


class AskedAnswer(Answer):
    """The requests that are to be delivered now, oldest first, or the one that waits: then there are none.
    Neither: what is asked for is there."""

    requests: tuple[CaseAnswer, ...]
    waiting: WaitingRequest | None = None
    dry_run: bool = False
