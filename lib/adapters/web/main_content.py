"""Which part of a page is its main text. Losing text is the worst error, letting clutter through the second worst."""

from dataclasses import dataclass

from lxml import etree

from lib.adapters.web import html_words as words
from lib.adapters.web.html_blocks import HEADINGS, LONG_CHARS, PROSE_CHARS, Block, Survey
from lib.adapters.web.html_clutter import is_rights, remove_boxes_and_phrases
from lib.adapters.web.html_links import remove_links

_COLUMNS = frozenset("div section td tr tbody table center article main form body aside header ul ol li nav".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class MainContent:
    """The element to render, and the elements below it to leave out."""

    root: etree._Element
    removed: set[etree._Element]


def find_main_content(page: Survey) -> MainContent:
    """
    Choose the root of the main text and what to leave out of it.

    First parts that say that they are clutter go, unless they hold the page; then the root is what says that it is the
    main part if it holds a good share of the text, else the part where the text is; then small clutter inside it goes.
    """
    body = page.body
    _remove_declared_clutter(page)
    root = _declared_root(page)
    remove_boxes_and_phrases(page, root or body)
    root = root or _densest_root(page)
    remove_links(page, root)
    return MainContent(root=root.element, removed=page.removed)


def whole_page(page: Survey) -> MainContent:
    """Everything but navigation and footers that hold no prose: for pages whose main part could not be told."""
    mass = page.body.mass
    for block in page.blocks[1:]:
        is_clutter = not block.is_gone and not block.long and _declared(block) & words.CLUTTER
        if is_clutter and (block.mass < 0.5 * mass or is_rights(block.text()[:300])):
            page.remove(block)
    return MainContent(root=page.body.element, removed=page.removed)


def _remove_declared_clutter(page: Survey) -> None:
    body = page.body
    whole = (body.chars, body.mass, body.prose)
    mains = [b for b in page.blocks[1:] if b.chars >= LONG_CHARS and (b.tag == "main" or b.verdict & words.MAIN)]
    index = 1
    while index < len(page.blocks):
        block = page.blocks[index]
        strength = _declared(block)
        if strength and not _holds_main(block) and _is_expendable(block, strength, whole, mains):
            page.remove(block)
            index = block.end
        else:
            index += 1


def _declared(block: Block) -> int:
    """What a block says of itself, as CLUTTER, ASIDE or 0."""
    tag, verdict = block.tag, block.verdict
    if tag in ("nav", "dialog", "search"):
        return words.CLUTTER
    if tag == "footer":
        return 0 if any(b.tag in ("blockquote", "figure") for b in block.ancestors()) else words.CLUTTER
    if tag == "header" or (tag == "aside" and not verdict & words.KEEP):
        inside = next((b.tag for b in block.ancestors() if b.tag in ("main", "article", "section")), "")
        if inside == "article" or (tag == "header" and inside) or (tag == "aside" and inside == "section"):
            return verdict & (words.CLUTTER | words.ASIDE)
        return words.ASIDE
    if tag == "form":
        return words.ASIDE if block.controls and block.table is None else 0
    if tag in ("tr", "td", "th", "tbody", "thead", "h1", "html", "body") and not verdict & words.CLUTTER:
        return 0
    if verdict & words.KEEP or tag in ("main", "article", "pre", "h1", "html", "body"):
        return 0
    strength = verdict & (words.CLUTTER | words.ASIDE)
    return 0 if strength and _is_named_after_its_heading(block) else strength


def _is_named_after_its_heading(block: Block) -> bool:
    """Say whether an id is only made of the heading below it: `<section id=navigation><h2>1.2 Navigation</h2>`."""
    name = _letters(block.element.get("id", ""))
    heading = next((b for b in block.subtree() if b.tag in HEADINGS), None) if name else None
    return heading is not None and _letters(heading.text()) == name


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalpha())


def _holds_main(block: Block) -> bool:
    return any(
        b.tag == "main" or (b.tag == "article" and b.long) or b.element.get("role") == "main" for b in block.subtree()
    )


def _is_expendable(block: Block, strength: int, whole: tuple[int, int, int], mains: list[Block]) -> bool:
    """Say whether the page is still there without a block that calls itself clutter."""
    chars, mass, prose = whole
    share = block.mass / max(1, mass)
    if strength & words.CLUTTER:
        if is_rights(block.text()[:300]) and share <= 0.9:
            return True
        if block.tag in ("nav", "footer"):
            return share <= 0.5 or block.chars <= 0.3 * chars or prose - block.prose >= LONG_CHARS
        if share <= 0.5 or block.chars > 0.9 * chars:
            return share <= 0.5
        return any(not block.index <= main.index < block.end for main in mains)
    if block.prose and any(b.tag == "h1" for b in block.subtree()):
        return False
    if _is_in_the_flow(block):
        return False
    if block.tag == "form":
        return share <= 0.15 and not any(b.tag == "table" for b in block.subtree())
    return share <= 0.3


