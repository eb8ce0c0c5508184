"""INFERENCE and administration: one function for every route, in front of the FastAPI app."""

import asyncio
import json
import logging
from typing import Any

import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, StreamingResponse

from blueprints.tracing import host_of
from lib.api import wiring
from lib.telemetry import invocations

bp = func.Blueprint()
logger = logging.getLogger(__name__)

_REQUEST = {"type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "query_string", "root_path"}
_SCOPE = _REQUEST | {"headers", "client", "server"}
"""What the ASGI specification says of a request; the rest is the worker's own FastAPI app talking to itself."""
_PROBLEM = {
    "type": "about:blank",
    "title": "Internal Server Error",
    "status": 500,
    "detail": "The app failed before it could answer; the log has the reason.",
}


@bp.route(route="{*path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def http(req: Request, context: func.Context) -> StreamingResponse:
    """Hand the request to the FastAPI app; the function ends when the answer begins, the answer goes on."""
    answer = _Answer(req, context)
    await answer.begun()
    return answer


class _Answer(StreamingResponse):
    """
    The FastAPI app's own answer: what the app sends goes to the client as it is, when it is sent.

    The app waits with its first message until the worker has taken this response, and with each one until the client
    has room. It is cancelled when the client goes away before the end.
    """

    def __init__(self, request: Request, context: func.Context) -> None:
        super().__init__(())
        loop = asyncio.get_running_loop()
        self._scope = {key: request.scope[key] for key in _SCOPE if key in request.scope}
        self._begun = asyncio.Event()
        self._outlet: asyncio.Future[Any] = loop.create_future()
        self._incoming: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        self._is_complete = False
        self._context = context
        self._status = 0
        self._app = loop.create_task(self._run())
        self._app.add_done_callback(lambda _: self._begun.set())
        self._client = loop.create_task(self._listen(request.receive))

    async def begun(self) -> None:
        """Wait for the app's first message, or its end."""
        await self._begun.wait()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the app send to the client, and wait for its end, which may come after the end of the answer."""
        self._outlet.set_result(send)
        try:
            await asyncio.wait({self._app})
        finally:
            self._app.cancel()
            self._client.cancel()
        if not self._app.cancelled() and (error := self._app.exception()):
            raise error

    async def _run(self) -> None:
        try:
            await self._traced(wiring.app())
        except Exception:
            logger.exception("http failed method=%s path=%s", self._scope["method"], self._scope["path"])
            if not self._begun.is_set():
                headers = [(b"content-type", b"application/problem+json")]
                await self._send({"type": "http.response.start", "status": 500, "headers": headers})
                await self._send({"type": "http.response.body", "body": json.dumps(_PROBLEM).encode()})
            elif not self._is_complete:
                raise

    async def _traced(self, app: Any) -> None:
        """Let the app answer in a span, whose trace is the request's for the app too."""
        method = self._scope["method"]
        with invocations.invocation(self._context.function_name, "http", host=host_of(self._context)) as span:
            if span.is_recording():
                others = [header for header in self._scope["headers"] if header[0] != b"traceparent"]
                self._scope["headers"] = [*others, (b"traceparent", invocations.traceparent().encode())]
            try:
                await app(self._scope, self._receive, self._send)
            finally:
                route = getattr(self._scope.get("route"), "path", "")
                span.update_name(f"{method} {route}".strip())
                attributes = {"http.request.method": method, "http.route": route}
                span.set_attributes({**attributes, "http.response.status_code": self._status})

    async def _send(self, message: Any) -> None:
        self._begun.set()
        self._status = message.get("status", self._status)
        send = await asyncio.shield(self._outlet)
        self._is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)
        await send(message)

    async def _receive(self) -> Any:
        """The request's body piece by piece, then (once the client is gone) the news of that."""
        return await self._incoming.get()

    async def _listen(self, receive: Any) -> None:
        """Read one message ahead of the app, so that a client that goes away is noticed while the app is at work."""
        while (message := await receive())["type"] != "http.disconnect":
            await self._incoming.put(message)
        if not self._is_complete:
            self._app.cancel()
        await self._incoming.put(message)
