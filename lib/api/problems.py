"""Errors as problem documents (RFC 9457): what each kind means and how exceptions become one."""

import logging
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from lib.api.problem_kinds import KINDS, Kind
from lib.errors import (
    BadInput,
    Conflict,
    ContentFiltered,
    Forbidden,
    Gone,
    NotFound,
    PlumblineError,
    StorageFull,
    Throttled,
    Transient,
    Unreachable,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""What a client is told to wait when nothing better is known, seconds."""


_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}

_BY_ERROR: tuple[tuple[type[PlumblineError], str], ...] = (
    (BadInput, "invalid-request"),
    (NotFound, "not-found"),
    (Gone, "gone"),
    (Forbidden, "forbidden"),
    (Conflict, "conflict"),
    (ContentFiltered, "content-filtered"),
    (Throttled, "throttled"),
    (StorageFull, "storage-full"),
    (Unreachable, "unreachable"),
    (Transient, "try-again"),
    (PlumblineError, "misconfigured"),
)
"""First match wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One occurrence of a kind of problem."""

    kind: Kind
    detail: str
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def document(self, trace: str) -> dict[str, Any]:
        """The problem document."""
        return {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "trace_id": trace,
            **self.extra,
        }

    def response(self, trace: str) -> Response:
        """The HTTP response."""
        return JSONResponse(
            self.document(trace), status_code=self.kind.status, headers=self.headers, media_type=MEDIA_TYPE
        )


class ProblemError(HTTPException):
    """Raised inside lib/api to answer with a problem."""

    def __init__(
        self, slug: str, detail: str, *, extra: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        kind = KINDS[slug]
        super().__init__(status_code=kind.status, detail=detail, headers=headers)
        self.problem = Problem(kind=kind, detail=detail, extra=extra or {}, headers=headers or {})


def trace_id(scope: Scope) -> str:
    """The request's trace id, as the envelope set it."""
    return str(scope.get("state", {}).get("trace_id", ""))


def problem_of(error: Exception, *, path: str = "", candid: bool = False) -> Problem:
    """
    Say what problem an exception is.

    candid: tell what is wrong with the installation too (on a laptop the caller is its owner).
    """
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, HTTPException):
        return _of_http(error, path)
    if not isinstance(error, PlumblineError):
        return Problem(kind=KINDS["internal"], detail="A fault of ours: the log has it under this trace id. Try again.")
    slug = next(slug for kind, slug in _BY_ERROR if isinstance(error, kind))
    headers = {}
    if isinstance(error, Transient):
        wait_s = error.retry_after_s if isinstance(error, Throttled | Unreachable) else 0
        headers["retry-after"] = str(max(1, round(wait_s or RETRY_AFTER_S)))
    hidden = slug in ("misconfigured", "unreachable", "storage-full") and not candid
    return Problem(kind=KINDS[slug], detail=KINDS[slug].advice if hidden else str(error), headers=headers)


def _of_http(error: HTTPException, path: str) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == 404:
        detail = f"There is nothing at {path!r}. GET /api/docs lists every address of the API, /manual/ is the manual."
    elif error.status_code == 405:
        detail = f"{path!r} takes {headers.get('allow', 'other methods')} only."
    elif error.status_code == 400:
        detail = "The body cannot be read as JSON in UTF-8."
    else:
        detail = str(error.detail)
    slug = _BY_STATUS.get(error.status_code, "malformed-body" if error.status_code == 400 else "internal")
    return Problem(kind=KINDS[slug], detail=detail, headers=headers)


def _methods(request: Request) -> list[str]:
    """Every method that the address takes: routes of one address know their own only."""
    described = request.app.openapi()["paths"].get(request.url.path)
    if described:  # by its own name, though it also fits the pattern of another address
        return [method.upper() for method in described]
    scopes = {method: {**request.scope, "method": method} for method in ("GET", "HEAD", "POST", "PUT", "DELETE")}
    routes = request.app.router.routes
    return [name for name, scope in scopes.items() if any(route.matches(scope)[0] == Match.FULL for route in routes)]


def answer_with_problem(request: Request, error: Exception) -> Response:
    """Exception handler of the app for everything raised on purpose."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        error = HTTPException(405, headers={"allow": ", ".join(_methods(request))})
    candid = request.app.state.api.settings.auth == "loopback"
    problem = problem_of(error, path=request.url.path, candid=candid)
    if problem.kind.status >= 500:
        logger.warning(
            "%s %r failed status=%d trace=%s reason=%s: %s",
            request.method, request.url.path, problem.kind.status, trace_id(request.scope), type(error).__name__, error,
        )  # fmt: skip
    return problem.response(trace_id(request.scope))
