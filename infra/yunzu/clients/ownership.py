"""Whose an object on a shared server is, before anything is done to it.

Every server marks differently (a comment, a tag, a label), but the rule is one: marked with our
mark is ours; unmarked is ours only where a record of intent says that we were about to make it;
anything else is somebody else's and is neither adopted, changed nor deleted.
"""

from typing import Protocol

from yunzu.errors import NotOursError


class Intents(Protocol):
    """Durable record of what this writer of this environment is about to change."""

    def intend(self, kind: str, name: str) -> None:
        """Record the intent; raises FencedError when a later writer has taken over."""

    def intended(self, kind: str, name: str) -> bool:
        """Whether a writer of this environment ever recorded it."""


class NoIntents:
    """For callers that keep no records (probes, bootstrap): nothing unmarked is ever ours."""

    def intend(self, kind: str, name: str) -> None:
        """Record nothing."""

    def intended(self, kind: str, name: str) -> bool:  # noqa: ARG002 - the signature is the protocol's
        return False


def check_ours(kind: str, name: str, found: str | None, mark: str, intents: Intents) -> None:
    """Return if an existing object carrying the mark `found` is ours; else raise NotOursError.

    A foreign mark of our own form (another centre's or environment's) is never overruled by an
    intent: it says positively who the owner is.
    """
    if found == mark:
        return
    foreign = (found or "").startswith("yunzu:")
    if not foreign and intents.intended(kind, name):
        return
    raise NotOursError(
        kind, name, f"it carries the mark {found!r}" if found else "it carries no mark of a centre"
    )
