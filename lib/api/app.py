"""The FastAPI app: routers, problem documents, and what every request passes."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from lib.api import admin, answers, ask, documents, health, lineage, manual, page, plan, push, reference, search, status
from lib.api.api import Api
from lib.api.contract import openapi_of
from lib.api.problems import answer_with_problem
from lib.api.security import BodyLimit, Envelope, Gate
from lib.api.validation import answer_validation_error
from lib.errors import PlumblineError

VERSION = "1"
"""Of the HTTP API: it changes when a client must."""

_DESCRIPTION = (
    "Answers questions from a body of documents and proves every answer. Bodies are JSON in UTF-8; times are UTC, "
    "ISO 8601; errors are problem documents (RFC 9457)."
)
_TAGS = [
    {"name": "Questions", "description": "Ask and search. Needs the role Reader."},
    {"name": "Documents", "description": "Read the stored text that a citation names. Needs the role Reader."},
    {"name": "Answers", "description": "Look back at an answer, and say what you think of it. Needs the role Reader."},
    {"name": "Operations", "description": "How it is doing. Status needs the role Operator; health is open to probes."},
    {"name": "Push", "description": "Feed documents in from any other system. Needs the role Admin."},
    {"name": "Administration", "description": "Sources and dead letters need Operator; all else Admin."},
]


def create_app(api: Api) -> FastAPI:
    """Build the app around what it can call. Nothing is read or connected here."""
    app = FastAPI(
        title="Plumbline",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url=None,  # reference.router serves it, with problems declared
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # blueprints/http.py tells, without queries
    )
    app.state.api = api
    for module in (
        search,
        ask,
        documents,
        answers,
        status,
        health,
        push,
        admin,
        plan,
        lineage,
        reference,
        manual,
        page,
    ):
        app.include_router(module.router)
    app.add_exception_handler(PlumblineError, answer_with_problem)
    app.add_exception_handler(HTTPException, answer_with_problem)
    app.add_exception_handler(RequestValidationError, answer_validation_error)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(Gate, api=api)
    app.add_middleware(Envelope)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]  # the way FastAPI documents
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
