"""CSS selectors of a source, in place of the automatic extraction."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from lib.adapters.web import charsets
from lib.adapters.web.html_page import parse, parseable, read_html
from lib.adapters.web.html_survey import survey
from lib.adapters.web.inline_text import clean
from lib.adapters.web.markdown import render
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.domain.times import iso, parse_date

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_DECLARATIONS = re.compile(r"^(?:\s*<\?[^>]*>)+")
"""Beautiful Soup warns of those of XML, which older pages have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """What of a page is its text, its title and its date; empty ones leave it to the automatic extraction."""

    select: str = ""
    remove: str = ""
    title: str = ""
    published: str = ""

    @classmethod
    def of(cls, source: Source) -> "Selectors":
        """Those of a source."""
        return cls(select=source.select, remove=source.remove, title=source.title, published=source.published)

    def __bool__(self) -> bool:
        return bool(self.select or self.remove or self.title or self.published)


AUTOMATIC = Selectors()
"""Nothing is chosen."""


def html_reader(selectors: Selectors) -> Callable[..., Page]:
    """What makes a page of HTML: `read_html`, or `read_selected` where something is chosen."""
    return partial(read_selected, selectors=selectors) if selectors else read_html


def read_selected(
    body: bytes,
    selectors: Selectors,
    *,
    url: str,
    content_type: str = "",
    robots_headers: Iterable[str] = (),
    link_headers: Iterable[str] = (),
) -> Page:
    """
    Make a page of HTML as `read_html` does, with the text, title and date that the selectors choose.

    Links, language, canonical URL and wishes of robots are those of the whole page. Edge: where `select` matches
    nothing the page has no text; where `title` or `published` match nothing they are found automatically.
    """
    soup = soup_of(body, content_type)
    for unwanted in soup.select(selectors.remove) if selectors.remove else ():
        unwanted.decompose()
    if selectors.remove and not selectors.select:
        body, content_type = soup.encode(), "text/html; charset=utf-8"
    found = read_html(
        body, url=url, content_type=content_type, robots_headers=robots_headers, link_headers=link_headers
    )
    page = replace(found, title=_text(soup, selectors.title) or found.title, published=_date(soup, selectors.published))
    return page if page.noindex or not selectors.select else _with_text(page, soup, selectors.select)


def soup_of(body: bytes, content_type: str = "") -> "BeautifulSoup":
    """
    Parse HTML for selectors.

    Raises: BadInput if it has more tags than can be held.
    """
    from bs4 import BeautifulSoup

    text = parseable(charsets.decode(body, content_type))
    return BeautifulSoup(_DECLARATIONS.sub("", text, count=1), "lxml")


def _with_text(page: Page, soup: "BeautifulSoup", select: str) -> Page:
    matches = soup.select(select)
    names = set(map(id, matches))
    chosen = [element for element in matches if names.isdisjoint(map(id, element.parents))]
    tree = parse("<body>" + "".join(element.decode() for element in chosen) + "</body>") if chosen else None
    if tree is None:
        return replace(page, text="", anchors=())
    markdown = render(tree, survey(tree), keeps_links=True)
    return replace(page, text=markdown.text, anchors=markdown.anchors)


def _text(soup: "BeautifulSoup", selector: str) -> str:
    found = soup.select_one(selector) if selector else None
    return clean(str(found.get("content") or found.get_text(" ")))[:300] if found else ""


def _date(soup: "BeautifulSoup", selector: str) -> str:
    found = soup.select_one(selector) if selector else None
    if found is None:
        return ""
    for said in (found.get("datetime"), found.get("content"), found.get_text(" ")):
        if moment := parse_date(clean(str(said or ""))):
            return iso(moment)
    return ""
