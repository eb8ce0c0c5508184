"""One walk over a page: its blocks, how much text, linked text and prose each holds, and what can never be content."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from lib.adapters.web import html_words as words

BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup p pre search section "
    "summary table tbody td tfoot th thead tr ul frameset noframes multicol".split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
NEVER_SHOWN = frozenset(
    "script style template svg iframe object embed applet canvas audio video input select textarea datalist progress "
    "meter head title link meta base param source track map rp frame area noembed".split()
)
_MARKS = frozenset(("a", "sup"))
_CONTROLS = frozenset(("input", "select", "textarea", "button"))
_UNDISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MARK_TEXT = re.compile(r"\s*(?:[¶#§🔗∞⚓]|\[?[\w*†‡§]{1,4}\]?|\[[^\]]{1,12}\])?\s*")
PROSE_CHARS = 60
"""A run of unlinked text at least this long is prose."""
LONG_CHARS = 140
"""A run this long is hardly ever clutter."""


class Block:
    """A block element and what is in it, its descendants included. Counts are characters or elements."""

    __slots__ = (
        "chars", "controls", "element", "end", "headings", "index", "is_gone", "linked", "linked_headings", "links",
        "local_links", "long", "own", "own_linked", "parent", "peers", "prose", "table", "tag", "verdict",
    )  # fmt: skip

    def __init__(
        self, element: etree._Element, tag: str, parent: "Block | None", verdict: int, peers: list["Block"]
    ) -> None:
        self.element, self.tag, self.parent, self.verdict, self.peers = element, tag, parent, verdict, peers
        self.index = self.end = len(peers)
        """Place in document order; the end is the index after its last descendant."""
        self.chars = self.linked = self.prose = self.long = self.own = self.own_linked = 0
        self.links = self.local_links = self.headings = self.linked_headings = self.controls = 0
        self.table: Table | None = None
        self.is_gone = False

    @property
    def mass(self) -> int:
        """Text outside links."""
        return self.chars - self.linked

    def subtree(self) -> list["Block"]:
        """Itself and the blocks in it that are still there."""
        return [block for block in self.peers[self.index : self.end] if not block.is_gone]

    def children(self) -> list["Block"]:
        """The blocks directly in it that are still there."""
        found = []
        index = self.index + 1
        while index < self.end:
            block = self.peers[index]
            if not block.is_gone:
                found.append(block)
            index = block.end
        return found

    def text(self) -> str:
        """All text in it, whitespace collapsed."""
        return " ".join("".join(self.element.itertext()).split())

    def ancestors(self) -> Iterator["Block"]:
        """Its parent, and so on up."""
        block = self.parent
        while block is not None:
            yield block
            block = block.parent


@dataclass(slots=True)
class Table:
    """What tells a table of data from a table for layout."""

    rows: int = 0
    cells: int = 0
    header_cells: int = 0
    widest: int = 0
    """Most cells in a row."""
    largest: int = 0
    """Characters of the largest cell."""
    in_row: int = 0
    nested: bool = False
    is_presentation: bool = False
    has_caption: bool = False
    has_headings: bool = False

    def is_data(self, chars: int) -> bool:
        """Say whether a table with this much text is one of data; tables for layout are read cell by cell."""
        if self.is_presentation or self.nested or self.has_headings or self.widest < 2 or not self.rows:
            return False
        if self.header_cells or self.has_caption:
            return True
        return self.rows > 1 and not (self.largest > 400 and self.largest > 0.6 * chars)


@dataclass(slots=True)
class Survey:
    """The blocks of a page in document order, the first being its root, and the elements to leave out."""

    blocks: list[Block]
    removed: set[etree._Element] = field(default_factory=set)
    tables: dict[etree._Element, Block] = field(default_factory=dict)
    item_blocks: dict[etree._Element, Block] = field(default_factory=dict)

    @property
    def body(self) -> Block:
        """The block of the whole page."""
        return self.blocks[0]

    def remove(self, block: Block) -> None:
        """Leave a block out, and take what it holds off the counts of its ancestors."""
        self.removed.add(block.element)
        for inner in block.subtree():
            inner.is_gone = True
        for above in block.ancestors():
            above.chars -= block.chars
            above.linked -= block.linked
            above.prose -= block.prose
            above.long -= block.long
            above.links -= block.links
            above.local_links -= block.local_links
            above.controls -= block.controls
            above.headings -= block.headings
            above.linked_headings -= block.linked_headings


def survey(body: etree._Element, *, with_noscript: bool = False) -> Survey:
    """
    Count everything below `body` once, leaving out what is hidden or never shown.

    `with_noscript`: read what browsers without scripts would see.
    """
    result = Survey(blocks=[])
    blocks, removed = result.blocks, result.removed
    block = Block(body, "body", None, 0, blocks)
    blocks.append(block)
    tables: list[Block] = []
    link_depth = 0
    walk = etree.iterwalk(body, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag == "code":
                block.own += (size := len("".join(element.itertext()).strip()))
                if link_depth:
                    block.own_linked += size
                walk.skip_subtree()
                continue
            if tag in NEVER_SHOWN or (tag == "noscript" and not with_noscript):
                if tag in _CONTROLS and element.get("type") != "hidden":
                    block.controls += 1
                removed.add(element)
                walk.skip_subtree()
                continue
            is_block = tag in BLOCKS
            verdict = 0
            attributes = element.items()
            if attributes and element is not body:
                name, value = attributes[0]
                verdict = words.of_class(value) if name == "class" and len(attributes) == 1 else _verdict(attributes)
                if verdict & words.UNSEEN or (
                    not is_block
                    and (verdict & words.MARKER or tag in _MARKS)
                    and _is_marker(element, tag, verdict, block)
                ):
                    removed.add(element)
                    walk.skip_subtree()
                    continue
            if is_block:
                if element is not body:
                    _end_run(block)
                    block = Block(element, tag, block, verdict, blocks)
                    blocks.append(block)
                if tag == "table":
                    _start_table(block, tables, element)
                    result.tables[element] = block
                elif tag == "li":
                    result.item_blocks[element] = block
                elif tag == "pre":  # highlighted code is thousands of elements that say nothing
                    block.own = sum(map(len, map(str.strip, element.itertext())))
                    walk.skip_subtree()
                    continue
            elif tag == "a":
                link_depth += 1
                block.links += 1
                if element.get("href", "").startswith("#"):
                    block.local_links += 1
            elif tag == "button":
                if not _is_button_content(element, block):
                    block.controls += 1
                    removed.add(element)
                    walk.skip_subtree()
                    continue
            text = element.text
        else:
            if tag == "a" and element not in removed:
                link_depth -= 1
            elif tag in BLOCKS and element not in removed and element is not body:
                _end_run(block)
                block.end = len(blocks)
                parent = block.parent
                assert parent is not None
                _close(block, parent, tables)
                block = parent
            if element is body:
                break
            text = element.tail
        if text and (size := len(text.strip())):
            block.own += size
            if link_depth:
                block.own_linked += size
    _end_run(block)
    block.end = len(blocks)
    return result


def _verdict(attributes: list[tuple[str, str]]) -> int:
    verdict = 0
    hidden = False
    for name, value in attributes:
        if name == "class":
            verdict |= words.of_class(value)
        elif name == "id":
            verdict |= words.of_id(value)
        elif name == "role":
            verdict |= words.of_role(value)
        elif (
            (name == "hidden" and value != "until-found")
            or (name == "aria-hidden" and value.strip().lower() == "true")
            or (name == "style" and _UNDISPLAYED.search(value))
        ):
            hidden = True
    if verdict & words.PANEL:
        return verdict & ~words.UNSEEN
    return verdict | words.UNSEEN if hidden else verdict


def _is_marker(element: etree._Element, tag: str, verdict: int, block: Block) -> bool:
    """Say whether an inline element is furniture: a permalink, `[edit]`, `[1]`, a skip link."""
    if verdict & words.MARKER:
        return True
    if tag == "a":
        if verdict & words.CLUTTER and len(_text(element)) <= 40:
            return True
        local = element.get("href", "").startswith("#")
        if local and (block.tag in HEADINGS or block.tag == "dt" or element.get("role") == "doc-backlink"):
            return len(element) < 3 and _MARK_TEXT.fullmatch(_text(element)) is not None and not _text(element).isalnum()
    if tag == "sup" or element.get("role") == "doc-noteref":
        link = element if tag == "a" else element.find(".//a")
        return link is not None and link.get("href", "").startswith("#") and bool(_MARK_TEXT.fullmatch(_text(element)))
    return False


def _is_button_content(element: etree._Element, block: Block) -> bool:
    """Accordions put their headings into buttons."""
    if block.tag in HEADINGS or block.tag in ("dt", "summary"):
        return True
    return (element.get("aria-expanded") is not None and element.get("aria-haspopup") is None) and len(_text(element)) > 15


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip()


def _start_table(block: Block, tables: list[Block], element: etree._Element) -> None:
    block.table = Table(is_presentation=element.get("role", "") in ("presentation", "none"))
    if tables and tables[-1].table:
        tables[-1].table.nested = True
    tables.append(block)


def _end_run(block: Block) -> None:
    """Count the inline text gathered so far as one run."""
    run = block.own
    if run:
        linked = block.own_linked
        unlinked = run - linked
        block.chars += run
        block.linked += linked
        if unlinked >= PROSE_CHARS and unlinked >= linked:
            block.prose += unlinked
            if unlinked >= LONG_CHARS:
                block.long += unlinked
        block.own = block.own_linked = 0


def _close(block: Block, parent: Block, tables: list[Block]) -> None:
    tag = block.tag
    if tag in HEADINGS:
        block.headings += 1
        if block.linked and block.linked >= 0.8 * block.chars and not block.local_links:
            block.linked_headings += 1
    elif tables:
        table = tables[-1].table
        assert table is not None
        if tag in ("td", "th"):
            table.cells += 1
            table.in_row += 1
            table.header_cells += tag == "th"
            table.largest = max(table.largest, block.chars)
        elif tag == "tr":
            table.rows += table.in_row > 0
            table.widest = max(table.widest, table.in_row)
            table.in_row = 0
        elif tag == "caption":
            table.has_caption = True
        elif tag == "table":
            table.has_headings = block.headings > 0
            table.widest = max(table.widest, table.in_row)
            tables.pop()
    parent.chars += block.chars
    parent.linked += block.linked
    parent.prose += block.prose
    parent.long += block.long
    parent.links += block.links
    parent.local_links += block.local_links
    parent.headings += block.headings
    parent.linked_headings += block.linked_headings
    parent.controls += block.controls
