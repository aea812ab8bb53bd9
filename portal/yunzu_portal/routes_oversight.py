"""Figures and rights of use, as JSON or in the forms of `yunzu.services.reports`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from yunzu.model.answers.ledger import LedgerAnswer
from yunzu.model.answers.service_levels import ServiceLevelsAnswer
from yunzu.services import ledger as rights
from yunzu.services.reports import rows, service_level_page
from yunzu.services.requests import report_document, service_levels
from yunzu_portal import answering
from yunzu_portal.identity import Visitor

router = APIRouter(tags=["oversight"])

CSV, HTML = "text/csv", "text/html"
Department = Annotated[
    str | None, Query(description="Of one department only; `centre` for the centre's own.")
]


def _forms(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = {one: {"schema": {"type": "string"}} for one in media_types}
    return {200: {"content": content, "description": "Also in these forms, by the header Accept."}}


@router.get("/service-levels", responses=_forms(CSV, HTML), response_model=ServiceLevelsAnswer)
def show_service_levels(
    request: Request,
    visitor: Visitor,
    month: Annotated[str | None, Query(description="For example 2026-11; omitted: the present one.")] = None,
    department: Department = None,
) -> ServiceLevelsAnswer | Response:
    """How punctual and how fast requests were, and what would flatter these figures."""
    period = service_levels.month(month, visitor.office)
    report = service_levels.report(period, actor=visitor.actor, office=visitor.office, department=department)
    document = report_document.document(report)
    wanted = _wanted(request)
    if wanted == CSV:
        return Response(rows.of_service_levels(document), media_type=CSV)
    if wanted == HTML:
        return Response(service_level_page.page(document), media_type=HTML)
    return document


@router.get("/ledger", responses=_forms(CSV), response_model=LedgerAnswer)
def show_ledger(request: Request, visitor: Visitor, department: Department = None) -> LedgerAnswer | Response:
    """Every right of use: owner, user, resource, plan, price, lease, state."""
    found = rights.ledger(actor=visitor.actor, office=visitor.office, department=department)
    document = answering.ledger(found)
    if _wanted(request) == CSV:
        return Response(rows.of_ledger(document), media_type=CSV)
    return document


def _wanted(request: Request) -> str:
    """The media type that is asked for, of one: whoever takes several gets JSON."""
    return request.headers.get("accept", "").split(";")[0].strip().lower()
