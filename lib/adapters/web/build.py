"""The reader of websites, from the settings."""

from lib.adapters.web.html_page import read_html
from lib.adapters.web.web_reader import WebReader
from lib.domain.pages import Page
from lib.ports.clock import Clock
from lib.settings import Settings


def build_reader(settings: Settings, *, clock: Clock) -> WebReader:
    """A reader for all sources of one process."""
    return WebReader(
        contact=settings.contact,
        timeout_s=settings.fetch_timeout_s,
        max_bytes=settings.fetch_max_bytes,
        concurrency=settings.fetch_concurrency,
        clock=clock,
    )


def extract_html(html: str, url: str) -> Page:
    """Main text of an HTML page that is there already, as Markdown."""
    return read_html(html.encode("utf-8", "replace"), url=url, content_type="text/html; charset=utf-8")
