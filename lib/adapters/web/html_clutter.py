"""Small clutter inside the main part, told by what it holds and where it stands and not by its names."""

import re
from bisect import bisect

from lib.adapters.web.html_blocks import HEADINGS, Block, Survey, text_of

_CONTAINERS = frozenset("div section aside ul ol menu dir td center p table header footer figure dl form nav".split())
_CARD_TAGS = frozenset(("div", "li", "article", "section", "td"))
_BOXES = frozenset("div section aside form p td header footer".split())
_LEAVES = frozenset("div p section aside footer header center address form".split())
_MAX_CARD_MASS = 400
_MAX_BOX_CHARS = 700
_MAX_AD_CHARS = 300

_LINKS_AHEAD = re.compile(
    r"related|see also|read (more|next|also|on)|more (from|on|in|like|about|stories|articles|posts|news)|popular|"
    r"latest|trending|recommended|recent (posts|articles|news|comments)|you (may|might) (also )?(like|enjoy)|"
    r"in this (section|article|guide|page|series)|on this page|(table of )?contents|navigation|menu|categor|tags|"
    r"archive|share|follow us|quick links|useful links|explore|what links here|elsewhere|most (read|viewed|shared)|"
    r"next steps",
    re.IGNORECASE,
)
_PART = r"(page|post|article|posts|topic|chapter|section)"
_PHRASE = re.compile(
    r"(skip|jump) (to|over) .{0,30}|edit (this|the) (page|article|section).{0,20}|edit on \w+|"
    r"(view|show) (page )?source|improve this (page|doc)|(back|return|go) to (the )?top.{0,3}|top|share( this.{0,20})?|"
    r"tweet|print( this page)?|advertisements?|sponsored( content)?|"
    r"(read|learn|see|show|view|load) (more|less|all)( .{0,3})?|continue reading.{0,5}|"
    rf"[«‹<←]*\s*(previous|prev|newer|older|back)( {_PART})?|(next|home|up)( {_PART})?\s*[»›>→]*|"
    r"on this page|(table of )?contents|(was|is|did) this (page|article|information|answer|content|help).{0,30}|"
    r"(yes|no)\W+(yes|no)|related (articles?|posts?|pages?|stories|content|links?|topics?|products?|reading)|"
    r"you (may|might) also like.{0,20}|(sign up|subscribe)( (for|to|now|today) .{0,60})?[.!]?|follow us( on.{0,40})?|"
    r"leave a (comment|reply)|(log|sign) ?in( to .{0,40})?|register|permalink|copy( link| code)?|copied!?|close|menu|"
    r"search|toggle .{0,30}|this (site|website|page) uses cookies.{0,80}|accept (all )?(cookies)?|loading\W*|"
    r"comments( \(?\d+\)?)?|\d+ comments?",
    re.IGNORECASE,
)
_AD = re.compile(r"(advertisements?|sponsored( content| posts?| links?)?|werbung|publicité|publicidad)", re.IGNORECASE)
_BOX = re.compile(
    r"cookies?\b|consent|newsletter|subscrib|sign up|mailing list|inbox|unsubscribe|log in|sign in|"
    r"was this .{0,20}helpful|rate this|your feedback|privacy (policy|preferences|settings)|notifications|"
    r"download (our|the) app|search",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"(?=.*\bcookies?\b)(?=.*\b(we|our|this (web)?site|uses?)\b).*"
    r"\b(accept|agree|consent|dismiss|got it|ok|okay|preferences|settings|continue|allow|decline|reject)\b",
    re.IGNORECASE,
)
_ACCEPT = re.compile(
    r"(i )?(accept|agree|allow|decline|reject|dismiss|got it|ok|okay|manage|continue)"
    r"( (all|cookies|preferences|settings))*\W*",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"(copyright\s*)?(©|\(c\)\s*copyright).{0,60}\b(19|20)\d\d\b|copyright\s*(©|\(c\))?\s*(19|20)\d\d\b|"
    r".{0,200}\ball rights reserved\b",
    re.IGNORECASE,
)


def remove_boxes_and_phrases(page: Survey, root: Block) -> None:
    """
    Leave out consent, newsletter and feedback boxes, advertisements that say so, and lines like `Edit this page` and
    `All rights reserved`.
    """
    _remove_boxes(page, root)
    _remove_advertisements(page, root)
    _remove_phrases(page, root)


def remove_links(page: Survey, root: Block) -> None:
    """Leave out navigation in lists, rows of teasers, and links that each part of the page repeats."""
    _remove_cards(page, root)
    _remove_link_lists(page, root)
    _remove_repeated_links(page, root)


