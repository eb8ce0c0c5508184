"""The source reader of websites and sitemaps."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from lib.adapters.web.address_guard import Lookup, system_lookup
from lib.adapters.web.background import Emit, iterate
from lib.adapters.web.fetching import Fetching, Raw
from lib.adapters.web.html_page import EXTRACTOR, read_html
from lib.adapters.web.http_client import HttpClient
from lib.adapters.web.page_head import canonical_of_headers, directives_of_headers
from lib.adapters.web.politeness import Paces, Turns
from lib.adapters.web.robots import Robots, RobotsCache
from lib.adapters.web.seeding import Seeding
from lib.adapters.web.text_page import read_markdown, read_text
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.domain.urls import host, normalise
from lib.errors import BadInput
from lib.ports.clock import Clock
from lib.ports.source_reader import Fetch, Fetched

__all__ = ["EXTRACTOR", "WebReader"]

logger = logging.getLogger(__name__)

VERSION = "0.1"
_MAX_WORKERS = 64


class WebReader:
    """
    Reads sources of kind `website` and `sitemap` over HTTP.

    What hosts ask of us (robots.txt, crawl-delay, Retry-After) is remembered as long as the reader lives. `timeout_s`
    bounds the time one page takes on the wire, redirects and retries included, and also the longest wait for a turn at
    a host; what would have to wait longer fails with `retry_after_s`. `max_bytes` bounds a page after inflation.
    `concurrency` is per host. `lookup` resolves names; tests pass their own.
    """

    def __init__(
        self,
        *,
        contact: str,
        timeout_s: float,
        max_bytes: int,
        concurrency: int,
        clock: Clock,
        lookup: Lookup = system_lookup,
    ) -> None:
        contact = "".join(char for char in contact if char.isprintable() and char.isascii()).strip()
        self._user_agent = f"Plumbline/{VERSION} (+{contact})" if contact else f"Plumbline/{VERSION}"
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._concurrency = concurrency
        self._clock = clock
        self._lookup = lookup
        self._paces = Paces()
        self._robots = RobotsCache(clock)

    def seeds(self, source: Source) -> list[str]:
        """Start URLs of a website, or what its sitemaps list. Raises: Unreachable, BadInput."""
        self._robots.forget()
        source = _normalised(source)
        if source.kind != "sitemap":
            return list(dict.fromkeys(source.start))

        async def produce(emit: Emit[list[str]]) -> None:
            async with self._client(source) as client:
                seeding = Seeding(client=client, robots=Robots(client, self._robots), source=source)
                await emit(await seeding.pages())

        return next(iterate(produce, room=1))

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """Fetch pages side by side and yield each result as it comes."""
        if not fetches:
            return
        source = _normalised(source)

        async def produce(emit: Emit[Raw]) -> None:
            async with self._client(source) as client:
                fetching = Fetching(
                    client=client,
                    robots=Robots(client, self._robots),
                    source=source,
                    max_bytes=self._max_bytes,
                    now=lambda: self._clock.now().isoformat(),
                )
                await self._fetch_all(fetching, fetches, emit)

        results = iterate(produce, room=2 * self._concurrency)
        try:
            for raw in results:
                yield _finished(raw)
        finally:
            results.close()

    @asynccontextmanager
    async def _client(self, source: Source) -> AsyncIterator[HttpClient]:
        turns = Turns(self._paces, concurrency=self._concurrency, patience_s=self._timeout_s)
        async with HttpClient(
            user_agent=self._user_agent,
            timeout_s=self._timeout_s,
            turns=turns,
            paces=self._paces,
            clock=self._clock,
            lookup=self._lookup,
            allow_private=source.allow_private_network,
        ) as client:
            yield client

    async def _fetch_all(self, fetching: Fetching, fetches: Sequence[Fetch], emit: Emit[Raw]) -> None:
        by_host: dict[str, deque[Fetch]] = defaultdict(deque)
        for fetch in fetches:
            normal = normalise(fetch.url)
            by_host[host(normal) if normal else ""].append(fetch)

        async def work(waiting: deque[Fetch]) -> None:
            while waiting:
                await emit(await fetching.fetch(waiting.popleft()))

        places = max(1, min(self._concurrency, _MAX_WORKERS // len(by_host)))
        async with asyncio.TaskGroup() as group:
            for waiting in by_host.values():
                for _ in range(min(places, len(waiting))):
                    group.create_task(work(waiting))


def _normalised(source: Source) -> Source:
    """The source with start URLs as they are compared: scope is said in terms of them."""
    starts = []
    for url in source.start:
        normal = normalise(url)
        if normal is None:
            raise BadInput(f"start URL {url!r} of source {source.id!r} cannot be fetched: correct its `start`")
        starts.append(normal)
    return replace(source, start=tuple(starts))


def _finished(raw: Raw) -> Fetched:
    """Make the page of a fetched body. A body that cannot be read is refused, with the reason."""
    if raw.reply is None:
        return raw.fetched
    try:
        page = _page(raw)
    except BadInput as error:
        return replace(raw.fetched, outcome="refused", reason=str(error))
    except Exception as error:  # noqa: BLE001 - hostile bytes in third-party parsers: one page fails alone
        logger.warning("cannot read page url=%s error=%s", raw.fetched.url, type(error).__name__)
        return replace(raw.fetched, outcome="refused", reason=f"cannot be read: {type(error).__name__}")
    if len(page.text) > MAX_TEXT_CHARS:
        reason = f"its text has {len(page.text):,} characters, more than {MAX_TEXT_CHARS:,}"
        return replace(raw.fetched, outcome="refused", reason=reason)
    return replace(raw.fetched, page=page)


def _page(raw: Raw) -> Page:
    assert raw.reply is not None
    body, content_type, url = raw.reply.body, raw.reply.content_type, raw.fetched.final_url
    robots, links = raw.reply.headers.getall("X-Robots-Tag", []), raw.reply.headers.getall("Link", [])
    if raw.kind == "html":
        return read_html(body, url=url, content_type=content_type, robots_headers=robots, link_headers=links)
    read = read_markdown if raw.kind == "markdown" else read_text
    page = read(body, url=url, content_type=content_type)
    noindex = directives_of_headers(robots).noindex
    canonical = canonical_of_headers(links, url)
    return replace(page, noindex=noindex, canonical=canonical, text="" if noindex else page.text)
