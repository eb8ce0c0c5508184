"""DOCX to pages, by way of HTML."""

import re
from io import BytesIO

from lib.adapters.files.containers import read_entry
from lib.adapters.files.kinds import MEDIA_TYPES
from lib.adapters.files.office_properties import read_properties, stated_language
from lib.adapters.web.html_page import parse
from lib.adapters.web.html_survey import survey
from lib.adapters.web.main_content import whole_page
from lib.adapters.web.markdown import render
from lib.domain.pages import Page

_STYLES = "p[style-name='Title'] => h1.title:fresh\np[style-name='Subtitle'] => p:fresh"
_LANGUAGE = re.compile(r'<w:lang\b[^>]*?\sw:val="([^"]{2,20})"')
_HEADING = re.compile(r"<(/?)h([0-5])>")
_TITLE = re.compile(r'<h1 class="title">(.*?)</h1>', re.DOTALL)
_NOTE = re.compile(r'<sup><a href="#[^"]*note-[^"]*" id="[^"]*note-ref-[^"]*">(\[\d+\])</a></sup>')
_BACK = re.compile(r'\s*<a href="#[^"]*note-ref-[^"]*">↑</a>')
_FIRST_ROW = re.compile(r"<table><tr>(.*?)</tr>", re.DOTALL)
_EMPTY_CELL = re.compile(r"<td[^>]*>(?:\s|<p>|</p>|<br />)*</td>")
_CELL = re.compile(r"<(/?)td\b")


def read_docx(body: bytes) -> Page:
    """
    Make a page of a Word file; its title is empty if neither its properties nor a heading state one.

    Under a title paragraph headings go one level down. A table's first row is its header if no cell of it is empty.
    Footnotes and endnotes stand at the end, numbered; `[1]` refers to them. Pictures are left out.
    Not known: page numbers (Word computes them when it shows a file), headers and footers.
    """
    import mammoth

    html = mammoth.convert_to_html(
        BytesIO(body),
        style_map=_STYLES,
        include_embedded_style_map=False,
        convert_image=lambda _image: [],
    ).value
    tree = parse(f"<html><body>{_as_read(html)}</body></html>")
    found = None if tree is None else tree.find("body")
    said = read_properties(body)
    if found is None:
        return Page(title=said.title, text="", media_type=MEDIA_TYPES["docx"])
    page = survey(found)  # without find_main_content: a document has no clutter around its text
    markdown = render(whole_page(page).root, page, keeps_links=True)
    language = _LANGUAGE.search(read_entry(body, "word/styles.xml"))
    return Page(
        title=said.title or next((text for _, text in markdown.headings), ""),
        text=markdown.text,
        language=said.language or (stated_language(language[1]) if language else ""),
        media_type=MEDIA_TYPES["docx"],
    )


def _as_read(html: str) -> str:
    """Change what mammoth writes so that it reads as on paper: its tags are known, all text in it is escaped."""
    html, titles = _TITLE.subn(r"<h0>\1</h0>", html)
    if titles:
        html = _HEADING.sub(lambda m: f"<{m[1]}h{int(m[2]) + 1}>", html)
    html = _BACK.sub("", _NOTE.sub(r"\1", html))
    return _FIRST_ROW.sub(_header_row, html)


def _header_row(row: re.Match[str]) -> str:
    if "<table" in row[1] or _EMPTY_CELL.search(row[1]):
        return row[0]
    cells = _CELL.sub(r"<\1th", row[1])
    return f"<table><tr>{cells}</tr>"
