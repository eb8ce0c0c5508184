"""One connection of the proxy's client: a request is read, judged, and its host's answer handed through."""

import asyncio
import logging
import socket
import struct
from collections.abc import Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field

from lib.adapters.web.proxy_policy import Ledger, Limits, NotForwarded, Policy, Traffic
from lib.adapters.web.proxy_wire import MAX_HEAD_BYTES, Request, answered, parse_request, refusal

logger = logging.getLogger(__name__)

_PIECE_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds."""
_OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class _CutOff(Exception):
    """More bytes than one connection may carry."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """Serves one request on one connection of a client. Nothing is sent to a host before its addresses are checked."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    policy: Policy
    limits: Limits
    ledger: Ledger
    threads: Executor
    _traffic: Traffic = field(default_factory=Traffic)
    _deadline: float = 0.0
    _timer: asyncio.Timeout | None = None
    _carried: int = 0
    _is_answering: bool = False
    """The host's answer has begun: an error can no longer be told, only be cut off."""

    async def serve(self) -> None:
        """Serve the request. Never raises for what clients and hosts do."""
        self._deadline = asyncio.get_running_loop().time() + self.limits.connection_s
        is_clean = False
        try:
            async with asyncio.timeout(self.limits.connect_s) as self._timer:
                request = await self._request()
                self._traffic = self.ledger.of(request.host)
                await self._forward(request)
                is_clean = True
        except NotForwarded as error:
            is_clean = await self._say(error)
        except _CutOff:
            self._traffic.refusals += 1
            self._traffic.last_reason = f"more than {self.limits.connection_bytes:,} bytes"
        except TimeoutError:
            is_clean = await self._say(NotForwarded(504, "took too long"))
        except OSError:
            is_clean = await self._say(NotForwarded(502, "the connection broke"))
        except asyncio.IncompleteReadError:
            pass  # the client went away
        finally:
            await _end(self.writer, is_clean=is_clean)

    async def _request(self) -> Request:
        try:
            return parse_request(await self.reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError as error:
            raise NotForwarded(400, f"a head of more than {MAX_HEAD_BYTES:,} bytes") from error

    async def _forward(self, request: Request) -> None:
        self._traffic.requests += 1
        if self.policy.block is not None and not request.is_tunnel and self.policy.block(request.url):
            raise NotForwarded(403, "blocked")
        if request.body_bytes > self.limits.connection_bytes:
            raise NotForwarded(403, "the body is too large")
        upstream, to_host = await self._connect(request)
        is_clean = False
        try:
            if request.is_tunnel:
                await self._tunnel(upstream, to_host)
            else:
                await self._exchange(request, upstream, to_host)
            is_clean = True
        finally:
            await _end(to_host, is_clean=is_clean)

    async def _connect(self, request: Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to one of the addresses that were checked: they are literals, so nothing is looked up again."""
        addresses = await self.policy.addresses(
            request.host, request.port, self.threads, timeout_s=self.limits.connect_s
        )
        for address in addresses:
            self._extend(self.limits.connect_s + 1)
            with suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(self.limits.connect_s):
                    return await asyncio.open_connection(address, request.port, limit=MAX_HEAD_BYTES)
        raise NotForwarded(502, "no connection to the host")

    async def _tunnel(self, upstream: asyncio.StreamReader, to_host: asyncio.StreamWriter) -> None:
        self.writer.write(_OPENED)
        self._is_answering = True
        await _first(self._pump(upstream, self.writer), self._pump(self.reader, to_host))

    async def _exchange(self, request: Request, upstream: asyncio.StreamReader, to_host: asyncio.StreamWriter) -> None:
        to_host.write(request.forwarded())
        left = request.body_bytes
        while left:
            piece = await self.reader.read(min(left, _PIECE_BYTES))
            if not piece:
                return
            left -= len(piece)
            await self._hand_on(piece, to_host)
        await _first(self._answer(upstream), self._gone())

    async def _answer(self, upstream: asyncio.StreamReader) -> None:
        status = 100
        while status < 200:  # interim answers are for the hop that asked for them
            try:
                status, head = answered(await upstream.readuntil(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise NotForwarded(502, "the host's answer is not understandable as HTTP") from error
            if status == 101:
                raise NotForwarded(502, "the host changed protocols unasked")
        self._is_answering = True
        await self._hand_on(head, self.writer)
        await self._pump(upstream, self.writer)

    async def _gone(self) -> None:
        """Wait for the client to leave; what it sends beyond its request is dropped."""
        while await self.reader.read(_PIECE_BYTES):
            pass

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._extend(self.limits.idle_s)
        while piece := await source.read(_PIECE_BYTES):
            await self._hand_on(piece, sink)

    async def _hand_on(self, piece: bytes, sink: asyncio.StreamWriter) -> None:
        self._carried += len(piece)
        self._traffic.size_bytes += len(piece)
        if self._carried > self.limits.connection_bytes:
            raise _CutOff
        self._extend(self.limits.idle_s)
        sink.write(piece)
        await sink.drain()

    def _extend(self, seconds: float) -> None:
        """Give the exchange so much time from now on, but none beyond its deadline."""
        if self._timer is not None:
            self._timer.reschedule(min(asyncio.get_running_loop().time() + seconds, self._deadline))

    async def _say(self, error: NotForwarded) -> bool:
        """Answer with the reason, if it can still be said; True if it was."""
        self._traffic.last_reason, self._traffic.is_refused = error.reason, error.status == 403
        if self._traffic.is_refused:
            self._traffic.refusals += 1
            logger.info("refused to forward reason=%s", error.reason)
        if self._is_answering:
            return False
        with suppress(OSError):
            async with asyncio.timeout(self.limits.connect_s):
                self.writer.write(refusal(error))
                await self.writer.drain()
        return True


async def _first(*works: Coroutine[None, None, None]) -> None:
    """Wait for the first to end, and end the others. Raises: what the first raised."""
    both = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    for task in done:
        task.result()


async def _end(writer: asyncio.StreamWriter, *, is_clean: bool) -> None:
    if not is_clean:  # by a reset: the other side must not take what it has for the whole
        if (held := writer.get_extra_info("socket")) is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
    writer.close()
    with suppress(OSError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    if not writer.transport.is_closing():
        writer.transport.abort()