def _is_in_the_flow(block: Block) -> bool:
    """Say whether prose without many links or controls stands among paragraphs: books call such boxes sidebars."""
    if not block.long or block.linked > 0.2 * block.chars or block.controls or block.parent is None:
        return False
    beside = [b for b in block.parent.children() if b is not block and b.prose and b.linked < 0.5 * b.chars]
    is_last = not any(b.index > block.index for b in beside)
    return any(not b.children() for b in beside) and (not is_last or block.element.get("class") == "sidebar")


def _declared_root(page: Survey) -> Block | None:
    """What says that it is the main part, or the block around several that do, if most of the text is there."""
    alive = [b for b in page.blocks[1:] if not b.is_gone]
    for group, alone in (
        ([b for b in alive if b.tag == "main" or b.element.get("role") == "main"], 0.4),
        ([b for b in alive if b.tag == "article" or b.element.get("itemprop") == "articleBody"], 0.5),
        ([b for b in alive if b.verdict & words.MAIN and not _is_in_data(b)], 0.6),
    ):
        root = _common_root(group)
        if root is not None and _holds_the_text(page.body, root, alone):
            return root
    return None


def _is_in_data(block: Block) -> bool:
    return block.tag in ("td", "th", "tr") and any(b.is_data for b in block.ancestors())


def _common_root(group: list[Block]) -> Block | None:
    if not group:
        return None
    largest = max(group, key=lambda b: (b.mass, b.index))
    peers = [b for b in group if b.mass >= 0.1 * largest.mass and not largest.index <= b.index < largest.end]
    peers = [b for b in peers if not b.index <= largest.index < b.end]
    root = largest
    for peer in peers:
        while not root.index <= peer.index < root.end:
            assert root.parent is not None
            root = root.parent
    return root


def _holds_the_text(body: Block, root: Block, alone: float) -> bool:
    """Say whether so little would be lost that the element may be believed."""
    share = root.mass / max(1, body.mass)
    if not body.long and alone > 0.4:  # an index, or a reference of few words
        return share >= 0.4 or root.chars >= 0.4 * body.chars
    lost = (body.long - root.long) / max(1, body.long)
    return lost <= 0.02 if share < alone else (share >= 0.75 or lost <= 0.2)


def _densest_root(page: Survey) -> Block:
    """Walk down while one child holds most of the text and what stays beside it is not prose."""
    root = page.body
    while True:
        children = root.children()
        if not children:
            return root
        largest = max(children, key=lambda b: b.mass)
        poor = [b for b in children if b is not largest and _is_poor(b, largest)]
        beside = root.mass - sum(b.mass for b in children)
        can_go_down = largest.tag in _COLUMNS and not largest.is_data
        if can_go_down and largest.mass >= 0.5 * root.mass and len(poor) == len(children) - 1 and beside < PROSE_CHARS:
            root = largest
            continue
        _remove_edges(page, root, children, poor)
        return root


def _remove_edges(page: Survey, root: Block, children: list[Block], poor: list[Block]) -> None:
    """Leave out poor blocks full of links before and after all the others, unless they are most of it."""
    weak = {b.index for b in poor}
    rich = [b for b in children if b.index not in weak]
    makes = {_make(b) for b in rich if b.element.get("class")}
    edges = [b for b in poor if not rich[0].index < b.index < rich[-1].index]
    edges = [b for b in edges if b.linked >= 0.3 * b.chars and _make(b) not in makes]
    if sum(b.chars for b in edges) <= 0.6 * root.chars:
        for block in edges:
            page.remove(block)


def _make(block: Block) -> tuple[str, str | None]:
    return block.tag, block.element.get("class")


def _is_poor(block: Block, largest: Block) -> bool:
    """Say whether a block beside the largest one is not worth keeping: no prose, no data, not built like it."""
    if block.tag in HEADINGS or block.verdict & words.KEEP:
        return False
    if block.long and block.linked < 0.5 * block.chars:
        return False
    if block.mass >= 0.25 * largest.mass:
        return False
    if block.linked < 0.3 * block.chars and _is_section_beside(block, largest):
        return False
    if block.mass < PROSE_CHARS or block.linked >= 0.5 * block.chars:
        return True
    if block.tag not in _COLUMNS or any(b.tag in ("table", "dl", "pre") for b in block.subtree()):
        return False
    alike = _make(block) == _make(largest)
    return not (alike and (block.headings or block.prose))


def _is_section_beside(block: Block, largest: Block) -> bool:
    """Say whether a block is headed like a part of the text that the largest one is another part of."""
    rank, other = _rank(block), _rank(largest)
    if rank == "h1":
        return other != "h1" or block.prose > 0
    return bool(rank) and (rank <= other or (not other and block.index < largest.index))


def _rank(block: Block) -> str:
    """The first heading in it; empty if there is none."""
    return next((b.tag for b in block.subtree() if b.tag in HEADINGS), "")
