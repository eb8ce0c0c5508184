"""The main text of a page as Markdown: headings, paragraphs, lists, tables, code; links as their text."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lxml import etree

from lib.adapters.web import inline_text
from lib.adapters.web.html_blocks import BLOCKS, HEADINGS, Survey
from lib.adapters.web.html_clutter import is_furniture
from lib.adapters.web.html_links import is_signature
from lib.adapters.web.html_tables import render_table
from lib.adapters.web.markdown_pieces import Markdown, Piece, assemble, fragment_of

_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_BREAK, _LINK, _LINK_END = "\ufdd0", "\ufdd1", "\ufdd2"
"""Marks in gathered text; Unicode promises that these are never characters."""
_LINKED = re.compile(f"{_LINK}[^{_LINK_END}]*{_LINK_END}?")
_MAX_HEADING_CHARS = 300
"""Longer ones are paragraphs in large type."""
_ENDS_TERM = frozenset((*_LISTS, *HEADINGS, "dl", "pre", "table", "blockquote"))
_MAX_DEPTH = 12
"""Deeper lists and quotations are not indented any further."""


@dataclass(slots=True)
class _Frame:
    """An open list item or quotation: what its lines begin with."""

    first: str
    rest: str


def render(root: etree._Element, page: Survey, *, keeps_links: bool = False) -> Markdown:
    """
    Render what is below `root`, without what the page's survey removed and, unless `keeps_links`, rows of bare links.

    Links become their text and emphasis its words: this is embedded and searched, and the citation has the URL.
    Headings left without anything below them by a removal go too.
    """
    return _Writer(page, keeps_links=keeps_links).write(root)


class _Writer:
    """Walks the tree once, without recursion, gathering inline text into blocks."""

    def __init__(self, page: Survey, *, keeps_links: bool) -> None:
        self.page = page
        self.keeps_links = keeps_links
        self.removed: AbstractSet[etree._Element] = page.removed
        self.pieces: list[Piece | None] = []
        """None marks where something was left out."""
        self.parts: list[str] = []
        """Inline text gathered so far, with `_BREAK` and the marks of links in it."""
        self.is_marked = False
        self.frames: list[_Frame] = []
        self.counters: list[int] = []
        """Number of the next item of each open list; 0 for bullets."""
        self.term = ""
        self.is_plain = False
        """Inside a heading or a term, where code needs no backticks."""
        self.heading: etree._Element | None = None

    def write(self, root: etree._Element) -> Markdown:
        parts, removed = self.parts, self.removed
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if element in removed and element is not root:
                    self._leave_out(element)
                    walk.skip_subtree()
                elif not self._start(element, element.tag):
                    walk.skip_subtree()
                elif text := element.text:
                    parts.append(text)
            else:
                if element not in removed:
                    self._end(element, element.tag)
                if element is root:
                    break
                if text := element.tail:
                    parts.append(text)
        self._flush()
        self._drop_term()
        return assemble(self.pieces)

    def _leave_out(self, element: etree._Element) -> None:
        if element.tag in BLOCKS or element in self.page.custom_blocks:
            self._flush()
            self.pieces.append(None)

    def _start(self, element: etree._Element, tag: str) -> bool:
        """Open an element; False if it is dealt with, children included."""
        if tag not in BLOCKS:
            return self._start_inline(element, tag)
        if self.heading is not None:
            if not any(part.strip() for part in self.parts):
                return True  # a heading whose text is in a block
            self._end_heading()  # one that was never closed
        if tag == "dt" and self.is_plain:
            self._end_term()  # one that was never closed
        self._flush()
        if self.term and tag in _ENDS_TERM:
            self._drop_term()
        return self._start_block(element, tag)

    def _start_block(self, element: etree._Element, tag: str) -> bool:
        if tag == "pre":
            self._code(element)
            return False
        if tag == "table" and (block := self.page.tables.get(element)) and block.is_data:
            self._table(element)
            return False
        if tag == "li":
            self._open_item(element)
        elif tag == "blockquote":
            self._open("> ", "> ")
        elif tag in _LISTS:
            self.counters.append(_first_number(element) if tag == "ol" else 0)
        elif tag == "dt":
            self.is_plain = True
        elif tag in HEADINGS:
            self.heading = element
            self.is_plain = True
        return True

    def _start_inline(self, element: etree._Element, tag: str) -> bool:
        if tag == "a" and element.get("href") is not None:
            self.parts.append(_LINK)
            self.is_marked = True
        elif tag == "br":
            self.parts.append(_BREAK)
            self.is_marked = True
        elif tag in inline_text.CODE_TAGS and not self.is_plain:
            if len(element) and any(child.tag in BLOCKS for child in element):
                return True
            self.parts.append(inline_text.code_span(element))
            return False
        elif tag == "math":
            self.parts.append(inline_text.formula(element))
            return False
        elif tag == "img":
            self.parts.append(_alternative(element))
            return False
        elif "-" in tag or (tag == "span" and inline_text.is_badge(element)):  # custom elements are blocks or not
            self.parts.append(" ")
        return True

    def _end(self, element: etree._Element, tag: str) -> None:
        if tag not in BLOCKS:
            if tag == "a" and element.get("href") is not None:
                self.parts.append(_LINK_END)
            elif "-" in tag:
                self.parts.append(" ")
            return
        if self.heading is not None:
            if element is self.heading:
                self._end_heading()
        elif tag == "dt":
            self._end_term()
        elif tag == "dd":
            self._flush()
            self._drop_term()
        else:
            self._flush()
            if tag in _LISTS:
                if self.counters:
                    self.counters.pop()
            elif tag == "blockquote" or (tag == "li" and not self._is_section(element)):
                self.frames.pop()

    def _open(self, first: str, rest: str) -> None:
        self.frames.append(_Frame(first, rest) if len(self.frames) < _MAX_DEPTH else _Frame("", ""))

    def _open_item(self, element: etree._Element) -> None:
        if self._is_section(element):
            return
        number = self.counters[-1] if self.counters else 0
        if number:
            self.counters[-1] += 1
        marker = f"{number}. " if number else "- "
        self._open(marker, " " * len(marker))

    def _is_section(self, element: etree._Element) -> bool:
        """A list item with headings is a section laid out as a list: it gets no bullet."""
        block = self.page.item_blocks.get(element)
        return block is not None and block.headings > 0

    def _take_lines(self) -> list[str]:
        if not self.parts:
            return []
        text = "".join(self.parts)
        self.parts.clear()
        if not self.is_marked:
            line = inline_text.clean(text)
            return [line] if line else []
        self.is_marked = False
        lines = []
        for marked in text.split(_BREAK):
            line = inline_text.clean(marked.replace(_LINK, "").replace(_LINK_END, ""))
            if line:
                if _LINK in marked and not self.counters and not self.is_plain and self._is_navigation(marked, line):
                    self.pieces.append(None)
                else:
                    lines.append(line)
        return lines

    def _is_navigation(self, marked: str, line: str) -> bool:
        """Say whether a line is a row of links and nothing else, or a link that is furniture."""
        if self.keeps_links or self.term:
            return False
        count, beside = marked.count(_LINK), "".join(_LINKED.sub("", marked).split())
        is_row = len(beside) <= 2 * count and not is_signature(beside)
        return is_row and (count >= 3 or (len(line) <= 60 and is_furniture(line)))

    def _flush(self) -> None:
        lines = self._take_lines()
        if not lines:
            return
        if self.term:
            lines[0] = f"{self.term} {lines[0]}" if self.term.endswith(":") else f"{self.term}: {lines[0]}"
            self.term = ""
        if lines[0].startswith(("#", "```", "~~~")):
            lines[0] = "\\" + lines[0]
        self._add(lines)

    def _add(self, lines: list[str]) -> None:
        starts_item = any(frame.first != frame.rest for frame in self.frames)
        if self.frames:
            first = "".join(frame.first for frame in self.frames)
            rest = "".join(frame.rest for frame in self.frames)
            for frame in self.frames:
                frame.first = frame.rest
            lines = [first + lines[0], *((rest + line).rstrip() for line in lines[1:])]
        self.pieces.append(Piece("\n".join(lines), starts_item=starts_item, in_list=bool(self.counters)))

    def _end_heading(self) -> None:
        heading, self.heading, self.is_plain = self.heading, None, False
        assert heading is not None
        text = " ".join(self._take_lines())
        if not text:
            return
        self._drop_term()
        if len(text) > _MAX_HEADING_CHARS:
            self._add([text])
        else:
            level = int(heading.tag[1])
            self.pieces.append(Piece(f"{'#' * level} {text}", level=level, fragment=fragment_of(heading)))

    def _end_term(self) -> None:
        self.is_plain = False
        text = " ".join(self._take_lines())
        if not text:
            return
        if self.term and len(self.term) < 200:  # several terms with one definition
            self.term = f"{self.term.removesuffix(':')}, {text}"
        else:
            self._drop_term()
            self.term = text

    def _drop_term(self) -> None:
        """A term that no definition followed stands alone."""
        if self.term:
            term, self.term = self.term, ""
            self._add([term])

    def _code(self, element: etree._Element) -> None:
        self._drop_term()
        code = inline_text.code_block(element)
        if code:
            self._add(code.split("\n"))

    def _table(self, element: etree._Element) -> None:
        caption = element.find("caption")
        if caption is not None and caption not in self.removed:
            self.parts.append(inline_text.flat_text(caption, self.removed))
            self._flush()
        self._drop_term()
        table = render_table(element, self.removed)
        if table:
            self._add(table.split("\n"))


def _first_number(element: etree._Element) -> int:
    value = element.get("start", "")
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 7 else 1


def _alternative(image: etree._Element) -> str:
    """The description of a formula's picture, or of a picture in a figure without a caption; others say little."""
    description = image.get("alt", "").strip()
    if not description:
        return ""
    kind = image.get("class", "").lower()
    if "math" in kind or "tex" in kind.split() or "latex" in kind:
        return description
    figure = next(image.iterancestors("figure"), None)
    alone = figure is not None and figure.find(".//figcaption") is None and len(description) >= 15
    return f" {description} " if alone else ""
