"""HTML bytes to a page: parse whatever comes, find the main text, render it, read what the page says of itself."""

import re
from collections.abc import Iterable

from lxml import etree

from lib.adapters.web import charsets, page_head
from lib.adapters.web.html_blocks import LONG_CHARS, text_of
from lib.adapters.web.html_survey import survey
from lib.adapters.web.inline_text import clean
from lib.adapters.web.main_content import find_main_content, whole_page
from lib.adapters.web.markdown import render
from lib.adapters.web.markdown_pieces import Markdown
from lib.domain.pages import Page
from lib.errors import BadInput

EXTRACTOR = "plumbline-html/3"
"""Name and version of this extraction: a new version makes new documents."""
_MAX_TAGS = 500_000
"""Marks (`<`) in a page; a tree of more of them would take too much memory."""
_ENDLESS_TAG = re.compile(r"""<([A-Za-z][A-Za-z0-9-]*+)(?:[^"'>]|"[^"]*+"|'[^']*+'){3000,}+""")
"""A tag with thousands of attributes takes the parser the square of their number. It loses them."""
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
"""What stands after them is shown by browsers and dropped by the parser."""
_HEAD = re.compile(
    r"(?:\s++|<!--.*?-->|<!doctype[^>]*>|</?(?:html|head|meta|link|base)\b[^>]*>|"
    r"<(title|style|script|noscript|template)\b[^>]*>.*?</\1\s*>)*+",
    re.IGNORECASE | re.DOTALL,
)
"""What may stand before a body. The parser knows no HTML 5: without `<body>` it takes `<main>` for part of the head."""
_BODY = re.compile(r"<(?:body|frameset)\b", re.IGNORECASE)
_PARAGRAPHS = re.compile(r"<p>(?:\s*<p>)+")
_NESTING = re.compile(
    r"</?(div|section|article|center|blockquote|form|span|font|b|i|u|em|strong|big|small|s|strike|tt|sub|sup|a|label|"
    r"[a-z]+-[a-z-]+)\b[^>]*>",
    re.IGNORECASE,
)
_FORMATTING = "b em strong u font big cite dfn abbr acronym var nobr wbr bdi bdo ins mark".split()
"""Elements that are their text; gone before the tree is walked, which is then shorter."""
_BLOCK_NESTING = frozenset("div section article center blockquote form".split())


def read_html(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    robots_headers: Iterable[str] = (),
    link_headers: Iterable[str] = (),
) -> Page:
    """
    Make a page of HTML.

    A page that asks not to be indexed comes without text; its links still count unless it says otherwise.
    Edge: no tags at all, no body or nothing visible give what text there is, or an empty one.
    Raises: BadInput if the page is too complex to be parsed.
    """
    tree = parse(charsets.decode(body, content_type))
    if tree is None:
        return Page(title=page_head.title(etree.Element("html"), (), "", url), text="")
    base = page_head.base_of(tree, url)
    asked = page_head.directives(tree, robots_headers)
    followed = () if asked.nofollow else page_head.links(tree, base)
    markdown = Markdown(text="", anchors=(), headings=()) if asked.noindex else main_text(tree)
    own = [text for _, text in markdown.headings]
    others = (clean(text_of(h)) for h in tree.iter("h1", "h2"))
    return Page(
        title=page_head.title(tree, [*own, *others], next((t for n, t in markdown.headings if n == 1), ""), url),
        text=markdown.text,
        language=page_head.language(tree),
        anchors=markdown.anchors,
        links=followed,
        canonical=page_head.canonical(tree, base, url, link_headers),
        noindex=asked.noindex,
    )


def parse(text: str) -> etree._Element | None:
    """
    Parse HTML however broken it is; None if there is no element in it.

    A page nested deeper than the parser goes is flattened and parsed again, so that its text is not lost.
    Raises: BadInput if it has more tags than can be held.
    """
    text = parseable(text)
    tree, is_whole = _parse(text)
    if not is_whole:
        tree, _ = _parse(_PARAGRAPHS.sub("<p>", _NESTING.sub(_flatten, text)))
    return tree


def parseable(text: str) -> str:
    """
    HTML as a parser of libxml2 may be given it: with a body, and without what would take it too long.

    Raises: BadInput if it has more tags than can be held.
    """
    if text.count("<") > _MAX_TAGS:
        raise BadInput(f"too complex: more than {_MAX_TAGS:,} tags")
    text = _ENDS.sub("", text.replace("\x00", ""))
    if not _BODY.search(text):
        head = _HEAD.match(text)
        end = head.end() if head else 0
        text = f"{text[:end]}<body>{text[end:]}"
    return _ENDLESS_TAG.sub(r"<\1", text) if len(text) > 32_768 else text


def main_text(tree: etree._Element) -> Markdown:
    """
    Render the main text of a parsed page.

    If what was left out as clutter holds far more prose than what was kept, the whole page is rendered instead.
    """
    body = tree.find("body")
    body = tree if body is None else body
    page = survey(body)
    all_chars, all_prose = page.body.chars, page.body.long
    chosen = find_main_content(page)
    result = render(chosen.root, page)
    lost = len(result.text) < min(LONG_CHARS, 0.9 * all_chars) or all_prose > 10 * len(result.text)
    if lost or not all_chars:
        page = survey(body, with_noscript=not all_chars)
        chosen = whole_page(page)
        everything = render(chosen.root, page, keeps_links=True)
        if len(everything.text) > len(result.text):
            return everything
    return result


def _parse(text: str) -> tuple[etree._Element | None, bool]:
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None, True
    if tree is None:
        return None, True
    etree.strip_tags(tree, *_FORMATTING)
    log = parser.error_log
    return tree, not (len(log) and "depth" in log[-1].message.lower())


def _flatten(match: re.Match[str]) -> str:
    return "<p>" if match[1].lower() in _BLOCK_NESTING else ""
