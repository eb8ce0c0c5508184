"""Which part of a page is its main text. Losing text is the worst error, letting clutter through the second worst."""

from dataclasses import dataclass

from lxml import etree

from lib.adapters.web import html_words as words
from lib.adapters.web.html_blocks import HEADINGS, LONG_CHARS, PROSE_CHARS, Block, Survey
from lib.adapters.web.html_clutter import remove_boxes_and_phrases, remove_links

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
    for block in page.blocks[1:]:
        if (
            not block.is_gone
            and not block.long
            and _declared(block) & words.CLUTTER
            and block.mass < 0.5 * page.body.mass
        ):
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
    """Say whether an id is only made of the heading below it: `<section id=navigation><h2>Navigation</h2>`."""
    name = _letters(block.element.get("id", ""))
    return bool(name) and any(b.tag in HEADINGS and _letters(b.text()) == name for b in block.children()[:2])


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _holds_main(block: Block) -> bool:
    return any(
        b.tag == "main" or (b.tag == "article" and b.long) or b.element.get("role") == "main" for b in block.subtree()
    )


def _is_expendable(block: Block, strength: int, whole: tuple[int, int, int], mains: list[Block]) -> bool:
    """Say whether the page is still there without a block that calls itself clutter."""
    chars, mass, prose = whole
    share = block.mass / max(1, mass)
    if strength & words.CLUTTER:
        if block.tag in ("nav", "footer"):
            return share <= 0.5 or block.chars <= 0.3 * chars or prose - block.prose >= LONG_CHARS
        if share <= 0.5 or block.chars > 0.9 * chars:
            return share <= 0.5
        return any(not block.index <= main.index < block.end for main in mains)
    if block.prose and any(b.tag == "h1" for b in block.subtree()):
        return False
    if block.tag == "form":
        return share <= 0.15 and not any(b.tag == "table" for b in block.subtree())
    return share <= 0.3


def _declared_root(page: Survey) -> Block | None:
    """What says that it is the main part, or the block around several that do, if most of the text is there."""
    alive = [b for b in page.blocks[1:] if not b.is_gone]
    for group, alone in (
        ([b for b in alive if b.tag == "main" or b.element.get("role") == "main"], 0.4),
        ([b for b in alive if b.tag == "article" or b.element.get("itemprop") == "articleBody"], 0.5),
        ([b for b in alive if b.verdict & words.MAIN], 0.6),
    ):
        root = _common_root(group)
        if root is not None and _holds_the_text(page.body, root, alone):
            return root
    return None


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
        for block in poor:
            if block.linked >= 0.3 * block.chars:
                page.remove(block)
        return root


def _is_poor(block: Block, largest: Block) -> bool:
    """Say whether a block beside the largest one is not worth keeping: no prose, no data, not built like it."""
    if block.tag in HEADINGS:
        return False
    if block.long and block.linked < 0.5 * block.chars:
        return False
    if block.mass >= 0.25 * largest.mass:
        return False
    if block.linked < 0.3 * block.chars and any(b.tag == "h1" for b in block.subtree()):
        return False
    if block.mass < PROSE_CHARS or block.linked >= 0.5 * block.chars:
        return True
    if block.tag not in _COLUMNS or any(b.tag in ("table", "dl", "pre") for b in block.subtree()):
        return False
    alike = block.tag == largest.tag and block.element.get("class") == largest.element.get("class")
    return not (alike and (block.headings or block.prose))
