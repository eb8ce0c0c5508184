"""HTTP triggers: uvicorn on the host's event loop, and the hand-over from a request to its function."""

import asyncio
import errno
import logging
import socket
import sys
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import uvicorn
from fastapi.encoders import jsonable_encoder
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from lib.errors import AlreadyRunning, BadInput
from local.host.functions import Function
from local.host.invocation import Activity, Invoker, log_failure
from local.host.routes import Routes

MAX_HEADER_BYTES = 64 * 1024
KEEP_ALIVE_S = 30
START_S = 10
"""Longest wait until the server says that it listens, seconds."""


class Dispatcher:
    """The ASGI application: finds the function of a request, calls it and sends what it returns."""

    def __init__(self, routes: Routes, *, invoker: Invoker, activity: Activity) -> None:
        self._routes = routes
        self._invoker = invoker
        self._activity = activity
        self.is_stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = self._routes.match(scope["method"], scope["path"])
        if match is None:
            await Response(status_code=404)(scope, receive, send)
            return
        function, scope["path_params"] = match
        with self._activity.of_one():
            try:
                response = await self._answer(function, Request(scope, receive))
                await response(scope, receive, send)
            except ClientDisconnect:
                return
            except asyncio.CancelledError:
                if not self.is_stopping:
                    raise
            except Exception as error:  # noqa: BLE001 - it had begun to answer: the client sees a cut connection
                log_failure(function, error, f"path={scope['path']}")

    async def _answer(self, function: Function, request: Request) -> Response:
        try:
            answer = await self._invoker.answer(function, request)
            if answer is None:
                raise TypeError("an HTTP function must return a response, not None")
        except HTTPException as error:
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        except Exception as error:  # noqa: BLE001 - whatever a function raises is a 500, as in Azure
            log_failure(function, error, f"method={request.method} path={request.url.path}")
            return PlainTextResponse("Internal Server Error", 500)
        return answer if isinstance(answer, Response) else JSONResponse(jsonable_encoder(answer))


def bind(address: str, port: int) -> socket.socket:
    """Take the port. Raises: AlreadyRunning if somebody else has it, BadInput if it cannot be had at all."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio turns off Nagle's delays (40 ms an answer) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":  # there, SO_REUSEADDR would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(2_048)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", None)}:
            raise AlreadyRunning(
                f"port {port} on {address} is taken by another program: stop that one, or choose another port "
                f"with --port N"
            ) from error
        raise BadInput(f"cannot listen on {address} port {port}: {error}: choose another port with --port N") from error
    listener.setblocking(False)
    return listener


class HttpServer:
    """uvicorn on a loop that runs elsewhere: off the main thread it installs no signal handlers."""

    def __init__(self, dispatcher: Dispatcher, listener: socket.socket, *, loop: asyncio.AbstractEventLoop) -> None:
        self._dispatcher = dispatcher
        self._listener = listener
        self._loop = loop
        self._server = uvicorn.Server(
            uvicorn.Config(
                dispatcher,
                http="h11",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            )
        )
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._served: Future[Any] | None = None

    def start(self) -> None:
        self._served = asyncio.run_coroutine_threadsafe(self._server.serve(sockets=[self._listener]), self._loop)
        asyncio.run_coroutine_threadsafe(self._until_started(), self._loop).result(START_S)

    async def _until_started(self) -> None:
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has a flag for it, no event
            await asyncio.sleep(0.001)

    def stop_taking(self, *, grace_s: float) -> None:
        """Take no new connections; requests that run have that long to finish."""
        self._dispatcher.is_stopping = True
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_s))
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # cut connections are meant to be cut
        self._server.should_exit = True

    def finish(self, timeout_s: float) -> bool:
        """Wait for the running requests; what is still connected after that is cut off."""
        try:
            if self._served:
                self._served.result(timeout_s)
            asyncio.run_coroutine_threadsafe(self._cut_off(), self._loop).result(START_S)
        except FutureTimeoutError:
            return False
        finally:
            self._listener.close()
        return True

    async def _cut_off(self) -> None:
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # transports close in the loop's next turn
        await asyncio.sleep(0)
