"""The register of officers by request: what it must keep, and whom it gives an office."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from yunzu.errors import RefusedError
from yunzu.model.actors import CENTRE_ROLES, CentreRole, Register
from yunzu.model.dated import ITEMS
from yunzu.records import approved
from yunzu.records.requests import Request

LEAST: Mapping[CentreRole, int] = {"operator": 2, "security": 1, "auditor": 1}
"""Officers of each kind that stay. With one operator no change of the centre's could be countersigned any
more, not even one that lets another in: who asks for it does not sign it."""


def check_kept(proposed: Mapping[str, Any]) -> None:
    """Raises RefusedError for a register without enough officers of a kind."""
    held = Counter(role for officer in proposed["officers"] for role in officer["roles"])
    lacking = [
        f"{role} (has {held[role]}, needs {LEAST[role]})" for role in CENTRE_ROLES if held[role] < LEAST[role]
    ]
    if lacking:
        fact = f"would be left with too few officers: {', '.join(lacking)}"
        raise RefusedError("register", fact, "join the new officer in the same change, or before")


def beneficiaries(request: Request, connection: Connection) -> frozenset[str]:
    """Accounts that a request gives access, or an office which they did not hold when it was filed, or do not
    hold now: they decide nothing of it."""
    if request.item == ITEMS["access"]:
        had = (request.original or {}).get("access", ())
        return frozenset(one["account"] for one in request.requested.get("access", ()) if one not in had)
    if request.subject_kind != Register.__name__:
        return frozenset()
    now = approved.current(connection, request.subject_kind, request.subject)
    held = [_offices(one or {}) for one in (request.original, now.content if now else None)]
    wanted = _offices(request.requested)
    return frozenset(
        account
        for account, roles in wanted.items()
        if any(not roles <= before.get(account, set()) for before in held)
    )


def _offices(register: Mapping[str, Any]) -> dict[str, set[str]]:
    return {one["account"]: set(one["roles"]) for one in register.get("officers", ())}
