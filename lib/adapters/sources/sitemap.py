"""Sitemaps: the pages that they list, and nothing else."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain

from lib.adapters.sources.listing import Listing, sendable_headers, with_cursor
from lib.adapters.sources.sitemap_files import Memory, SitemapFiles, cursor_of, memory_of
from lib.adapters.sources.tools import Tools
from lib.adapters.web.background import Emit
from lib.adapters.web.http_client import HttpClient
from lib.adapters.web.robots import Robots
from lib.adapters.web.sitemaps import MAX_BYTES
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.ports.source_reader import Account, Discovery, Fetch, Fetched, Found


def build(tools: Tools) -> "Sitemap":
    """The reader of this kind."""
    return Sitemap(tools.web)


class Sitemap:
    """
    Follows index files; a page's `lastmod` is its stamp, and each file is a part of the listing.

    The cursor keeps the validators of all files, and which files an index lists: where an index is as it was, its files
    are asked for all the same.
    """

    extractor = EXTRACTOR

    def __init__(self, web: WebReader) -> None:
        self._web = web

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        self._web.forget_rules()
        source, account = normalised(source), Account()
        found = self._found(source, memory_of(since), sendable_headers(source), account)
        return Discovery(found=found, account=account)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        return self._web.read(source, fetches)

    def _found(
        self, source: Source, before: Memory, headers: Mapping[str, str], account: Account
    ) -> Generator[Found, None, None]:
        memory: Memory = {}

        async def ask(client: HttpClient, robots: Robots, emit: Emit[list[Found]]) -> None:
            listing = Listing(client=client, robots=robots, source=source, max_bytes=MAX_BYTES, headers=headers)
            files = SitemapFiles(listing=listing, source=source, before=before, memory=memory, account=account)
            await files.run(emit)

        with closing(self._web.stream(source, ask, account=account)) as files:
            yield from with_cursor(chain.from_iterable(files), lambda: cursor_of(memory))
