"""The API's contract: how bodies must come, which problems each operation can answer with, and the OpenAPI document."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from lib.api.problem_kinds import KINDS
from lib.api.problems import MEDIA_TYPE, ProblemError

Responses = dict[int | str, dict[str, Any]]

_ALWAYS = ("unauthenticated", "forbidden", "cross-site", "foreign-host", "internal", "misconfigured", "throttled",
           "unreachable", "storage-full", "try-again")  # fmt: skip
_WITH_INPUT = ("invalid-request",)
_WITH_BODY = ("malformed-body", "too-large", "unsupported-media-type", "invalid-request")

_PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Stable; leads to the explanation."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong here, and what to do."},
        "trace_id": {"type": "string", "description": "Names the request in logs; also in the header X-Request-Id."},
        "errors": {
            "type": "array",
            "description": "Each field that is wrong (422).",
            "items": {
                "type": "object",
                "required": ["field", "problem", "fix"],
                "properties": {name: {"type": "string"} for name in ("field", "problem", "fix")},
            },
        },
        "unknown": {"type": "array", "items": {"type": "string"}, "description": "Unknown source ids (404)."},
        "known": {"type": "array", "items": {"type": "string"}, "description": "Known source ids (404)."},
    },
}


class JsonRoute(APIRoute):
    """A route that refuses a body in another format before anything tries to read it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind a check of the content type."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                given = request.headers.get("content-type", "")
                kind = given.partition(";")[0].strip().lower()
                if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
                    detail = f"The body came as {given[:100]!r}: send `Content-Type: application/json`."
                    raise ProblemError("unsupported-media-type", detail, headers={"accept": "application/json"})
            return await handler(request)

        return handle


def problems(*slugs: str) -> Responses:
    """Declare problems for an operation's `responses`."""
    responses: Responses = {}
    for slug in slugs:
        kind = KINDS[slug]
        entry = responses.setdefault(kind.status, {"description": "", "content": {MEDIA_TYPE: {
            "schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}})  # fmt: skip
        entry["description"] = " ".join(filter(None, [entry["description"], f"{kind.title} (`{slug}`)."]))
        entry["content"][MEDIA_TYPE]["examples"][slug] = {"value": _example(slug)}
    return responses


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """
    Build the OpenAPI document, once: FastAPI's, with problem documents declared where they can happen.

    FastAPI declares only what decorators say; the gate and the body limit stand before every operation.
    """
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for item in document["paths"].values():
        for operation in item.values():
            _declare(operation)
    app.openapi_schema = document
    return document


def _declare(operation: dict[str, Any]) -> None:
    operation["summary"] = operation["summary"].capitalize()
    slugs = list(_ALWAYS)
    if "requestBody" in operation:
        slugs += _WITH_BODY
    elif operation.get("parameters"):
        slugs += _WITH_INPUT
    responses = operation["responses"]
    if "422" in responses and MEDIA_TYPE not in responses["422"].get("content", {}):
        del responses["422"]  # FastAPI's own, which this app never sends
    for status, added in problems(*slugs).items():
        entry = responses.setdefault(str(status), {"description": "", "content": {}})
        content = entry.setdefault("content", {})
        if MEDIA_TYPE in content:
            content[MEDIA_TYPE].setdefault("examples", {}).update(added["content"][MEDIA_TYPE]["examples"])
            entry["description"] = f"{entry['description']} {added['description']}".strip()
        else:
            content.update(added["content"])
            entry["description"] = entry["description"] or added["description"]
    operation["responses"] = dict(sorted(responses.items()))


def _example(slug: str) -> dict[str, Any]:
    kind = KINDS[slug]
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
