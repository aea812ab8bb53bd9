"""Whether the API can do its work; asked by `yunzu status`, without a token."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import text

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The records answer."""

    ok: bool


@router.get("/health")
def health(request: Request) -> Health:
    """Ask the records for nothing. Answers 503 where they do not answer."""
    with request.app.state.portal.office.records.transaction() as connection:
        connection.execute(text("SELECT 1"))
    return Health(ok=True)
