"""A page: what a source reader makes of one fetched resource."""

from dataclasses import dataclass

from lib.domain.documents import Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The main text of a resource, as Markdown, with what is needed to walk on."""

    title: str
    text: str
    """Normalised Markdown: headings, lists, tables, code; no navigation, banner or footer. May be empty."""
    language: str = ""
    media_type: str = "text/html"
    anchors: tuple[Anchor, ...] = ()
    links: tuple[str, ...] = ()
    """Absolute, normalised URLs that the page lets crawlers follow, each once, in order; in scope or not."""
    canonical: str = ""
    """Normalised URL of `link rel=canonical`; empty if absent, invalid, or this page."""
    noindex: bool = False
    published: str = ""
    """When it was published, as the page says; ISO 8601 where that can be read, else empty."""
