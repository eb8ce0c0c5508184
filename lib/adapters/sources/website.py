"""Websites: pages that lead to pages."""

from collections.abc import Iterator, Sequence

from lib.adapters.sources.tools import Tools
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.ports.source_reader import Discovery, Fetch, Fetched, Found


def build(tools: Tools) -> "Website":
    """The reader of this kind."""
    return Website(tools.web)


class Website:
    """Starts at the start URLs; what else there is, links tell."""

    extractor = EXTRACTOR

    def __init__(self, web: WebReader) -> None:
        self._web = web

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        self._web.forget_rules()
        return Discovery(found=iter([Found(url=url) for url in dict.fromkeys(normalised(source).start)]))

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        return self._web.read(source, fetches)
