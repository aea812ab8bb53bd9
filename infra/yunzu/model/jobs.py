"""Jobs: what somebody asks the centre's workers to do on the servers now, without a decision.

Looking, proving, handing out what is one's own, and putting right what is approved already. What changes
what is approved is a request.
"""

from typing import Literal, get_args

from yunzu.model.actors import Actor
from yunzu.model.proof import refusal_of_change

Kind = Literal["where", "plan", "verify", "kubeconfig", "offer", "credentials", "repair", "remove"]
"""`offer`: which credentials would be handed out. `repair`: to what is approved. `remove`: what came to be
there again after it was retired."""

KINDS: tuple[Kind, ...] = get_args(Kind)
SEALED: frozenset[Kind] = frozenset({"kubeconfig", "credentials"})
"""Their results are secrets, for whoever asks alone."""

State = Literal["queued", "running", "done", "failed"]

PERSONAL: frozenset[Kind] = frozenset({"kubeconfig", "offer", "credentials"})
_REPAIRING: frozenset[Kind] = frozenset({"repair", "remove"})


def refusal_of_job(
    actor: Actor, kind: Kind, department: str, account: str | None, *, guest: bool = False
) -> str | None:
    """Why the actor may not have it done to a department's environment; None where they may.

    `account`: whose access or credentials it is about. Everybody of the department and every officer may
    look and prove; what is somebody's own goes to them, or to an operator who hands it on. A `guest`, whom
    the environment was granted to, takes their own access to the cluster there and does nothing else.
    """
    if not actor.roles:
        return f"{actor.account} holds no role"
    if guest and kind == "kubeconfig" and account == actor.account:
        return refusal_of_change(actor)
    if actor.department not in (None, department):
        return "the environment is not of your department"
    if kind in _REPAIRING:
        return _refusal_of_repair(actor, department)
    if kind in PERSONAL:
        return refusal_of_change(actor) or _refusal_of_anothers(actor, account)
    return None


def _refusal_of_anothers(actor: Actor, account: str | None) -> str | None:
    if account == actor.account or (actor.is_officer and "operator" in actor.roles):
        return None
    return f"{actor.account} takes nobody else's access"


def _refusal_of_repair(actor: Actor, department: str) -> str | None:
    """Why the actor may not have what is approved for a department put right where it differs."""
    if why := refusal_of_change(actor):
        return why
    if actor.department is None:
        return (
            None if "operator" in actor.roles else "only an operator or the department's applicant does that"
        )
    if actor.department != department:
        return "the environment is not of your department"
    return None if "applicant" in actor.roles else "only an applicant of the department does that"
