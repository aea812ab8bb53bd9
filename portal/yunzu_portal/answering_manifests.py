"""What asking for manifests came to, and what is approved, as documents."""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from yunzu.errors import NotFoundError
from yunzu.model.answers.manifests import (
    AskedAnswer,
    DepartmentAnswer,
    ManifestAnswer,
    WaitingRequest,
)
from yunzu.model.answers.problem import problem_of
from yunzu.model.answers.requests import CaseAnswer
from yunzu.model.requests import State
from yunzu.records import requests
from yunzu.records.approved import Approved
from yunzu.records.requests import Request
from yunzu.services.departments import Summary
from yunzu.services.requests import reading
from yunzu.services.requests.asking import UndecidedError
from yunzu_portal import answering
from yunzu_portal.identity import Desk


def department(one: Summary) -> DepartmentAnswer:
    said = one.department.model_dump(mode="json", exclude_none=True)
    return DepartmentAnswer.model_validate(said | {"environments": one.environments})


def manifest(one: Approved) -> ManifestAnswer:
    return ManifestAnswer.model_validate(one, from_attributes=True)


def asked(found: Iterable[Request], desk: Desk, visitor: Desk, *, dry_run: bool) -> AskedAnswer:
    """Requests to be delivered, as they are at `desk`; what was only rehearsed there has no number."""
    return AskedAnswer(requests=tuple(_case(one.number, desk, visitor) for one in found), dry_run=dry_run)


def _case(number: str, desk: Desk, visitor: Desk) -> CaseAnswer:
    view = reading.show(number, actor=desk.actor, office=desk.office)
    if not _is_filed(number, visitor):
        view = replace(view, request=replace(view.request, number=""))
    return answering.case(view, desk.office.zone)


def undecided(error: UndecidedError, visitor: Desk, *, dry_run: bool) -> AskedAnswer:
    """One that waits."""
    request = error.request
    if not _is_filed(request.number, visitor):
        request = replace(request, number="")
        error = UndecidedError(request, error.fact)
    waiting = WaitingRequest(
        request=request.number or None,
        item=request.item,
        state=cast("State", request.state),
        bundle=request.bundle,
        problem=problem_of(error),
    )
    return AskedAnswer(requests=(), waiting=waiting, dry_run=dry_run)


def _is_filed(number: str, visitor: Desk) -> bool:
    """Whether it is also there where nothing is rehearsed."""
    with visitor.office.records.transaction() as connection:
        try:
            requests.find(connection, number)
        except NotFoundError:
            return False
    return True
