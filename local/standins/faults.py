"""Faults: how the stand-ins are told to misbehave, and the ones that every service can have."""

import asyncio
import random
import threading
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.standins.errors import error_response, service_of

_request: ContextVar[str] = ContextVar("request", default="")
CUT = "standins.cut"
"""Where the server leaves the function that cuts the connection, in the scope of a request."""


class Fault(BaseModel):
    """
    One way to misbehave. Kinds that every service has: `throttle` (429), `unavailable` (503), `slow` (waits `delay_s`),
    `reset` (the connection is cut before the work) and `lost_answer` (cut after it). A service may know more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Literal["cosmos", "search", "openai", "identity"]
    kind: str
    share: float = Field(default=1.0, ge=0, le=1)
    """Share of the requests it hits, by chance."""
    seed: int = 0
    """Equal seeds hit the same requests, counted from when the fault was set."""
    times: int | None = Field(default=None, ge=0)
    """It hits at most so many; None: no bound."""
    match: str = ""
    """It hits only requests whose "METHOD path" contains this."""
    retry_after_s: float = Field(default=1.0, ge=0)
    delay_s: float = Field(default=1.0, ge=0)
    """For `slow`, and for what a service shows late."""
    text: str = ""
    """It hits only what contains this: for kinds that look into what is sent or answered, as a content filter."""


_FAULTS = TypeAdapter(list[Fault])


class Faults:
    """The faults that are set now. Safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self.set(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Put these in place of all others; counting and chance begin anew."""
        with self._lock:
            self._set = [_Counted(fault) for fault in faults]

    def all(self) -> list[tuple[Fault, int]]:
        """The faults, each with the number of requests it has hit."""
        with self._lock:
            return [(counted.fault, counted.hits) for counted in self._set]

    def draw(self, service: str, kind: str, *, what: str | None = None, text: str = "") -> Fault | None:
        """
        The first fault of this kind that hits this time, or None. Each call is one draw of each fault until one hits.

        what: "METHOD path" to compare with `match`; None takes that of the request in whose course it is asked.
        text: what to compare with the fault's `text`.
        """
        subject = _request.get() if what is None else what
        with self._lock:
            for counted in self._set:
                fault = counted.fault
                named = (fault.service, fault.kind) == (service, kind)
                if named and fault.match in subject and fault.text in text and counted.hit():
                    return fault
        return None


class _Counted:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.hits = 0
        self._chance = random.Random(fault.seed)

    def hit(self) -> bool:
        drawn = self._chance.random() < self.fault.share
        if not drawn or (self.fault.times is not None and self.hits >= self.fault.times):
            return False
        self.hits += 1
        return True


class FaultsMiddleware:
    """Plays the kinds that every service has, in front of the routes."""

    def __init__(self, app: ASGIApp, *, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = service_of(scope["path"]) if scope["type"] == "http" else ""
        if not service:
            await self._app(scope, receive, send)
            return
        _request.set(f"{scope['method']} {scope['path']}")
        slow = self._faults.draw(service, "slow")
        if slow:
            await asyncio.sleep(slow.delay_s)
        if self._faults.draw(service, "reset"):
            await _cut(scope, receive)
        elif fault := self._faults.draw(service, "throttle"):
            await _throttled(service, fault)(scope, receive, send)
        elif fault := self._faults.draw(service, "unavailable"):
            response = error_response(service, 503, "the service is unavailable")
            response.headers["Retry-After"] = f"{fault.retry_after_s:g}"
            await response(scope, receive, send)
        elif self._faults.draw(service, "lost_answer"):
            await self._app(scope, receive, _nowhere)
            await _cut(scope, receive)
        else:
            await self._app(scope, receive, send)


def routes(faults: Faults) -> list[Route]:
    """`GET`, `PUT` (a list; 400 says what is wrong with it) and `DELETE /standins/faults`."""

    def shown() -> JSONResponse:
        return JSONResponse([{**fault.model_dump(), "hits": hits} for fault, hits in faults.all()])

    async def show(_: Request) -> JSONResponse:
        return shown()

    async def put(request: Request) -> JSONResponse:
        try:
            faults.set(_FAULTS.validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_url=False, include_input=False)}, 400)
        return shown()

    async def clear(_: Request) -> JSONResponse:
        faults.set([])
        return shown()

    path = "/standins/faults"
    return [
        Route(path, show, methods=["GET"]),
        Route(path, put, methods=["PUT"]),
        Route(path, clear, methods=["DELETE"]),
    ]


def _throttled(service: str, fault: Fault) -> Response:
    response = error_response(service, 429, "too many requests")
    milliseconds = f"{fault.retry_after_s * 1_000:.0f}"
    if service == "cosmos":
        response.headers["x-ms-retry-after-ms"] = milliseconds
        response.headers["x-ms-substatus"] = "3200"
    else:
        response.headers["Retry-After"] = f"{-(-fault.retry_after_s // 1):.0f}"
    if service == "openai":
        response.headers["retry-after-ms"] = milliseconds
    return response


async def _cut(scope: Scope, receive: Receive) -> None:
    """Cut the connection, and wait until the server has noticed."""
    scope[CUT]()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(message: Message) -> None:
    """Where a lost answer goes."""
