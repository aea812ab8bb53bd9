"""Who is told what: the people of a department who act for it, and the centre's operators."""

from collections.abc import Iterable

from sqlalchemy import Connection

from yunzu.model.actors import Register
from yunzu.model.manifests import Department, Role
from yunzu.model.messages import Event, Payload
from yunzu.records import outbox
from yunzu.services.requests.truth import CENTRE, Truth

_ACTING: frozenset[Role] = frozenset({"applicant", "steward", "approver"})


class Recipients:
    """Accounts by what is approved, each read once."""

    def __init__(self, truth: Truth) -> None:
        self._departments = truth.all(Department)
        register = truth.find(Register, CENTRE)
        officers = register.officers if register else ()
        self.operators = tuple(one.account for one in officers if "operator" in one.roles)

    def of_department(self, department: str) -> tuple[str, ...]:
        """Its applicants, stewards and approvers."""
        found = self._departments.get(department)
        return tuple(one.account for one in found.people if _ACTING & set(one.roles)) if found else ()


def tell(connection: Connection, event: Event, payload: Payload, *, subject: str, to: Iterable[str]) -> int:
    """Enter a message for each account; how many are new."""
    accounts = dict.fromkeys(to)
    return sum(
        outbox.enqueue(connection, event, payload, subject=subject, recipient=account) for account in accounts
    )
