"""The application: its routes, its errors, its OpenAPI document."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from yunzu_portal import (
    problems,
    routes_accounts,
    routes_environments,
    routes_health,
    routes_items,
    routes_leases,
    routes_manifests,
    routes_messages,
    routes_oversight,
    routes_requests,
    routes_signing_in,
    routes_tokens,
)
from yunzu_portal.guarding import Guard
from yunzu_portal.identity import SECURITY, Portal

PREFIX = "/api/v1"


def application(portal: Portal | None = None) -> FastAPI:
    """The application on an office; without one, for its description only."""
    app = FastAPI(
        title="云租 yunzu",
        summary="The API of a self-hosted government cloud data centre.",
        version=version("yunzu"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    app.state.portal = portal
    problems.install(app)
    app.add_middleware(Guard)
    for one in (
        routes_items,
        routes_requests,
        routes_environments,
        routes_manifests,
        routes_leases,
        routes_accounts,
        routes_signing_in,
        routes_tokens,
        routes_messages,
        routes_oversight,
    ):
        app.include_router(one.router, prefix=PREFIX, dependencies=SECURITY, responses=problems.RESPONSES)
    app.include_router(routes_signing_in.open_router, prefix=PREFIX, responses=problems.RESPONSES)
    app.include_router(routes_health.router, prefix=PREFIX)
    return app


def openapi() -> dict[str, Any]:
    """The committed document `docs/reference/openapi.json`: the same for every centre of this version."""
    return application().openapi()
