"""Plain text and Markdown to a page, as they are."""

import re

from lib.adapters.web import charsets
from lib.adapters.web.inline_text import clean, clean_lines
from lib.adapters.web.page_head import last_segment
from lib.domain.pages import Page

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?! )(.{1,200})\n(?:={3,}|-{3,})[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_BLANK_LINES = re.compile(r"\n{3,}")


def read_text(body: bytes, *, url: str, content_type: str = "") -> Page:
    """Make a page of plain text: its paragraphs and lines stay; the title is the last segment of the URL."""
    text = _BLANK_LINES.sub("\n\n", clean_lines(charsets.decode(body, content_type)))
    return Page(title=last_segment(url), text=text, media_type="text/plain")


def read_markdown(body: bytes, *, url: str, content_type: str = "") -> Page:
    """Make a page of Markdown: front matter goes, the title is the first heading, else the last segment of the URL."""
    text = _FRONT_MATTER.sub("", clean_lines(charsets.decode(body, content_type)) + "\n").strip("\n")
    found = min(
        (m for m in (_HEADING.search(text), _UNDERLINED.search(text)) if m), key=lambda m: m.start(), default=None
    )
    title = clean(found[found.re.groups])[:300] if found else ""
    return Page(title=title or last_segment(url), text=text, media_type="text/markdown")
