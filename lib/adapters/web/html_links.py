"""Links inside the main part that lead away from it: navigation in lists, teasers, links that every part repeats."""

import re
from bisect import bisect

from lxml import etree

from lib.adapters.web.html_blocks import HEADINGS, Block, Survey, text_of

_CONTAINERS = frozenset("div section aside ul ol menu dir td center p table header footer figure dl form nav".split())
_CARD_TAGS = frozenset(("div", "li", "article", "section", "td"))
_MAX_CARD_MASS = 400
_LINKS_AHEAD = re.compile(
    r"related|see also|read (more|next|also|on)|more (from|on|in|like|about|stories|articles|posts|news)|popular|"
    r"latest|trending|recommended|recent (posts|articles|news|comments)|you (may|might) (also )?(like|enjoy)|"
    r"in this (section|article|guide|page|series)|on this page|(table of )?contents|navigation|menu|categor|tags|"
    r"archive|share|follow us|quick links|useful links|explore|what links here|elsewhere|most (read|viewed|shared)|"
    r"next steps",
    re.IGNORECASE,
)
_CODE = re.compile(r"[(){}=;]|::")


def remove_links(page: Survey, root: Block) -> None:
    """Leave out navigation in lists, rows of teasers, and links that each part of the page repeats."""
    _remove_cards(page, root)
    _remove_link_lists(page, root)
    _remove_repeated_links(page, root)
    _remove_site_name(page, root)


def is_signature(text: str) -> bool:
    """Say whether what stands beside links is a programming language's: then they are types and not places to go."""
    return _CODE.search(text) is not None


def longest_runs(root: Block) -> list[Block]:
    """The blocks with long prose of their own, in order."""
    return [b for b in root.subtree() if b.long and not any(c.long for c in b.children())]


def _remove_cards(page: Survey, root: Block) -> None:
    """
    Teasers of other pages: two or more side by side, each with a linked title and little text.

    Those with prose of the page before and after them, and no heading that gives them away, stay.
    """
    rows = []
    for parent in root.subtree():
        cards = [b for b in parent.children() if _is_card(b)]
        if len(cards) >= 2 and not _is_in_grid(cards[0]):
            rows.append(cards)
    in_cards = {i for cards in rows for card in cards for i in range(card.index, card.end)}
    prose = [b.index for b in longest_runs(root) if b.index not in in_cards]
    first, last = (prose[0], prose[-1]) if prose else (root.end, root.index)
    for cards in rows:
        if cards[0].is_gone or sum(b.mass for b in cards) > 0.3 * root.mass:
            continue
        if not first < cards[0].index < last or _LINKS_AHEAD.search(_heading_before(cards[0])):
            for card in cards:
                page.remove(card)


def _is_card(block: Block) -> bool:
    if block.tag not in _CARD_TAGS or not block.links or block.links > 4 or block.mass > _MAX_CARD_MASS:
        return False
    if block.headings:
        return block.headings == block.linked_headings and block.headings <= 2
    if block.tag == "td":
        return False
    inside = [b for b in block.subtree()[1:] if b.chars]
    if len(inside) < 2 and block.tag == "li":  # an item whose text is in a paragraph is no card
        return False
    title = next(iter(inside), None)
    return title is not None and title.chars >= 8 and title.linked >= 0.9 * title.chars and not title.local_links


def _remove_link_lists(page: Survey, root: Block) -> None:
    """
    Lists of links before the first and after the last prose, under a telling heading, or to places on this page.

    Kept if they are most of the page, or there is no prose at all: then it is an index.
    """
    blocks = root.subtree()
    long = [b.index for b in longest_runs(root)]
    first, last = (long[0], long[-1]) if long else (root.end, root.index)
    found: list[Block] = []
    skip_to = 0
    for block in blocks[1:]:
        if block.index < skip_to or block.tag not in _CONTAINERS or not _is_link_list(block):
            continue
        is_inside = first < block.index < last or not root.prose
        if _is_in_grid(block) or _is_announced(block, is_first=block.index < first):
            continue
        if not is_inside or block.local_links >= 0.8 * block.links or _LINKS_AHEAD.search(_heading_before(block)):
            found.append(block)
            skip_to = block.end
    if sum(b.chars for b in found) <= 0.6 * root.chars:
        for block in found:
            page.remove(block)


