"""One polite, bounded HTTP request: aiohttp with the address guard, limits, quick retries and no redirects."""

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Literal, Self

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from lib.adapters.web.address_guard import AddressRefused, GuardedResolver, Lookup, check
from lib.adapters.web.inflate import CODINGS, Garbled, Inflater, TooLarge
from lib.adapters.web.politeness import Paces, TooSoon, Turns, retry_after_s
from lib.domain.urls import host
from lib.ports.clock import Clock
from lib.ports.source_reader import Account
from lib.redaction import redacted

_RETRIES_S = (0.1, 0.4)
"""Waits before the second and the third try."""
_MAX_DISCARDED_BYTES = 32_768
"""An unwanted body this short is read, so that its connection can be used again."""
_ACCEPT = "text/html,application/xhtml+xml,text/markdown;q=0.9,text/plain;q=0.8,*/*;q=0.1"


class NoPage(Exception):
    """There is no page, for a reason."""

    def __init__(
        self,
        outcome: Literal["refused", "failed", "gone"],
        reason: str,
        *,
        status: int = 0,
        retry_after_s: float = 0,
        rule: str = "",
        is_address: bool = False,
    ) -> None:
        super().__init__(redacted(reason))
        self.outcome, self.reason, self.status, self.retry_after_s = outcome, redacted(reason), status, retry_after_s
        self.rule = "address" if is_address else rule
        """What refused it, in one word for counting."""
        self.is_address = is_address
        """The host itself may not be connected to."""
        self.host = ""
        """Who was asked last, if a listing was asked for."""


class NoAnswer(NoPage):
    """There is no page because the host does not answer as it should."""


