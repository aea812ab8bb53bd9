"""What can be asked for."""

from fastapi import APIRouter

from yunzu.model.answers.items import ItemAnswer, ItemsAnswer
from yunzu.services.requests import offering
from yunzu_portal import answering
from yunzu_portal.identity import Visitor

router = APIRouter(tags=["items"])


@router.get("/items")
def list_items(visitor: Visitor) -> ItemsAnswer:
    """List the items with their promised times."""
    return ItemsAnswer(items=tuple(answering.item(one) for one in offering.items(visitor.office)))


@router.get("/items/{identifier}")
def show_item(identifier: str, visitor: Visitor) -> ItemAnswer:
    """Show one item: its limits, and whose signature each step takes unless a rule passes it."""
    return answering.item(offering.item(identifier, visitor.office))
