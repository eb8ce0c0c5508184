"""
What every request passes, outermost first: Envelope, Gate, BodyLimit.

Pure ASGI, so that a streamed answer is neither buffered nor moved to another task.
"""

import logging
import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.api.api import Api
from lib.api.auth import authenticate
from lib.api.problems import ProblemError, problem_of, trace_id
from lib.domain.callers import Caller

logger = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
_OPEN_TO_ALL = {"/api/health/live", "/api/health/ready"}
"""For the platform's probes, which cannot sign in."""

MAX_BODY_BYTES = 1_000_000
MAX_PUSH_BYTES = 8_000_000
_PUSH_PREFIX = "/api/admin/sources/"


class Envelope:
    """Gives every request a trace id, every response its headers, and every unforeseen error a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        match = _TRACEPARENT.match(Headers(scope=scope).get("traceparent", ""))
        trace = match[1] if match else secrets.token_hex(16)
        scope.setdefault("state", {})["trace_id"] = trace
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["x-request-id"] = trace
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            logger.exception("%s %r failed trace=%s", scope["method"], scope["path"], trace)
            if started:
                raise  # half an answer is out: only a broken connection tells the client
            await problem_of(error).response(trace)(scope, receive, send_with_headers)


class Gate:
    """Turns away requests under a foreign name, from another site's page, or from nobody known."""

    def __init__(self, app: ASGIApp, api: Api) -> None:
        self.app = app
        self.api = api
        self.own_host = _netloc(api.settings.base_url)
        self.loopback = api.settings.auth == "loopback"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["caller"] = self.admit(scope)
            except ProblemError as error:
                await error.problem.response(trace_id(scope))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def admit(self, scope: Scope) -> Caller:
        """Say who sent the request. Raises: ProblemError."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self.loopback and _name(host) not in _LOOPBACK_NAMES and (host != self.own_host or not host):
            known = f"localhost or {self.own_host!r}" if self.own_host else "localhost"
            raise ProblemError(
                "foreign-host",
                f"This app answers to {known}, not to {host[:200]!r}. If people reach it under that, set BASE_URL.",
            )
        caller = authenticate(headers, self.api)
        if caller is None and self.api.platform_auth and scope["path"] in _OPEN_TO_ALL:
            caller = Caller(id="")
        if caller is None:
            detail = (
                "App Service authentication is off, so this app answers nobody. Turn it on (Authentication, Add "
                "identity provider), or set AUTH=loopback on a laptop."
                if not self.api.platform_auth
                else "Nobody is signed in: send the request with a token of this app's identity provider."
            )
            raise ProblemError("unauthenticated", detail, headers={"www-authenticate": "Bearer"})
        if scope["method"] not in _SAFE_METHODS:
            self.refuse_other_sites(headers, host)
        return caller

    def refuse_other_sites(self, headers: Headers, host: str) -> None:
        """Let through what is no browser's, and browsers only for the app's own pages. Raises: ProblemError."""
        own = {host, self.own_host}
        if not self.loopback:  # the platform's proxy may change Host; no page can set this header on a foreign request
            own.add(headers.get("x-forwarded-host", host).lower())
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") or (origin is not None and _netloc(origin) not in own - {""}):
            raise ProblemError(
                "cross-site",
                f"A page of {(origin or 'another site')[:200]!r} may not do this here. Call from this app's own page "
                "or from a program; if people reach this app under that address, set BASE_URL to it.",
            )


def _netloc(url: str) -> str:
    """Host and port of a URL; empty if it has none, as the origin `null`."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name of `localhost:7071` is `localhost`, of `[::1]:7071` it is `::1`; empty if it is no host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class BodyLimit:
    """Stops reading a body that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        push = scope["method"] == "PUT" and scope["path"].startswith(_PUSH_PREFIX)
        limit = MAX_PUSH_BYTES if push else MAX_BODY_BYTES
        declared = Headers(scope=scope).get("content-length", "")
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            if declared.isdecimal() and int(declared) > limit:
                raise _too_large(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, receive_within_limit, send)


def _too_large(limit: int) -> ProblemError:
    detail = f"The body is larger than {limit // 1_000_000} MB. Send less, or several requests."
    return ProblemError("too-large", detail)
