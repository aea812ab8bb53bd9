"""What the proof that an actor presented is good for: looking, changing, and deciding as an officer."""

from dataclasses import replace
from datetime import UTC, datetime

from yunzu.model.actors import Actor

_ALWAYS = datetime.max.replace(tzinfo=UTC)


def refusal_of_change(actor: Actor) -> str | None:
    """Why the actor may change nothing at all, whatever it is; None where that depends on what it is."""
    return "the token is for reading only" if actor.scope == "read" else None


def refusal_of_unconfirmed(actor: Actor, at: datetime | None) -> str | None:
    """Why what an officer does with their authority needs more proof; None where it does not.

    Who is on the machine without a token proves nothing about a person.
    """
    if not actor.is_officer or actor.has_confirmed(at):
        return None
    if actor.authenticated == "local":
        return "who is on the machine without a token decides nothing; `yunzu login` as an officer"
    return "an officer's decision takes the second factor; `yunzu confirm` asks for it"


def confirmed(actor: Actor) -> Actor:
    """The actor, had they proved the second factor; on the machine without a token nobody can."""
    return actor if actor.authenticated == "local" else replace(actor, confirmed_until=_ALWAYS)
