"""Every error as one document, with the status that fits."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from yunzu.errors import (
    FencedError,
    InvalidInputError,
    NotFoundError,
    NotOursError,
    RefusedError,
    UnreachableError,
    UsageError,
    YunzuError,
)
from yunzu.findings import Finding
from yunzu.model.answers.problem import Problem, problem_of
from yunzu.model.text import shortened
from yunzu_portal.identity import TooManyAttemptsError, UnknownActorError

MEDIA_TYPE = "application/problem+json"

_STATUSES: Mapping[type[YunzuError], int] = {
    UnknownActorError: 401,
    TooManyAttemptsError: 429,
    NotOursError: 409,
    FencedError: 409,
    RefusedError: 403,
    InvalidInputError: 422,
    UsageError: 400,
    NotFoundError: 404,
    UnreachableError: 503,
    YunzuError: 500,
}
"""The first that an error is an instance of."""

_logger = logging.getLogger("yunzu_portal")

RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "What went wrong, and what to do."}
}
"""Of every route, for the OpenAPI document."""


def answer(error: YunzuError, status: int | None = None) -> JSONResponse:
    """The response of an error."""
    found = status or next(code for kind, code in _STATUSES.items() if isinstance(error, kind))
    headers = {}
    if isinstance(error, UnknownActorError):
        headers["www-authenticate"] = (
            'Bearer, Basic realm="yunzu", charset="UTF-8"'  # feed readers wait for it
        )
    if isinstance(error, TooManyAttemptsError):
        headers["retry-after"] = str(max(1, round(error.wait.total_seconds())))
    content = problem_of(error).model_dump(mode="json")
    return JSONResponse(content, found, headers, media_type=MEDIA_TYPE)


def unforeseen() -> JSONResponse:
    """The response of a fault of ours, its traceback in the log under its id. Called where it is caught."""
    identifier = secrets.token_hex(4)
    _logger.exception("fault %s", identifier)
    fact = f"failed in a way that was not foreseen (fault {identifier})"
    return answer(YunzuError("the centre", fact, "an operator finds it in `yunzu logs api`"))


def install(app: FastAPI) -> None:
    """Let the application answer with these."""
    app.add_exception_handler(YunzuError, _foreseen)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _no_route)


def _foreseen(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, YunzuError)  # noqa: S101 - registered for nothing else
    return answer(error)


def _unfit(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    findings = []
    for one in error.errors():
        place, *path = (str(part) for part in one["loc"])
        findings.append(Finding(place, shortened(".".join(path)), one["type"], one["msg"]))
    subject = f"{request.method} {shortened(request.url.path)}"
    return answer(InvalidInputError(subject, sorted(findings)))


def _no_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    subject = f"{request.method} {shortened(request.url.path)}"
    if error.status_code == 404:
        return answer(NotFoundError(subject, "is not in this API", "see docs/reference/openapi.json"))
    return answer(UsageError(subject, str(error.detail).lower()), error.status_code)
