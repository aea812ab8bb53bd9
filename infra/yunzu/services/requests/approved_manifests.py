"""Approved departments and environments, as whoever asks may see them: officers all, people their own
department's. Of others nobody can tell whether there are any."""

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy import Connection

from yunzu.errors import NotFoundError, RefusedError
from yunzu.model.actors import Actor
from yunzu.model.manifests import Department, Environment
from yunzu.model.permissions import RequestFacts, refusal
from yunzu.model.text import shown
from yunzu.records import approved
from yunzu.records.approved import Approved
from yunzu.services.departments import Summary, summaries
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import Truth, identity

KINDS = (Department.__name__, Environment.__name__)


def departments(*, actor: Actor, office: Office) -> list[Summary]:
    """Every department that the actor may see, by id. Raises RefusedError for who may see none."""
    _check(actor)
    with office.records.transaction() as connection:
        found = summaries(Truth(connection).catalogue(office.day))
    return [one for one in found if _sees(actor, one.department.id)]


def department(identifier: str, *, actor: Actor, office: Office) -> Summary:
    """One of them. Raises NotFoundError, with the likeliest id, and RefusedError as `departments`."""
    found = {one.department.id: one for one in departments(actor=actor, office=office)}
    if identifier in found:
        return found[identifier]
    close = get_close_matches(identifier[:80], found, n=1)
    advice = f"did you mean '{close[0]}'?" if close else "see `yunzu dept list`"
    raise NotFoundError(f"department {shown(identifier)}", "is not registered", advice)


def manifests(*, actor: Actor, office: Office) -> list[Approved]:
    """What is approved now of departments and environments that the actor may see, by kind and id.

    Raises RefusedError for who may see none.
    """
    _check(actor)
    with office.records.transaction() as connection:
        return [one for kind in KINDS for one in _visible(approved.currents(connection, kind), actor)]


def manifest(kind: str, content_hash: str, *, actor: Actor, office: Office) -> Approved:
    """What was approved at some time, by its hash. Raises NotFoundError, and RefusedError as `manifests`."""
    _check(actor)
    with office.records.transaction() as connection:
        found = list(_visible(_of_hash(connection, kind, content_hash), actor))
    if not found:
        advice = "`yunzu manifests pull` takes what is approved now"
        raise NotFoundError(f"{kind} of hash {shown(content_hash)}", "was never approved", advice)
    return found[0]


def hash_of(manifest: Department | Environment, *, office: Office) -> str:
    """Hash of what is approved in its place; "" for none. Says nothing of it to anybody."""
    with office.records.transaction() as connection:
        return Truth(connection).hash_of(*identity(manifest)) or ""


def _of_hash(connection: Connection, kind: str, content_hash: str) -> list[Approved]:
    found = approved.of_hash(connection, kind, content_hash) if kind in KINDS else None
    return [found] if found else []


def _visible(found: Iterable[Approved], actor: Actor) -> list[Approved]:
    return [one for one in found if _sees(actor, one.id.partition("/")[0])]


def _check(actor: Actor) -> None:
    if why := _refusal(actor, actor.department):
        raise RefusedError("departments", why, "nothing is shown")


def _sees(actor: Actor, department: str) -> bool:
    return _refusal(actor, department) is None


def _refusal(actor: Actor, department: str | None) -> str | None:
    return refusal(actor, "read", RequestFacts("draft", department, ""))