@dataclass(slots=True)
class Tally:
    """What one fetch has cost so far."""

    requests: int = 0
    size_bytes: int = 0
    spent_s: float = 0
    """Time on the wire; waiting for a turn is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as received, its body inflated if it was wanted."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes = b""
    is_cut: bool = False
    """There was more body than the limit."""

    @property
    def content_type(self) -> str:
        """The header as sent; empty if absent."""
        return self.headers.get("Content-Type", "")


Wanted = Callable[[int, Mapping[str, str]], bool]
"""From status and headers to whether the body is wanted. May raise NoPage."""


@dataclass(slots=True, kw_only=True)
class HttpClient:
    """Requests of one call; use it as an async context. Never follows redirects, keeps no cookies, uses no proxy."""

    user_agent: str
    timeout_s: float
    turns: Turns
    paces: Paces
    clock: Clock
    lookup: Lookup
    allow_private: bool
    account: Account
    """Everything that the call takes is noted here, too."""
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _session: aiohttp.ClientSession | None = None
    _asked: set[str] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        counting = aiohttp.TraceConfig()
        counting.on_request_headers_sent.append(_count)  # also those that aiohttp sends again by itself
        resolver = GuardedResolver(self.lookup, allow_private=self.allow_private)
        self._stack.push_async_callback(resolver.close)  # aiohttp closes only resolvers of its own
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            limit=0,
            ttl_dns_cache=60,
            socket_factory=self._connectable_socket,
        )
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": self.user_agent, "Accept-Encoding": CODINGS},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=16_384,
                max_field_size=32_768,
                requote_redirect_url=False,
                trace_configs=[counting],
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        rests = {name: self.paces.rest_s(name) for name in self._asked}
        self.account.rests.update({name: rest_s for name, rest_s in rests.items() if rest_s})

    async def get(
        self, url: str, *, tally: Tally, max_bytes: int, wants: Wanted, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """
        Ask for a normalised URL, in turn; again if the connection breaks or the server stumbles or is busy.

        A body above `max_bytes` is cut there and marked so.
        Raises: NoPage.
        """
        problem: NoPage | None = None
        for wait_s in (*_RETRIES_S, None):
            try:
                async with self.turns.turn(host(url)):
                    reply = await self._exchange(url, tally, max_bytes, wants, headers or {})
            except TooSoon as error:
                status, reason = (problem.status, problem.reason) if problem else (0, str(error))
                raise NoPage("failed", reason, status=status, retry_after_s=error.wait_s) from error
            except NoAnswer as error:
                raise self._broken(url, error) from error.__cause__
            except aiohttp.ClientConnectorError as error:
                raise self._broken(url, _connection_problem(error)) from error
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
                is_second = problem is not None  # and aiohttp has tried each twice already
                problem = NoPage("failed", f"the connection broke: {type(error).__name__}")
                if is_second:
                    raise self._broken(url, problem) from error
            else:
                problem = self._problem_of(reply)
                if problem is None:
                    self.paces.answered(host(url))
                    return reply
            if wait_s is None:
                raise self._broken(url, problem)
            if not problem.retry_after_s:
                await asyncio.sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    def _broken(self, url: str, problem: NoPage) -> NoPage:
        """Count a failure of the host itself; after many in a row it is left alone for a while."""
        if problem.outcome == "failed" and not problem.retry_after_s:
            problem.retry_after_s = self.paces.failed(host(url))
        return problem

    def _problem_of(self, reply: Reply) -> NoPage | None:
        status = reply.status
        if status == 429 or (status == 503 and "Retry-After" in reply.headers):
            asked_s = retry_after_s(reply.headers.get("Retry-After", ""), self.clock.now())
            pause_s = self.paces.pause(host(reply.url), asked_s)
            return NoPage("failed", f"HTTP {status}", status=status, retry_after_s=pause_s)
        return NoPage("failed", f"HTTP {status}", status=status) if status >= 500 else None

    async def _exchange(
        self, url: str, tally: Tally, max_bytes: int, wants: Wanted, headers: Mapping[str, str]
    ) -> Reply:
        left_s = self.timeout_s - tally.spent_s
        requests, size_bytes = tally.requests, tally.size_bytes
        self._asked.add(host(url))
        started = time.monotonic()
        try:
            async with asyncio.timeout(max(left_s, 0.001)):
                return await self._ask(url, tally, max_bytes, wants, headers)
        except TimeoutError as error:
            raise NoAnswer("failed", f"took longer than {self.timeout_s:g} s") from error
        except Garbled as error:
            raise NoPage("failed", str(error)) from error
        except aiohttp.ClientResponseError as error:
            raise NoAnswer("failed", f"not understandable as HTTP: {error.message[:120]!r}") from error
        except aiohttp.InvalidURL as error:
            raise NoPage("refused", f"not understandable as HTTP: {type(error).__name__}") from error
        finally:
            tally.spent_s += time.monotonic() - started
            self.account.requests += tally.requests - requests
            self.account.size_bytes += tally.size_bytes - size_bytes

    async def _ask(self, url: str, tally: Tally, max_bytes: int, wants: Wanted, headers: Mapping[str, str]) -> Reply:
        assert self._session is not None
        self._check_literal(url)
        target = URL(url, encoded=True)
        sent = {"Accept": _ACCEPT, **headers}
        async with self._session.get(target, headers=sent, allow_redirects=False, trace_request_ctx=tally) as response:
            tally.size_bytes += 20 + sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
            found = CIMultiDictProxy(CIMultiDict(response.headers))
            if not wants(response.status, found):
                tally.size_bytes += await _discard(response)
                return Reply(url=url, status=response.status, headers=found)
            inflater = Inflater(found.get("Content-Encoding", ""), max_bytes=max_bytes)
            try:
                async for piece in response.content.iter_any():
                    tally.size_bytes += len(piece)
                    inflater.feed(piece)
            except TooLarge:
                response.close()
                return Reply(url=url, status=response.status, headers=found, body=inflater.so_far(), is_cut=True)
            return Reply(url=url, status=response.status, headers=found, body=inflater.finish())

    def _check_literal(self, url: str) -> None:
        name = host(url)
        if ":" in name or name.rpartition(".")[2].isdigit():
            try:
                check(name, allow_private=self.allow_private)
            except AddressRefused as error:
                raise NoPage("refused", str(error), is_address=True) from error

    def _connectable_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The last gate: whatever came here, this address is the one that would be connected to."""
        family, kind, protocol, _, address = info
        check(str(address[0]), allow_private=self.allow_private)
        return socket.socket(family=family, type=kind, proto=protocol)


async def _count(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams) -> None:
    context.trace_request_ctx.requests += 1


def _connection_problem(error: aiohttp.ClientConnectorError) -> NoPage:
    cause = error.os_error
    if isinstance(cause, AddressRefused):
        return NoPage("refused", str(cause), is_address=True)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NoPage("failed", "the host name does not resolve")
    if isinstance(error, aiohttp.ClientSSLError):
        return NoPage("failed", "no secure connection: the certificate or the TLS handshake was not accepted")
    return NoPage("failed", f"no connection: {cause.strerror or type(cause).__name__}")


async def _discard(response: aiohttp.ClientResponse) -> int:
    length = response.content_length
    if length is None or length > _MAX_DISCARDED_BYTES:
        response.close()
        return 0
    return len(await response.content.read(-1))
