"""What a listing brings along, as if it had been fetched."""

import logging
from dataclasses import replace

from lib.adapters.web.inline_text import clean
from lib.adapters.web.selectors import AUTOMATIC, Selectors, html_reader
from lib.adapters.web.text_page import read_markdown
from lib.domain.pages import Page
from lib.errors import BadInput
from lib.ports.source_reader import Fetched
from lib.redaction import redacted

logger = logging.getLogger(__name__)

_UTF8 = "text/html; charset=utf-8"
_MAX_TITLE_CHARS = 300


def brought(
    url: str,
    *,
    html: str,
    text: str,
    title: str,
    published: str,
    raw_hash: str,
    fetched_at: str,
    requests: int = 0,
    size_bytes: int = 0,
    selectors: Selectors = AUTOMATIC,
) -> Fetched:
    """
    Make a page of an entry's or item's own HTML, or else of its text, which may be Markdown.

    selectors: what to take of the HTML.
    Where it is and what else there is, its listing says: links and canonical addresses in it are not followed.
    Edge: what cannot be read is `refused`, with the reason; no content gives a page without text.
    """
    result = Fetched(
        url=url,
        outcome="page",
        final_url=url,
        status=200,
        raw_hash=raw_hash,
        fetched_at=fetched_at,
        requests=requests,
        size_bytes=size_bytes,
    )
    try:
        page = _page(url, html, text, selectors)
    except BadInput as error:
        return replace(result, outcome="refused", reason=str(error), rule="type")
    except Exception as error:  # noqa: BLE001 - hostile text in third-party parsers: one page fails alone
        logger.warning("cannot read page url=%s error=%s", redacted(url), type(error).__name__)
        reason = f"cannot be read: {type(error).__name__}"
        return replace(result, outcome="refused", reason=reason, rule="type")
    title = clean(title)[:_MAX_TITLE_CHARS] or page.title
    page = replace(page, title=title, published=published or page.published, links=(), canonical="")
    return replace(result, page=page)


def _page(url: str, html: str, text: str, selectors: Selectors) -> Page:
    if html.strip():
        return html_reader(selectors)(f"<main>{html}</main>".encode("utf-8", "replace"), url=url, content_type=_UTF8)
    return read_markdown(text.encode("utf-8", "replace"), url=url, content_type=_UTF8)
