"""HTML that is there already, as a page."""

from lib.adapters.web.html_page import read_html
from lib.domain.pages import Page


def extract_html(html: str, url: str) -> Page:
    """Main text of an HTML page that is there already, as Markdown."""
    return read_html(html.encode("utf-8", "replace"), url=url, content_type="text/html; charset=utf-8")
