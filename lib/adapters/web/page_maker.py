"""Fetched bodies to pages, whatever they are; a body that cannot be read is refused, with the reason."""

import logging
from dataclasses import replace
from urllib.parse import unquote

from lib.adapters.files.limited import LimitedParser
from lib.adapters.web.fetching import Raw
from lib.adapters.web.page_head import canonical_of_headers, directives_of_headers
from lib.adapters.web.selectors import Selectors, html_reader
from lib.adapters.web.text_page import read_markdown, read_text
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.errors import BadInput
from lib.ports.source_reader import Fetched
from lib.redaction import redacted

logger = logging.getLogger(__name__)


class PageMaker:
    """Makes pages of what was fetched: HTML, plain text and Markdown here, files in a limited process."""

    def __init__(self, parser: LimitedParser) -> None:
        self._parser = parser

    def finished(self, raw: Raw, source: Source) -> Fetched:
        """Make the page of a fetched body. A body that cannot be read is refused, with the reason."""
        if raw.reply is None:
            return raw.fetched
        try:
            page = self._page(raw, source)
        except BadInput as error:
            return replace(raw.fetched, outcome="refused", reason=str(error), rule="type")
        except Exception as error:  # noqa: BLE001 - hostile bytes in third-party parsers: one page fails alone
            logger.warning("cannot read page url=%s error=%s", redacted(raw.fetched.url), type(error).__name__)
            # Perhaps it is our fault: no document is lost for it.
            return replace(raw.fetched, outcome="failed", reason=f"cannot be read: {type(error).__name__}")
        if len(page.text) > MAX_TEXT_CHARS:
            reason = f"its text has {len(page.text):,} characters, more than {MAX_TEXT_CHARS:,}"
            return replace(raw.fetched, outcome="refused", reason=reason, rule="size")
        return replace(raw.fetched, page=page)

    def _page(self, raw: Raw, source: Source) -> Page:
        assert raw.reply is not None
        body, content_type, url = raw.reply.body, raw.reply.content_type, raw.fetched.final_url
        robots, links = raw.reply.headers.getall("X-Robots-Tag", []), raw.reply.headers.getall("Link", [])
        if raw.kind == "html":
            read = html_reader(Selectors.of(source))
            return read(body, url=url, content_type=content_type, robots_headers=robots, link_headers=links)
        if raw.kind == "file":
            name = unquote(url.partition("?")[0].rpartition("/")[2])
            page = self._parser.parse(body, name=name, url=url, media_type=content_type)
        else:
            read_plain = read_markdown if raw.kind == "markdown" else read_text
            page = read_plain(body, url=url, content_type=content_type)
        noindex = directives_of_headers(robots).noindex
        canonical = canonical_of_headers(links, url)
        return replace(page, noindex=noindex, canonical=canonical, text="" if noindex else page.text, links=())