def _is_link_list(block: Block) -> bool:
    if block.links < 2 or block.prose or block.chars > 80 * block.links:
        return False
    if block.tag == "table":
        return block.linked >= 0.9 * block.chars and (block.table is None or block.table.rows <= 2)
    if block.tag == "dl" or (block.tag == "p" and block.mass > 12):
        return False
    if any(b.tag == "h1" or (b.table is not None and b.table.rows > 3) for b in block.subtree()):
        return False
    if block.chars <= 150:  # a trail of crumbs has a name without a link
        return block.linked >= 0.5 * block.chars and not _is_sentence(block)
    return block.linked >= 0.75 * block.chars


def _is_announced(block: Block, *, is_first: bool) -> bool:
    """Say whether the text before a list of links ends in a colon, or heads whole sentences at the top of a page."""
    before = _heading_before(block).rstrip()
    if before.endswith(":"):
        return True
    is_elsewhere = not block.local_links and block.linked >= 25 * block.links
    return is_first and block.headings > 0 and is_elsewhere and not _LINKS_AHEAD.search(before)


def _is_in_grid(block: Block) -> bool:
    """Say whether a block is a cell of a table with many rows, or in a list of terms: values there, not navigation."""
    for above in (block, *block.ancestors()):
        if above.tag == "dl" or (above.table is not None and above is not block and above.table.rows > 3):
            return True
    return False


def _is_sentence(block: Block) -> bool:
    """Say whether words stand between the links, or a program's signs beside them; a trail has labels at most."""
    beside = _beside_links(block.element)
    between = [text for run in beside[1:-1] if (text := run.strip())]
    return any(map(is_signature, beside)) or any(any(map(str.isalpha, text)) and text[-1] != ":" for text in between)


def _beside_links(element: etree._Element) -> list[str]:
    """The runs of text before the first link, between links, and after the last one."""
    runs = [""]
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "end":
            runs[-1] += (inner.tail or "") if inner is not element else ""
        elif inner.tag == "a" and inner.get("href") is not None:
            runs.append("")
            walk.skip_subtree()
        else:
            runs[-1] += inner.text or ""
    return runs


def _heading_before(block: Block) -> str:
    """The heading that a block stands under: inside it, or just before it."""
    for inner in block.subtree()[:6]:
        if inner.tag in HEADINGS:
            return inner.text()[:80]
    element = block.element
    for _ in range(2):
        before = element.getprevious()
        if before is not None:
            return " ".join(text_of(before).split())[:80] if len(before) < 6 else ""
        parent = element.getparent()
        if parent is None:
            break
        element = parent
    return ""


def _remove_repeated_links(page: Survey, root: Block) -> None:
    """`Reply`, `Quote` and the like: the same short link alone in its block, with prose between."""
    prose = [b.index for b in longest_runs(root)]
    alone: dict[str, list[Block]] = {}
    for block in root.subtree()[1:]:
        if 0 < block.chars <= 30 and block.linked >= 0.9 * block.chars and not block.children():
            alone.setdefault(block.text(), []).append(block)
    for blocks in alone.values():
        between = bisect(prose, blocks[-1].index) - bisect(prose, blocks[0].index)
        if len({_target(b) for b in blocks}) < 2:  # the same thing named again
            continue
        if len(blocks) >= 3 and between >= 2 and not any(a.tag in ("table", "dl") for a in blocks[0].ancestors()):
            for block in blocks:
                page.remove(block)


def _remove_site_name(page: Survey, root: Block) -> None:
    """A first heading that is one link, above the page's own."""
    titles = [b for b in root.subtree() if b.tag == "h1" and b.chars]
    if len(titles) == 2 and titles[0].linked_headings and not titles[1].linked:
        page.remove(titles[0])


def _target(block: Block) -> str:
    return next((link.get("href", "") for link in block.element.iter("a")), "")
