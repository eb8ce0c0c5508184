"""Small clutter inside the main part, told by what it holds and where it stands and not by its names."""

import re

from lib.adapters.web.html_blocks import HEADINGS, Block, Survey, text_of
from lib.adapters.web.html_links import longest_runs

_BOXES = frozenset("div section aside form p td header footer".split())
_LEAVES = frozenset("div p section aside footer header center address form".split())
_MAX_BOX_CHARS = 700
_MAX_AD_CHARS = 300
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


def is_furniture(text: str) -> bool:
    """Say whether a short text is one that pages are furnished with: `Back to top`, `Edit this page`."""
    return _PHRASE.fullmatch(text) is not None


def is_rights(text: str) -> bool:
    """Say whether a text begins as a statement of copyright does."""
    return _RIGHTS.match(text) is not None


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


def _remove_phrases(page: Survey, root: Block) -> None:
    long = longest_runs(root)
    last = long[-1].index if long else root.index
    skip_to = 0
    for block in root.subtree()[1:]:
        if block.index < skip_to or block.is_gone:
            continue
        if block.is_data:
            skip_to = block.end  # "Yes" and "Next" are values there
        elif block.tag in _LEAVES and 0 < block.chars <= 240 and not block.children():
            text = block.text()
            if (len(text) <= 90 and is_furniture(text)) or (block.index > last and _RIGHTS.match(text)):
                page.remove(block)
