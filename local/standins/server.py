"""uvicorn with TLS, which can also cut a connection."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local.standins.certificate import Certificate
from local.standins.faults import CUT

GRACE_S = 2


def bind(port: int) -> socket.socket:
    """Listen on 127.0.0.1; 0 takes any port. Raises: OSError if the port is taken."""
    # asyncio turns off Nagle's delays (40 ms an answer) only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


class CuttableConnections:
    """Leaves in the scope of each request the function that cuts its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender: Any = send  # a method of uvicorn's cycle of request and response, which knows the connection
        scope[CUT] = sender.__self__.transport.abort
        await self._app(scope, receive, send)


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, app: ASGIApp, certificate: Certificate, *, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                CuttableConnections(app),
                http="h11",
                ws="none",
                lifespan="off",
                access_log=False,
                log_level="warning",
                server_header=False,
                ssl_certfile=certificate.chain,
                ssl_keyfile=certificate.key,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=60,
            )
        )
        self._on_start = started

    async def startup(self, sockets: list[socket.socket] | None = None, **more: Any) -> None:
        await super().startup(sockets=sockets, **more)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests in flight have their grace; a client that keeps an idle connection open is not waited for."""
        watch = asyncio.create_task(self._leave_when_idle())
        try:
            await super().shutdown(sockets=sockets)
        finally:
            watch.cancel()

    async def _leave_when_idle(self) -> None:
        await asyncio.sleep(0.1)
        while self.server_state.tasks:  # noqa: ASYNC110 - uvicorn has a set for it, no event
            await asyncio.sleep(0.02)
        self.force_exit = True
