"""The main text of a page as Markdown: headings, paragraphs, lists, tables, code; links as their text."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lxml import etree

from lib.adapters.web import inline_text
from lib.adapters.web.html_survey import BLOCKS, HEADINGS, Survey
from lib.adapters.web.html_tables import render_table
from lib.domain.documents import Anchor

_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_MAX_DEPTH = 12
"""Deeper lists and quotations are not indented any further."""


@dataclass(slots=True)
class _Piece:
    """A block of the result."""

    text: str
    level: int = 0
    """1 to 6 for a heading."""
    starts_item: bool = False
    in_list: bool = False
    is_term: bool = False
    fragment: str = ""


@dataclass(slots=True)
class _Frame:
    """An open list item or quotation: what its lines begin with."""

    first: str
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """Rendered text, and where its headings with ids are."""

    text: str
    anchors: tuple[Anchor, ...]
    first_heading: str


def render(root: etree._Element, page: Survey) -> Markdown:
    """
    Render what is below `root`, without what the page's survey removed.

    Links become their text and emphasis its words: this is embedded and searched, and the citation has the URL.
    Headings left without anything below them by a removal go too.
    """
    return _Writer(page).write(root)


class _Writer:
    """Walks the tree once, without recursion, gathering inline text into blocks."""

    def __init__(self, page: Survey) -> None:
        self.page = page
        self.removed: AbstractSet[etree._Element] = page.removed
        self.pieces: list[_Piece | None] = []
        """None marks where something was left out."""
        self.lines: list[list[str]] = [[]]
        self.frames: list[_Frame] = []
        self.counters: list[int] = []
        """Number of the next item of each open list; 0 for bullets."""
        self.term = ""
        self.is_plain = False
        """Inside a heading or a term, where code needs no backticks."""

    def write(self, root: etree._Element) -> Markdown:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if element in self.removed and element is not root:
                    self._leave_out(element)
                    walk.skip_subtree()
                elif self._start(element):
                    self.lines[-1].append(element.text or "")
                else:
                    walk.skip_subtree()
            else:
                if element not in self.removed:
                    self._end(element)
                if element is root:
                    break
                if element.tail:
                    self.lines[-1].append(element.tail)
        self._flush()
        self._drop_term()
        return _assemble(self.pieces)

    def _leave_out(self, element: etree._Element) -> None:
        if element.tag in BLOCKS:
            self._flush()
            self.pieces.append(None)

    def _start(self, element: etree._Element) -> bool:
        """Open an element; False if it is dealt with, children included."""
        tag = element.tag
        if tag not in BLOCKS:
            return self._start_inline(element, tag)
        self._flush()
        if tag == "pre":
            self._code(element)
            return False
        if tag == "table":
            block = self.page.tables.get(element)
            if block is not None and block.table is not None and block.table.is_data(block.chars):
                self._table(element)
                return False
        elif tag == "li":
            self._open_item(element)
        elif tag == "blockquote":
            self._open("> ", "> ")
        elif tag in _LISTS:
            self.counters.append(_first_number(element) if tag == "ol" else 0)
        elif tag in HEADINGS or tag == "dt":
            self.is_plain = True
        return True

    def _start_inline(self, element: etree._Element, tag: str) -> bool:
        line = self.lines[-1]
        if tag == "br":
            self.lines.append([])
        elif tag in inline_text.CODE_TAGS and not self.is_plain:
            if len(element) and any(child.tag in BLOCKS for child in element):
                return True
            line.append(inline_text.code_span(element))
            return False
        elif tag == "math":
            line.append(inline_text.formula(element))
            return False
        elif tag == "img":
            line.append(_alternative(element))
            return False
        elif "-" in tag:  # a custom element: shown as a block as often as not
            line.append(" ")
        return True

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag not in BLOCKS:
            if "-" in tag:
                self.lines[-1].append(" ")
            return
        if tag in ("pre", "table") and not any(self.lines):
            return
        if tag in HEADINGS:
            self._heading(element)
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
        lines = [inline_text.clean("".join(parts)) for parts in self.lines]
        self.lines = [[]]
        return [line for line in lines if line]

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
        self.pieces.append(_Piece("\n".join(lines), starts_item=starts_item, in_list=bool(self.counters)))

    def _heading(self, element: etree._Element) -> None:
        self.is_plain = False
        text = " ".join(self._take_lines())
        if text:
            self._drop_term()
            level = int(element.tag[1])
            self.pieces.append(_Piece(f"{'#' * level} {text}", level=level, fragment=_fragment(element)))

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
            self.lines[-1].append(inline_text.flat_text(caption, self.removed))
            self._flush()
        self._drop_term()
        table = render_table(element, self.removed)
        if table:
            self._add(table.split("\n"))


def _assemble(pieces: list[_Piece | None]) -> Markdown:
    parts: list[str] = []
    anchors: list[Anchor] = []
    first_heading = ""
    offset = 0
    before: _Piece | None = None
    for index, piece in enumerate(pieces):
        if piece is None or (piece.level and _is_orphan(pieces, index)):
            continue
        if before is not None:
            separator = "\n" if piece.starts_item and piece.in_list and before.in_list else "\n\n"
            parts.append(separator)
            offset += len(separator)
        if piece.level:
            first_heading = first_heading or piece.text.lstrip("# ")
            if piece.fragment:
                anchors.append(Anchor(offset=offset, fragment=piece.fragment))
        parts.append(piece.text)
        offset += len(piece.text)
        before = piece
    return Markdown(text="".join(parts), anchors=tuple(anchors), first_heading=first_heading)


def _is_orphan(pieces: list[_Piece | None], index: int) -> bool:
    """Say whether all that stood below a heading was left out."""
    heading = pieces[index]
    assert heading is not None
    if heading.level == 1:
        return False
    left_out = False
    for piece in pieces[index + 1 :]:
        if piece is None:
            left_out = True
        else:
            return left_out and 0 < piece.level <= heading.level
    return left_out


def _fragment(heading: etree._Element) -> str:
    """The id that a link to a heading uses: its own, one inside it, its permalink's, or that of the section it opens."""
    if own := heading.get("id"):
        return own
    for inner in heading.iter():
        if found := inner.get("id") or (inner.get("name") if inner.tag == "a" else None):
            return found
        if inner.tag == "a" and len(target := inner.get("href", "")) > 1 and target[0] == "#":
            return target[1:]
    element = heading
    for _ in range(2):
        before = element.getprevious()
        if before is not None:
            is_target = before.tag in ("a", "span") and not len(before) and not (before.text or "").strip()
            return (before.get("id") or before.get("name") or "") if is_target else ""
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "main"):
            return ""
        if found := parent.get("id"):
            return found
        element = parent
    return ""


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