def is_furniture(text: str) -> bool:
    """Say whether a short text is one that pages are furnished with: `Back to top`, `Edit this page`."""
    return _PHRASE.fullmatch(text) is not None


def _remove_boxes(page: Survey, root: Block) -> None:
    """Consent, newsletter and feedback boxes: small, without prose of their own, with something to press."""
    limit = min(_MAX_BOX_CHARS, 0.25 * root.chars)
    for block in reversed(root.subtree()):
        if block is root or block.tag not in _BOXES or not 0 < block.chars <= limit:
            continue
        if not (block.controls or block.links) or any(b.tag in ("table", "pre") for b in block.subtree()):
            continue
        text = block.text()
        is_form = block.controls > 0 and not block.long and _BOX.search(text) is not None
        if is_form or ((block.controls or _offers_consent(block)) and _CONSENT.match(text)):
            page.remove(block)


def _remove_advertisements(page: Survey, root: Block) -> None:
    """Small boxes that begin with a line which calls them advertisements."""
    limit = min(_MAX_AD_CHARS, 0.25 * root.chars)
    for label in root.subtree()[1:]:
        box = label.parent
        if box is None or box is root or label.is_gone or box.tag not in _BOXES or not 0 < box.chars <= limit:
            continue
        filled = [block for block in box.children() if block.chars]
        is_first = bool(filled) and filled[0] is label
        is_line = label.tag not in HEADINGS and not label.children()
        if is_first and len(filled) > 1 and is_line and _AD.fullmatch(label.text()):
            page.remove(box)


def _offers_consent(block: Block) -> bool:
    return any(_ACCEPT.fullmatch(text_of(link).strip()) for link in block.element.iter("a"))


def _remove_cards(page: Survey, root: Block) -> None:
    """
    Teasers of other pages: two or more side by side, each with a linked title and little text.

    Those with prose of the page before and after them, and no heading that gives them away, stay.
    """
    rows = []
    for parent in root.subtree():
        cards = [b for b in parent.children() if _is_card(b)]
        if len(cards) >= 2:
            rows.append(cards)
    in_cards = {i for cards in rows for card in cards for i in range(card.index, card.end)}
    prose = [b.index for b in _longest_runs(root) if b.index not in in_cards]
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
    title = next((b for b in block.subtree()[1:] if b.chars), None)
    return title is not None and title.chars >= 8 and title.linked >= 0.9 * title.chars and not title.local_links


def _longest_runs(root: Block) -> list[Block]:
    """The blocks with long prose of their own, in order."""
    return [b for b in root.subtree() if b.long and not any(c.long for c in b.children())]


def _remove_link_lists(page: Survey, root: Block) -> None:
    """
    Lists of links before the first and after the last prose, under a telling heading, or to places on this page.

    Kept if they are most of the page, or there is no prose at all: then it is an index.
    """
    blocks = root.subtree()
    long = [b.index for b in _longest_runs(root)]
    first, last = (long[0], long[-1]) if long else (root.end, root.index)
    found: list[Block] = []
    skip_to = 0
    for block in blocks[1:]:
        if block.index < skip_to or block.tag not in _CONTAINERS or not _is_link_list(block):
            continue
        is_inside = first < block.index < last or not root.prose
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
    if block.chars <= 150 and block.linked >= 0.5 * block.chars:  # a trail of crumbs has a name without a link
        return True
    return block.linked >= 0.75 * block.chars


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
    prose = [b.index for b in _longest_runs(root)]
    alone: dict[str, list[Block]] = {}
    for block in root.subtree()[1:]:
        if 0 < block.chars <= 30 and block.linked >= 0.9 * block.chars and not block.children():
            alone.setdefault(block.text(), []).append(block)
    for blocks in alone.values():
        between = bisect(prose, blocks[-1].index) - bisect(prose, blocks[0].index)
        if len(blocks) >= 3 and between >= 2 and not any(a.tag in ("table", "dl") for a in blocks[0].ancestors()):
            for block in blocks:
                page.remove(block)


def _remove_phrases(page: Survey, root: Block) -> None:
    skip_to = 0
    for block in root.subtree()[1:]:
        if block.index < skip_to or block.is_gone:
            continue
        if block.is_data:
            skip_to = block.end  # "Yes" and "Next" are values there
        elif block.tag in _LEAVES and 0 < block.chars <= 240 and not block.children():
            text = block.text()
            if (len(text) <= 90 and is_furniture(text)) or _RIGHTS.match(text):
                page.remove(block)
