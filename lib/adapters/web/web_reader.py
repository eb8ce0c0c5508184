"""Pages over HTTP: what the readers of websites, sitemaps and feeds have in common."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from lib.adapters.files.limited import LimitedParser
from lib.adapters.web.address_guard import Lookup, system_lookup
from lib.adapters.web.background import Emit, iterate
from lib.adapters.web.fetching import Fetching, Raw
from lib.adapters.web.html_page import EXTRACTOR
from lib.adapters.web.http_client import HttpClient
from lib.adapters.web.page_maker import PageMaker
from lib.adapters.web.politeness import Paces, Turns
from lib.adapters.web.rendering import BrowserPlace, Rendering
from lib.adapters.web.robots import Robots, RobotsCache
from lib.adapters.web.secrets import headers_of
from lib.domain.sources import Source
from lib.domain.urls import host, normalise
from lib.errors import BadInput
from lib.ports.clock import Clock
from lib.ports.source_reader import Account, Fetch, Fetched

__all__ = ["EXTRACTOR", "WebReader", "normalised"]

T = TypeVar("T")
VERSION = "0.1"
_MAX_WORKERS = 64


class WebReader:
    """
    Reads pages over HTTP, politely and within bounds.

    What hosts ask of us (robots.txt, crawl-delay, Retry-After) is remembered as long as the reader lives. `timeout_s`
    bounds the time one page takes on the wire, redirects and retries included, and also the longest wait for a turn at
    a host; what would have to wait longer fails with `retry_after_s`. `max_bytes` bounds a page after inflation.
    `concurrency` is per host. `lookup` resolves names, and `seconds` measures pauses; tests pass their own.
    """

    def __init__(
        self,
        *,
        contact: str,
        timeout_s: float,
        max_bytes: int,
        concurrency: int,
        clock: Clock,
        parser: LimitedParser,
        browser: BrowserPlace | None = None,
        lookup: Lookup = system_lookup,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        contact = "".join(char for char in contact if char.isprintable() and char.isascii()).strip()
        self._user_agent = f"Plumbline/{VERSION} (+{contact})" if contact else f"Plumbline/{VERSION}"
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._concurrency = concurrency
        self._clock = clock
        self._lookup = lookup
        self._paces = Paces(seconds)
        self._robots = RobotsCache(clock)
        self._maker = PageMaker(parser)
        self._rendering = Rendering(
            user_agent=self._user_agent,
            timeout_s=timeout_s,
            max_bytes=max_bytes,
            lookup=lookup,
            place=browser or BrowserPlace(),
        )

    def close(self) -> None:
        """End the browsers; reading goes on to work."""
        self._rendering.close()

    def forget_rules(self) -> None:
        """Read every robots.txt anew when it is next needed: a crawl begins."""
        self._robots.forget()

    def stream(
        self,
        source: Source,
        produce: Callable[[HttpClient, Robots, Emit[T]], Awaitable[None]],
        *,
        account: Account,
    ) -> Generator[T, None, None]:
        """
        Do asynchronous work with the client and the rules of a source, and yield what it emits, as it comes.

        One result waits while another is worked on. Nothing is asked for before the first `next`. Closing the iterator
        ends the work and waits for its clean-up. What the work raises is raised here; what it took is in `account`.
        """

        async def work(emit: Emit[T]) -> None:
            async with self._client(source, account) as client:
                await produce(client, Robots(client, self._robots), emit)

        return iterate(work, room=1)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """Fetch pages side by side and yield each result as it comes."""
        if not fetches:
            return
        source, headers = normalised(source), headers_of(source)

        async def produce(emit: Emit[Raw]) -> None:
            async with self._client(source, Account()) as client:  # each result says what it took
                fetching = Fetching(
                    client=client,
                    robots=Robots(client, self._robots),
                    source=source,
                    max_bytes=self._max_bytes,
                    now=lambda: self._clock.now().isoformat(),
                    own_headers=headers,
                )
                await self._fetch_all(fetching, fetches, emit)

        results = iterate(produce, room=2 * self._concurrency)
        try:
            for raw in results:
                result = self._maker.finished(raw, source)
                yield replace(result, rest_s=self._paces.rest_s(_host(result.final_url or result.url)))
        finally:
            results.close()

    @asynccontextmanager
    async def _client(self, source: Source, account: Account) -> AsyncIterator[HttpClient]:
        turns = Turns(self._paces, concurrency=self._concurrency, patience_s=self._timeout_s)
        async with HttpClient(
            user_agent=self._user_agent,
            timeout_s=self._timeout_s,
            turns=turns,
            paces=self._paces,
            clock=self._clock,
            lookup=self._lookup,
            allow_private=source.allow_private_network,
            account=account,
        ) as client:
            yield client

    async def _fetch_all(self, fetching: Fetching, fetches: Sequence[Fetch], emit: Emit[Raw]) -> None:
        by_host: dict[str, deque[Fetch]] = defaultdict(deque)
        for fetch in fetches:
            by_host[_host(fetch.url)].append(fetch)

        async def work(waiting: deque[Fetch]) -> None:
            while waiting:
                await emit(await self._rendering.fetch(waiting.popleft(), fetching))

        places = max(1, min(self._concurrency, _MAX_WORKERS // len(by_host)))
        async with asyncio.TaskGroup() as group:
            for waiting in by_host.values():
                for _ in range(min(places, len(waiting))):
                    group.create_task(work(waiting))


def _host(url: str) -> str:
    """The host that is asked for a URL; empty for what cannot be asked for."""
    normal = normalise(url)
    return host(normal) if normal else ""


def normalised(source: Source) -> Source:
    """
    The source with start URLs as they are compared: scope is said in terms of them.

    Raises: BadInput if one of them cannot be fetched.
    """
    starts = []
    for url in source.start:
        normal = normalise(url)
        if normal is None:
            raise BadInput(f"start URL {url!r} of source {source.id!r} cannot be fetched: correct its `start`")
        starts.append(normal)
    return replace(source, start=tuple(starts))
