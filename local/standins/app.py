"""The stand-ins as one application."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from local.standins.cosmos.routes import routes as cosmos_routes
from local.standins.cosmos.state import CosmosState
from local.standins.errors import error_response, service_of
from local.standins.faults import Faults, FaultsMiddleware
from local.standins.faults import routes as fault_routes
from local.standins.identity import Identity, check
from local.standins.identity import routes as identity_routes
from local.standins.openai.routes import routes as openai_routes
from local.standins.openai.state import OpenAIState
from local.standins.search.routes import routes as search_routes
from local.standins.search.state import SearchState

AUDIENCES = {
    "cosmos": {"https://127.0.0.1", "https://localhost", "https://cosmos.azure.com"},
    "search": {"https://search.azure.com"},
    "openai": {"https://ai.azure.com", "https://cognitiveservices.azure.com"},
}
"""Whom tokens for a service are made for. The SDK of Cosmos DB asks for its account's host first."""


class TokenMiddleware:
    """Every service refuses requests without a bearer token made for it: 401, in the service's own shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = service_of(scope["path"]) if scope["type"] == "http" else ""
        wrong = check(Request(scope), AUDIENCES[service]) if service in AUDIENCES else ""
        answer = error_response(service, 401, wrong) if wrong else self._app
        await answer(scope, receive, send)


def create_app(folder: Path) -> Starlette:
    """All stand-ins, with their data below a folder."""
    faults = Faults()
    identity = Identity(folder)
    routes = [*identity_routes(identity), *fault_routes(faults)]
    routes += openai_routes(OpenAIState(faults))
    routes += search_routes(SearchState(folder / "search", faults))
    routes += cosmos_routes(CosmosState(folder / "cosmos", faults))
    app = Starlette(
        routes=routes,
        middleware=[Middleware(TokenMiddleware), Middleware(FaultsMiddleware, faults=faults)],
    )
    app.state.identity = identity
    app.state.faults = faults
    return app
