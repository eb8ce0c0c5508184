"""Inline HTML to one line of text: what stands in paragraphs, headings, table cells and code."""

import re
import unicodedata
from collections.abc import Set as AbstractSet

from lxml import etree

from lib.adapters.web.html_blocks import BLOCKS, text_of

_JUNK = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff"
    "\ufdd0-\ufdef\ufff9-\ufffc\U000e0000-\U000e007f]"
)
"""Control, zero-width, direction and tag characters, and private ones (icon fonts). Joiners stay: scripts need them."""
CODE_TAGS = frozenset(("code", "tt", "kbd", "samp"))
_LANGUAGE = re.compile(r"(?:^|[\s-])(?:language|lang|highlight(?:-source)?|brush:)[-\s]+([A-Za-z0-9+#]+)")
_NO_LANGUAGE = frozenset(("default", "none", "plaintext", "text", "source", "notranslate", "highlighter"))
_GUTTER = re.compile(
    r"(?:^|[\s_-])(?:linenos?|lineno|line-?numbers?|gutter|copybtn|blob-num|rouge-gutter)(?:$|[\s_-])", re.IGNORECASE
)


def clean(text: str) -> str:
    """Collapse whitespace, drop characters nobody sees, compose accents (NFC)."""
    text = " ".join(text.split())
    return text if text.isascii() and text.isprintable() else unicodedata.normalize("NFC", _JUNK.sub("", text)).strip()


def clean_lines(text: str) -> str:
    """The same for text whose lines and indentation count."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = unicodedata.normalize("NFC", _JUNK.sub("", text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def code_span(element: etree._Element) -> str:
    """An inline code element in backticks, as many as it needs; empty if it holds nothing."""
    text = clean(text_of(element))
    if not text:
        return ""
    ticks = "`" * (_longest_run(text) + 1)
    return f"{ticks}{text}{ticks}" if len(ticks) == 1 else f"{ticks} {text} {ticks}"


def code_block(element: etree._Element) -> str:
    """A `pre` as a fenced block with its language, line numbers left out; empty if it holds nothing."""
    text = raw_text(element)
    if not text.strip():
        return ""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{_language(element)}\n{text}\n{fence}"


def raw_text(element: etree._Element) -> str:
    """The text of a `pre`, lines kept, line numbers and buttons left out."""
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "start":
            if inner.tag in ("button", "script", "style") or _is_gutter(inner):
                walk.skip_subtree()
            elif inner.tag == "br":
                parts.append("\n")
            else:
                if inner.tag in BLOCKS and inner is not element and parts and not parts[-1].endswith("\n"):
                    parts.append("\n")
                parts.append(inner.text or "")
        elif inner is not element:
            parts.append(inner.tail or "")
    return clean_lines("".join(parts))


def _is_gutter(element: etree._Element) -> bool:
    """Say whether an element of code holds line numbers; `code` may only say that it wants some."""
    return element.tag not in ("code", "pre") and _GUTTER.search(element.get("class", "")) is not None


def is_badge(element: etree._Element) -> bool:
    """Say whether a `span` stands right beside another, both styled: a style sheet keeps such words apart."""
    before = element.getprevious()
    if before is None or before.tail or before.tag != "span" or not (element.get("class") and before.get("class")):
        return False
    return text_of(before)[-1:].isalnum() and text_of(element)[:1].isalnum()


def flat_text(element: etree._Element, removed: AbstractSet[etree._Element]) -> str:
    """All that an element shows, on one line: blocks and breaks become spaces, list items are told apart by `;`."""
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        tag = inner.tag
        if event == "start":
            if inner in removed:
                walk.skip_subtree()
            elif tag in CODE_TAGS:
                parts.append(code_span(inner))
                walk.skip_subtree()
            elif tag == "math":
                parts.append(formula(inner))
                walk.skip_subtree()
            elif tag == "br" or tag in BLOCKS:
                parts.append(
                    "; " if tag == "li" and "".join(parts[-1:]).strip() and inner.getprevious() is not None else " "
                )
                parts.append(inner.text or "")
            else:
                if tag == "span" and is_badge(inner):
                    parts.append(" ")
                parts.append(inner.text or "")
        else:
            if tag in BLOCKS:
                parts.append(" ")
            if inner is not element:
                parts.append(inner.tail or "")
    return clean("".join(parts))


def formula(element: etree._Element) -> str:
    """A MathML formula as its TeX source if the page has it, else as its text."""
    if text := element.get("alttext"):
        return text
    for inner in element.iter("annotation"):
        if "tex" in inner.get("encoding", "").lower():
            return text_of(inner)
    return text_of(element)


def _language(element: etree._Element) -> str:
    around = [element, *list(element)[:1], *(e for e in element.iterancestors("div", "figure", "td"))][:5]
    for candidate in around:
        found = _LANGUAGE.search(candidate.get("class", ""))
        name = (found[1] if found else candidate.get("data-lang") or candidate.get("data-language") or "").lower()
        if name and name not in _NO_LANGUAGE and re.fullmatch(r"[a-z0-9+#]{1,20}", name):
            return name
    return ""


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
