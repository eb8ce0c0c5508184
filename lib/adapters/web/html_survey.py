"""One walk over a page: what its blocks hold, and what can never be content."""

import re
from collections.abc import Sequence

from lxml import etree

from lib.adapters.web import html_words as words
from lib.adapters.web.html_blocks import BLOCKS, HEADINGS, LONG_CHARS, PROSE_CHARS, Block, Survey, Table, text_of

_NEVER_SHOWN = frozenset(
    "script style template svg iframe object embed applet canvas audio video input select textarea datalist "
    "progress meter head title link meta base param source track map rp frame area noembed".split()
)
_CONTROLS = frozenset(("input", "select", "textarea"))
_MARKS = frozenset(("a", "sup"))
_TELLING = frozenset(("class", "id", "role", "hidden", "aria-hidden", "style"))
_UNDISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MARK_TEXT = re.compile(r"\s*(?:[¶#§🔗∞⚓]|\[?[\w*†‡§]{1,4}\]?|\[[^\]]{1,12}\])?\s*")


def survey(body: etree._Element, *, with_noscript: bool = False) -> Survey:
    """
    Count everything below `body` once, leaving out what is hidden or never shown.

    `with_noscript`: read what browsers without scripts would see.
    """
    return _Surveyor(body, with_noscript=with_noscript).survey()


class _Surveyor:
    """Walks the tree once, without recursion. Text counts for the block that it stands in."""

    def __init__(self, body: etree._Element, *, with_noscript: bool) -> None:
        self.body = body
        self.never_shown = _NEVER_SHOWN if with_noscript else _NEVER_SHOWN | {"noscript"}
        self.blocks: list[Block] = []
        self.block = Block(body, "body", None, 0, self.blocks)
        self.blocks.append(self.block)
        self.page = Survey(blocks=self.blocks)
        self.tables: list[Block] = []
        self.link_depth = 0

    def survey(self) -> Survey:
        body, removed, custom = self.body, self.page.removed, self.page.custom_blocks
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            if element is body:
                text = body.text if event == "start" else None
            elif event == "start":
                if self._start(element, element.tag):
                    text = element.text
                else:
                    walk.skip_subtree()
                    continue
            else:
                tag = element.tag
                if tag == "a":
                    if element.get("href") is not None and element not in removed:
                        self.link_depth -= 1
                elif (tag in BLOCKS or element in custom) and element not in removed:
                    self._end(tag)
                text = element.tail
            if text and (size := len(text.strip())):
                block = self.block
                block.own += size
                if self.link_depth:
                    block.own_linked += size
        _end_run(self.block)
        self.block.end = len(self.blocks)
        return self.page

    def _start(self, element: etree._Element, tag: str) -> bool:
        """Open an element; False if what is in it is dealt with."""
        block = self.block
        if tag == "code":
            return self._whole(element)
        if tag in self.never_shown:
            if tag in _CONTROLS and element.get("type") != "hidden":
                block.controls += 1
            self.page.removed.add(element)
            return False
        names = element.keys()
        verdict = _verdict(element, names) if names else 0
        if tag not in BLOCKS:
            if "-" not in tag or not _holds_blocks(element):
                return self._start_inline(element, tag, verdict)
            verdict |= words.of_class(tag)
            self.page.custom_blocks.add(element)
            tag = "div"
        if verdict & words.UNSEEN:
            self.page.removed.add(element)
            return False
        _end_run(block)
        self.block = Block(element, tag, block, verdict, self.blocks)
        self.blocks.append(self.block)
        if tag == "table":
            self._start_table(element)
        elif tag == "li":
            self.page.item_blocks[element] = self.block
        elif tag == "pre":  # highlighted code is thousands of elements that say nothing
            return self._whole(element)
        return True

    def _start_inline(self, element: etree._Element, tag: str, verdict: int) -> bool:
        block = self.block
        if verdict & words.UNSEEN or (
            (verdict & words.MARKER or tag in _MARKS) and _is_marker(element, tag, verdict, block)
        ):
            self.page.removed.add(element)
            return False
        if tag == "a":
            href = element.get("href")
            if href is None:  # a target, and old pages do not close one before the next
                return True
            self.link_depth += 1
            block.links += 1
            if href.startswith("#"):
                block.local_links += 1
        elif tag == "button" and not _is_button_content(element, block):
            block.controls += 1
            self.page.removed.add(element)
            return False
        return True

    def _whole(self, element: etree._Element) -> bool:
        size = len(text_of(element).strip())
        self.block.own += size
        if self.link_depth:
            self.block.own_linked += size
        return False

    def _end(self, tag: str) -> None:
        block = self.block
        parent = block.parent
        assert parent is not None
        _end_run(block)
        block.end = len(self.blocks)
        if tag in HEADINGS:
            block.headings += 1
            if block.linked and block.linked >= 0.95 * block.chars and not block.local_links:
                block.linked_headings += 1
        elif self.tables:
            self._count_cells(block, tag)
        parent.take(block)
        self.block = parent

    def _start_table(self, element: etree._Element) -> None:
        self.block.table = Table(is_presentation=element.get("role", "") in ("presentation", "none"))
        self.page.tables[element] = self.block
        if self.tables and self.tables[-1].table:
            self.tables[-1].table.nested = True
        self.tables.append(self.block)

    def _count_cells(self, block: Block, tag: str) -> None:
        table = self.tables[-1].table
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
            self.tables.pop()


def _verdict(element: etree._Element, names: Sequence[str | bytes]) -> int:
    verdict = 0
    hidden = False
    for name in names:
        if name not in _TELLING:
            continue
        value = element.get(name, "")
        if name == "class":
            verdict |= words.of_class(value)
        elif name == "id":
            verdict |= words.of_id(value)
        elif name == "role":
            verdict |= words.of_role(value)
        elif name == "hidden":
            hidden |= value != "until-found"
        elif name == "aria-hidden":
            hidden |= value.strip().lower() == "true"
        else:
            hidden |= _UNDISPLAYED.search(value) is not None
    if verdict & words.PANEL:
        return verdict & ~words.UNSEEN
    return verdict | words.UNSEEN if hidden else verdict


def _holds_blocks(element: etree._Element) -> bool:
    return any(child.tag in BLOCKS or "-" in child.tag for child in element)


def _is_marker(element: etree._Element, tag: str, verdict: int, block: Block) -> bool:
    """Say whether an inline element is furniture: a permalink, `[edit]`, `[1]`, a skip link."""
    if verdict & words.MARKER:
        return True
    if tag == "a":
        if verdict & words.CLUTTER and block.tag not in HEADINGS and len(_text(element)) <= 40:
            return True
        local = element.get("href", "").startswith("#")
        if local and (block.tag in HEADINGS or block.tag == "dt" or element.get("role") == "doc-backlink"):
            return (
                len(element) < 3 and _MARK_TEXT.fullmatch(_text(element)) is not None and not _text(element).isalnum()
            )
    if tag == "sup" or element.get("role") == "doc-noteref":
        link = element if tag == "a" else element.find(".//a")
        return link is not None and link.get("href", "").startswith("#") and bool(_MARK_TEXT.fullmatch(_text(element)))
    return False


def _is_button_content(element: etree._Element, block: Block) -> bool:
    """Accordions put their headings into buttons."""
    if block.tag in HEADINGS or block.tag in ("dt", "summary"):
        return True
    return (element.get("aria-expanded") is not None and element.get("aria-haspopup") is None) and len(
        _text(element)
    ) > 15


def _text(element: etree._Element) -> str:
    return text_of(element).strip()


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
