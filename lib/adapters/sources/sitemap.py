"""Sitemaps: the pages that they list, and nothing else."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lib.adapters.sources.tools import Tools
from lib.adapters.web.http_client import HttpClient
from lib.adapters.web.robots import Robots
from lib.adapters.web.seeding import Seeding
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.ports.source_reader import Discovery, Fetch, Fetched, Found


def build(tools: Tools) -> "Sitemap":
    """The reader of this kind."""
    return Sitemap(tools.web)


class Sitemap:
    """Follows index files; a page's `lastmod` is its stamp."""

    extractor = EXTRACTOR

    def __init__(self, web: WebReader) -> None:
        self._web = web

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        self._web.forget_rules()
        source = normalised(source)

        async def work(client: HttpClient, robots: Robots) -> tuple[dict[str, str], Counter[str]]:
            seeding = Seeding(client=client, robots=robots, source=source)
            return await seeding.pages(), seeding.refused

        pages, refused = self._web.run(source, work)
        return Discovery(found=iter([Found(url=url, stamp=stamp) for url, stamp in pages.items()]), refused=refused)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        return self._web.read(source, fetches)
