"""Who may give, take and lend access: one-time codes, disabling, deputies. Pure: a sentence why not, or None.

No office gives itself anything, and none alone can take over another: departments' people get their codes of
an operator, officers theirs of the security officer, and every one of these acts is entered in the trail.
"""

from datetime import datetime

from yunzu.model.actors import Actor
from yunzu.model.deputies import Deputy
from yunzu.model.proof import refusal_of_change, refusal_of_unconfirmed

_OVERSIGHT = frozenset({"operator", "security", "auditor"})


def refusal_about_tokens(actor: Actor, account: str | None, *, change: bool) -> str | None:
    """Why the actor may not see, or with `change` revoke, an account's tokens. None: everybody's.

    Nobody makes a token for anybody else: who gets in is who has a one-time code.
    """
    if change and (why := refusal_of_change(actor)):
        return why
    if actor.account == account:
        return None
    seeing = {"operator", "security"} if change else {"operator", "security", "auditor"}
    if actor.is_officer and seeing & actor.roles:
        return None
    return "only an operator, the security officer or the account itself does that"


def refusal_about_code(actor: Actor, whose: Actor, at: datetime, *, emergency: bool = False) -> str | None:
    """Why the actor may not make a one-time code for an account.

    An emergency is that a security officer is without access: then whoever is on the machine makes theirs.
    """
    if why := refusal_of_change(actor):
        return why
    if actor.account == whose.account:
        return "nobody makes a code for themselves"
    if emergency:
        return _refusal_of_emergency(actor, whose)
    if whose.is_officer:
        return _refusal_unless(
            actor, frozenset({"security"}), at, "the security officer makes officers' codes"
        )
    return _refusal_unless(actor, frozenset({"operator"}), at, "an operator makes the codes of departments")


def refusal_about_disabling(actor: Actor, whose: Actor, at: datetime) -> str | None:
    """Why the actor may not disable an account, or enable it again.

    An operator does not shut out who watches over operators, but for a security officer whom only another
    office can stop.
    """
    if why := refusal_of_change(actor):
        return why
    if actor.account == whose.account:
        return "nobody disables or enables themselves"
    if not whose.is_officer or "security" in whose.roles:
        said = "an operator or the security officer does that"
        return _refusal_unless(actor, frozenset({"operator", "security"}), at, said)
    return _refusal_unless(actor, frozenset({"security"}), at, "the security officer does that for officers")


def refusal_to_read_accounts(actor: Actor, account: str | None) -> str | None:
    """Why the actor may not see an account; None: everybody's."""
    if actor.account == account or (actor.is_officer and actor.roles & _OVERSIGHT):
        return None
    return "only the centre's officers and the account itself see that"


def refusal_about_deputy(
    actor: Actor, principal: Actor, deputy: Actor | None, at: datetime, *, others: tuple[Deputy, ...] = ()
) -> str | None:
    """Why the actor may not name `deputy` for `principal`; `deputy` None: why not end what was named.

    A person names their own; where they cannot, an operator does for departments and the security officer for
    officers, and never themselves. `others` are the principal's and the deputy's, as far as they overlap.
    """
    if why := refusal_of_change(actor) or _refusal_to_name(actor, principal, deputy, at):
        return why
    return None if deputy is None else _misfit(principal, deputy, others)


def _refusal_to_name(actor: Actor, principal: Actor, deputy: Actor | None, at: datetime) -> str | None:
    if actor.account == principal.account:
        return refusal_of_unconfirmed(actor, at)
    if deputy is not None and actor.account == deputy.account:
        return "nobody makes themselves the deputy of somebody else"
    if principal.is_officer:
        said = f"{principal.account} or the security officer does that"
        return _refusal_unless(actor, frozenset({"security"}), at, said)
    said = f"{principal.account} or an operator does that"
    return _refusal_unless(actor, frozenset({"operator"}), at, said)


def _misfit(principal: Actor, deputy: Actor, others: tuple[Deputy, ...]) -> str | None:
    if principal.department != deputy.department:
        return f"{deputy.account} and {principal.account} do not belong to one department"
    if "auditor" in principal.roles | deputy.roles:
        return "an auditor has no deputy and is none: what they audit must not be their own doing"
    if principal.is_officer and principal.roles != deputy.roles:
        return "operator, security and auditor are offices of different people, also in each other's absence"
    if any(one.by == principal.account or one.of == deputy.account for one in others):
        return "a deputy is not lent on: one of the two stands in for, or is stood in for by, somebody else"
    return None


def _refusal_of_emergency(actor: Actor, whose: Actor) -> str | None:
    if actor.authenticated != "local":
        return "an emergency is for whoever is on the centre's machine, without a token"
    if whose.is_officer and "security" in whose.roles:
        return None
    return "an emergency is that a security officer has no access; they make the codes of other officers"


def _refusal_unless(actor: Actor, roles: frozenset[str], at: datetime, said: str) -> str | None:
    """The actor holds one of the offices, and has confirmed it: who is on the machine is an operator."""
    if not actor.is_officer or not roles & actor.roles:
        return said
    return None if actor.authenticated == "local" else refusal_of_unconfirmed(actor, at)
