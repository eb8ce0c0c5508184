"""What is known of a page's blocks: how much text, linked text and prose each holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup p pre search "
    "section summary table tbody td tfoot th thead tr ul frameset noframes multicol".split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
PROSE_CHARS = 60
"""A run of unlinked text at least this long is prose."""
LONG_CHARS = 140
"""A run this long is hardly ever clutter."""


def text_of(element: etree._Element) -> str:
    """All text in an element, as it stands."""
    return "".join(cast("Iterator[str]", element.itertext()))


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

    @property
    def is_data(self) -> bool:
        """True for a table of data; tables for layout are read cell by cell."""
        return self.table is not None and self.table.is_data(self.chars)

    def take(self, block: "Block", *, sign: int = 1) -> None:
        """Add to the counts what a block below it holds, or take it off again (`sign` -1)."""
        self.chars += sign * block.chars
        self.linked += sign * block.linked
        self.prose += sign * block.prose
        self.long += sign * block.long
        self.links += sign * block.links
        self.local_links += sign * block.local_links
        self.headings += sign * block.headings
        self.linked_headings += sign * block.linked_headings
        self.controls += sign * block.controls

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
        return " ".join(text_of(self.element).split())

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
    custom_blocks: set[etree._Element] = field(default_factory=set)
    """Custom elements that hold blocks, and so are ones."""
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
            above.take(block, sign=-1)
